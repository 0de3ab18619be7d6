/**
 * @file Activation patching: one prompt's run with one part of another prompt's run in it, as
 * TransformerLens' `get_act_patch_*` (Nanda, 2022; figure 5 of the post).
 */

import { type NestedOf, toNested } from "../engine/ndarray.ts";
import type { Tensor } from "../engine/tensor.ts";
import {
  type Estimate,
  estimate,
  estimateNormalised,
  estimatePaired,
} from "../measures/statistics.ts";
import { embed, type ForwardModel } from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import { rowsFilledUp, type TokenBatch, tokensFrom, truncateTokens } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import type { Component, Granularity } from "./components.ts";
import { continuedRun, keepingTap } from "./continued-run.ts";
import { exchangeEach } from "./exchange.ts";
import { checkDirection, checkedFirstDifference, type PatchDirection } from "./pair.ts";
import type { PlaceShape } from "./places.ts";
import { readPosition } from "./question.ts";
import type { Source } from "./source.ts";

/** What to patch. */
export interface PatchRequest<By extends Granularity = Granularity> {
  readonly clean: TokenBatch;
  readonly corrupted: TokenBatch;
  /** `[right, wrong]` for each prompt; the metric is logit(right) - logit(wrong). */
  readonly answers: readonly AnswerPair[];
  /** Position whose logits are compared; default the last. Negative counts from the end. */
  readonly read?: number;
  readonly component: Component;
  readonly by: By;
  /** Default `denoise`. */
  readonly direction?: PatchDirection;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Logit differences prompt by prompt, before any mean. */
export interface PatchScores<By extends Granularity = Granularity> {
  /** [N] */
  readonly clean: Float32Array;
  /** [N] */
  readonly corrupted: Float32Array;
  /** One [N] a place, in row-major order of `shape`. */
  readonly patched: readonly Float32Array[];
  /** head [L, H], head-position [L, P, H], position [L, P]. */
  readonly shape: PlaceShape<By>;
}

/**
 * Mean logit differences as plain data, axes in TransformerLens' order: `[layer][head]` by head,
 * `[layer][position][head]` by head-position, `[layer][position]` by position.
 */
export interface PatchResult<By extends Granularity = Granularity> {
  /** Mean logit difference of the clean prompts. */
  readonly clean: number;
  /** Mean logit difference of the corrupted prompts. */
  readonly corrupted: number;
  /** The same two means with their intervals. */
  readonly estimates: { readonly clean: Estimate; readonly corrupted: Estimate };
  /** Clean less corrupted, paired over prompts: what effects are shares of. */
  readonly gap: Estimate;
  /** Mean logit difference with each place patched, not normalised. */
  readonly values: NestedOf<PlaceShape<By>>;
  /** The same where 0 is the corrupted run and 1 the clean one. */
  readonly normalised: NestedOf<PlaceShape<By>>;
  /** Standard errors of `normalised`. */
  readonly normalisedSe: NestedOf<PlaceShape<By>>;
  readonly shape: PlaceShape<By>;
}

/**
 * The activations of other prompts, row by row. They go on from the question's own run at the first
 * position that is wanted.
 */
export function activationsOf(model: ForwardModel, others: TokenBatch): Source {
  return ({ rows, length, from, own, hooks, formsLastKeys }) => {
    const prompts = tokensFrom(rowsFilledUp(truncateTokens(others, length), ...rows), from);
    const activations = new Map<HookName, Tensor>();
    const tap = keepingTap(activations, new Set(hooks));
    const { residual } = embed(model, prompts, "total", tap, from);
    const takeOver = { layer: 0, from, variants: 1 };
    const final = continuedRun(model, own, takeOver, tap, formsLastKeys, residual);
    return { activations, final };
  };
}

/**
 * Logit differences of every prompt with each place patched.
 *
 * @throws LookbackError `bad-shape` when clean and corrupted prompts do not pair up or a prompt has not
 *   two answers; `bad-spec` when the prompts are the same, since a patch then changes nothing.
 */
export async function patchScores<By extends Granularity>(
  model: ForwardModel,
  request: PatchRequest<By>,
): Promise<PatchScores<By>> {
  const { clean, corrupted, answers, component, by, direction = "denoise" } = request;
  checkDirection(direction);
  const read = readPosition({ tokens: clean, answers, read: request.read ?? -1 });
  const firstDifference = checkedFirstDifference(clean, corrupted, { read, config: model.config });
  const [into, from] = direction === "denoise" ? [corrupted, clean] : [clean, corrupted];
  const scores = await exchangeEach(model, {
    question: { tokens: into, answers, read },
    component,
    by,
    source: activationsOf(model, from),
    firstDifference,
    ...(request.signal && { signal: request.signal }),
    ...(request.onProgress && { onProgress: request.onProgress }),
  });
  const other = scores.source;
  if (other === undefined) throw new Error("internal: the source is a run and has scores");
  const [cleanScores, corruptedScores] =
    direction === "denoise" ? [other, scores.base] : [scores.base, other];
  return {
    clean: cleanScores,
    corrupted: corruptedScores,
    patched: scores.exchanged,
    shape: scores.placeShape,
  };
}

/**
 * Activation patching of every place in the model.
 *
 * @example
 * ```ts
 * const { normalised } = await activationPatch(model, {
 *   clean, corrupted, answers, component: "z", by: "head",
 * });
 * normalised[1]?.[6]; // [layer][head], as get_act_patch_attn_head_out_all_pos
 * ```
 */
export async function activationPatch<By extends Granularity>(
  model: ForwardModel,
  request: PatchRequest<By>,
): Promise<PatchResult<By>> {
  const { clean, corrupted, patched, shape } = await patchScores(model, request);
  const normalised = patched.map((scores) => estimateNormalised(scores, { clean, corrupted }));
  const estimates = { clean: estimate(clean), corrupted: estimate(corrupted) };
  return {
    clean: estimates.clean.mean,
    corrupted: estimates.corrupted.mean,
    estimates,
    gap: estimatePaired(clean, corrupted),
    values: toNested(
      shape,
      patched.map((scores) => estimate(scores).mean),
    ),
    normalised: toNested(
      shape,
      normalised.map(({ mean }) => mean),
    ),
    normalisedSe: toNested(
      shape,
      normalised.map(({ se }) => se),
    ),
    shape,
  };
}
