/**
 * @file Integrated gradients (Sundararajan et al., 2017) of heads, as Marks et al. (2024) take them of
 * features: attribution patching with the gradient averaged along the way from the corrupted to the
 * clean activation, so that it holds far from the corrupted run too.
 */

import { LookbackError } from "../errors.ts";
import { type Estimate, estimate, estimatePaired } from "../measures/statistics.ts";
import type { ForwardModel } from "../model/forward.ts";
import { DEFAULT_STEPS, gaussLegendre, MAX_STEPS } from "./gauss-legendre.ts";
import { type AttributionRequest, type PathEffects, pathEffects } from "./path-gradient.ts";

/** What to attribute, and how finely. */
export interface IntegratedGradientsRequest extends AttributionRequest {
  /** Gradients along each path, at the nodes of Gauss and Legendre. Default 8. */
  readonly steps?: number;
}

/** How much all heads of a layer do together. */
export interface LayerEffect {
  /** What patching the z of the whole layer adds to the logit difference, by a run of its own. */
  readonly exact: Estimate;
  /** What the heads' integrated gradients are short of it: zero but for rounding and too few steps. */
  readonly unexplained: Estimate;
}

/** Effects in logits, as plain JSON. */
export interface IntegratedGradientsResult {
  /** [layer][head] */
  readonly heads: readonly (readonly Estimate[])[];
  /** [layer] */
  readonly layers: readonly LayerEffect[];
  readonly steps: number;
}

/**
 * What {@link integratedGradients} is the mean of: effects prompt by prompt, in logits.
 *
 * @throws LookbackError as {@link integratedGradients}.
 */
export function integratedGradientScores(
  model: ForwardModel,
  { steps = DEFAULT_STEPS, ...request }: IntegratedGradientsRequest,
): Promise<PathEffects> {
  if (!Number.isInteger(steps) || steps < 1 || steps > MAX_STEPS) {
    throw new LookbackError(
      "bad-spec",
      `steps: ${steps} is no whole number of gradients from 1 to ${MAX_STEPS}`,
      { field: "steps", value: steps },
    );
  }
  return pathEffects(model, request, gaussLegendre(steps));
}

/**
 * For each head Σ (clean z - corrupted z) · the mean of ∂ logit difference / ∂ z on the straight path
 * on which the z of all heads of its layer go from corrupted to clean together, earlier layers staying
 * as in the corrupted run. The heads of a layer sum to the effect of patching all of them at once.
 *
 * What a head does alone is another number: what two heads do only together, a path shares out between
 * them and a patch of one head does not show.
 *
 * @throws LookbackError `bad-shape` when prompts or answers do not pair up, `bad-spec` for a position
 *   outside of the prompts or for steps that are none.
 */
export async function integratedGradients(
  model: ForwardModel,
  request: IntegratedGradientsRequest,
): Promise<IntegratedGradientsResult> {
  const effects = await integratedGradientScores(model, request);
  return {
    heads: effects.heads.map((layer) => layer.map((ofHead) => estimate(ofHead))),
    layers: layerEffects(effects),
    steps: request.steps ?? DEFAULT_STEPS,
  };
}

/** What the heads of each layer do together, and whether their effects account for it. */
export function layerEffects({ heads, corrupted, layers }: PathEffects): LayerEffect[] {
  return layers.map((patched, layer) => {
    const exact = patched.map((score, row) => score - (corrupted[row] as number));
    const sum = Float64Array.from(exact, (_, row) =>
      (heads[layer] ?? []).reduce((total, ofHead) => total + (ofHead[row] as number), 0),
    );
    return { exact: estimate(exact), unexplained: estimatePaired(exact, sum) };
  });
}
