/**
 * @file How far to trust what gradients say of heads: attribution patching and integrated gradients
 * beside the exact effect of patching each head, on the same prompts.
 */

import { type Agreement, agreement } from "../measures/agreement.ts";
import { type Estimate, estimate, estimateRatio } from "../measures/statistics.ts";
import type { ForwardModel } from "../model/forward.ts";
import { allHeads, headLabel } from "../model/heads.ts";
import { attributionScores } from "./attribution.ts";
import { DEFAULT_STEPS } from "./gauss-legendre.ts";
import {
  type IntegratedGradientsRequest,
  integratedGradientScores,
} from "./integrated-gradients.ts";
import { patchScores } from "./patch.ts";
import type { PathEffects } from "./path-gradient.ts";

/** What to compare: prompts as of a patch, and the steps of the integrated gradients. */
export interface AttributionComparisonRequest
  extends Omit<IntegratedGradientsRequest, "onProgress"> {
  readonly onProgress?: (done: number, total: number, label: string) => void;
}

/** One head's effect by three measures: 0 is the corrupted run, 1 the clean one. */
export interface HeadComparison {
  readonly label: string;
  /** The corrupted run with the head's clean z: activation patching. */
  readonly exact: Estimate;
  /** To first order at the corrupted run: attribution patching. */
  readonly attribution: Estimate;
  /** With the gradient averaged on the way of the whole layer: integrated gradients. */
  readonly integrated: Estimate;
}

/** How an approximation agrees with the exact effects over all heads. */
export interface HeadAgreement extends Omit<Agreement, "largest"> {
  readonly largest: { readonly head: string; readonly error: number };
}

/** What of a layer's effect its heads' integrated gradients sum to, normalised as the heads'. */
export interface LayerSum {
  readonly layer: number;
  /** All of the layer's z patched at once. */
  readonly exact: Estimate;
  /** The part of it that the heads do not sum to: zero but for rounding and too few steps. */
  readonly unexplained: Estimate;
}

/** The comparison as plain JSON. */
export interface AttributionComparison {
  /** Mean logit differences. */
  readonly clean: Estimate;
  readonly corrupted: Estimate;
  readonly steps: number;
  readonly heads: readonly HeadComparison[];
  readonly agreement: { readonly attribution: HeadAgreement; readonly integrated: HeadAgreement };
  readonly layers: readonly LayerSum[];
}

/**
 * Every head's exact effect of patching z, attribution and integrated gradients, and their agreement.
 *
 * @throws LookbackError as `activationPatch` and `integratedGradients`.
 */
export async function attributionComparison(
  model: ForwardModel,
  request: AttributionComparisonRequest,
): Promise<AttributionComparison> {
  const { onProgress, steps = DEFAULT_STEPS, ...rest } = request;
  const prompts = { clean: rest.clean, corrupted: rest.corrupted, answers: rest.answers };
  const step = (label: string) => ({
    ...prompts,
    ...(rest.read !== undefined && { read: rest.read }),
    ...(rest.signal && { signal: rest.signal }),
    ...(onProgress && {
      onProgress: (done: number, total: number) => onProgress(done, total, label),
    }),
  });
  const patched = await patchScores(model, {
    ...step("patching each head"),
    component: "z",
    by: "head",
  });
  const attribution = await attributionScores(model, step("attribution patching"));
  const integrated = await integratedGradientScores(model, {
    ...step("integrated gradients"),
    steps,
  });

  const { clean, corrupted } = patched;
  const way = clean.map((score, row) => score - (corrupted[row] as number));
  const less = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Float64Array.from(a, (value, row) => value - (b[row] as number));
  const heads = allHeads(model.config).map((head, i): HeadComparison => {
    const of = ({ heads: effects }: PathEffects) =>
      estimateRatio(effects[head.layer]?.[head.head] ?? [], way);
    return {
      label: headLabel(head),
      exact: estimateRatio(less(patched.patched[i] ?? [], corrupted), way),
      attribution: of(attribution),
      integrated: of(integrated),
    };
  });
  const compare = (by: "attribution" | "integrated"): HeadAgreement => {
    const { largest, ...numbers } = agreement(
      heads.map(({ exact }) => exact.mean),
      heads.map((head) => head[by].mean),
    );
    const head = heads[largest.index]?.label ?? "";
    return { ...numbers, largest: { head, error: largest.error } };
  };
  const layers = integrated.layers.map((after, layer): LayerSum => {
    const exact = less(after, integrated.corrupted);
    const unexplained = exact.map((effect, row) =>
      (integrated.heads[layer] ?? []).reduce((rest, of) => rest - (of[row] as number), effect),
    );
    return {
      layer,
      exact: estimateRatio(exact, way),
      unexplained: estimateRatio(unexplained, way),
    };
  });
  return {
    clean: estimate(clean),
    corrupted: estimate(corrupted),
    steps,
    heads,
    agreement: { attribution: compare("attribution"), integrated: compare("integrated") },
    layers,
  };
}
