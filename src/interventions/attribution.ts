/**
 * @file Attribution patching (Nanda, 2023): what activation patching would do, to first order, from
 * one gradient instead of one run a head.
 */

import { estimate } from "../measures/statistics.ts";
import type { ForwardModel } from "../model/forward.ts";
import { type AttributionRequest, type PathEffects, pathEffects } from "./path-gradient.ts";

export type { AttributionRequest } from "./path-gradient.ts";

/** The corrupted end of the path: attribution patching looks nowhere else. */
const CORRUPTED = [{ at: 0, weight: 1 }] as const;

/**
 * What {@link attributeHeads} is the mean of: effects prompt by prompt, in logits.
 *
 * @throws LookbackError as {@link attributeHeads}.
 */
export function attributionScores(
  model: ForwardModel,
  request: AttributionRequest,
): Promise<PathEffects> {
  return pathEffects(model, request, CORRUPTED);
}

/**
 * For each head Σ (clean z - corrupted z) · ∂ mean logit difference / ∂ z on the corrupted run:
 * [layer][head], in logits.
 *
 * @throws LookbackError `bad-shape` when prompts or answers do not pair up, `bad-spec` for a position
 *   outside of the prompts.
 */
export async function attributeHeads(
  model: ForwardModel,
  request: AttributionRequest,
): Promise<number[][]> {
  const { heads } = await attributionScores(model, request);
  return heads.map((layer) => layer.map((effects) => estimate(effects).mean));
}
