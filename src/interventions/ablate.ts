/**
 * @file Ablation: a head's output replaced by zero, by its mean over the batch, or by its output on
 * other prompts, and what becomes of the logit difference.
 */

import { toNested } from "../engine/ndarray.ts";
import { type Estimate, estimate, estimatePaired } from "../measures/statistics.ts";
import type { ForwardModel } from "../model/forward.ts";
import { checkTokens, type TokenBatch } from "../model/tokens.ts";
import type { AblationKind } from "./ablation-kinds.ts";
import { componentHook } from "./components.ts";
import { exchangeEach } from "./exchange.ts";
import type { Question } from "./question.ts";
import { ablationSource } from "./replacement.ts";
import { rewiredScores } from "./rewire.ts";
import { type Rewiring, replacedHooks } from "./rewiring.ts";

/** What to ablate. */
export interface AblateRequest extends Question {
  readonly kind: AblationKind;
  /**
   * The prompts whose outputs are taken by `resample`, or their mean by `mean`; default the next prompt of
   * the batch, and the mean over the batch.
   */
  readonly others?: TokenBatch;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Mean logit differences with one head ablated, [layer][head]. */
export interface AblateResult {
  /** Of the run as it is. */
  readonly clean: Estimate;
  readonly values: number[][];
  /** What the ablation takes away, clean - ablated, paired over prompts; with its standard error. */
  readonly effect: number[][];
  readonly effectSe: number[][];
}

/**
 * Ablates every head of the model, one at a time, at all positions.
 *
 * @throws LookbackError as {@link exchangeEach}; `bad-spec` for resampling within one prompt or a mean over it.
 */
export async function ablateHeads(
  model: ForwardModel,
  request: AblateRequest,
): Promise<AblateResult> {
  const { kind, others, signal, onProgress, ...question } = request;
  checkTokens(question.tokens, model.config);
  const { n_layers } = model.config;
  const hooks = Array.from({ length: n_layers }, (_, layer) => componentHook("z", layer));
  const source = await ablationSource(model, question, { kind, others, hooks, signal });
  const { base, exchanged, placeShape } = await exchangeEach(model, {
    question,
    component: "z",
    by: "head",
    source,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  const effects = exchanged.map((scores) => estimatePaired(base, scores));
  return {
    clean: estimate(base),
    values: toNested(
      placeShape,
      exchanged.map((scores) => estimate(scores).mean),
    ),
    effect: toNested(
      placeShape,
      effects.map(({ mean }) => mean),
    ),
    effectSe: toNested(
      placeShape,
      effects.map(({ se }) => se),
    ),
  };
}

/** What to ablate at once: heads, and paths. */
export interface AblateTogetherRequest extends AblateRequest {
  readonly rewirings: readonly Rewiring[];
}

/** Logit differences prompt by prompt, [N] each. */
export interface AblatedScores {
  /** Of the run as it is. */
  readonly clean: Float32Array;
  /** One [N] a rewiring. */
  readonly ablated: readonly Float32Array[];
}

/**
 * Ablates several heads together, or knocks out paths from a sender to a receiver alone, each rewiring
 * by itself. By `zero` the biases too are zero where they are named as senders; otherwise they stay.
 *
 * @throws LookbackError as {@link rewiredScores}; `bad-spec` for resampling within one prompt or a
 *   mean over it.
 */
export async function ablateRewired(
  model: ForwardModel,
  request: AblateTogetherRequest,
): Promise<AblatedScores> {
  const { kind, others, rewirings, signal, onProgress, ...question } = request;
  checkTokens(question.tokens, model.config);
  const hooks = replacedHooks(rewirings, model.config);
  const { base, rewired } = await rewiredScores(model, {
    question,
    source: await ablationSource(model, question, { kind, others, hooks, signal }),
    zeroesBiases: kind === "zero",
    rewirings,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return { clean: base, ablated: rewired };
}
