/** @file Logit differences prompt by prompt: what every test compares, and all that it needs of a run. */

import { LookbackError } from "../errors.ts";
import { runOptions } from "../experiments/context.ts";
import { rowsPerChunk } from "../model/chunks.ts";
import type { HookEntry } from "../model/run-options.ts";
import { truncateTokens } from "../model/tokens.ts";
import type { AnsweredPrompts } from "../prompts/prompt.ts";
import { askedBothWays, type RepeatedSpec } from "../prompts/repeated.ts";
import { type HypothesisContext, partOf } from "./context.ts";

/**
 * The logit of the right answer less that of the wrong one, `[batch]`.
 *
 * @param hooks must see each prompt by itself: prompts are run some at a time.
 */
export async function answerLogits(
  context: HypothesisContext,
  prompts: AnsweredPrompts,
  hooks: readonly HookEntry[] = [],
): Promise<Float32Array> {
  const { model } = context;
  const tokens = truncateTokens(prompts.tokens, prompts.read + 1);
  const differences = new Float32Array(tokens.batch);
  const chunks = model.runChunks(tokens, {
    answers: prompts.answers,
    positions: [prompts.read],
    ...(hooks.length > 0 && { hooks, chunkRows: rowsPerChunk(model.config, tokens.length) }),
    ...runOptions(context),
  });
  for await (const { rows, answerLogits: logits } of chunks) {
    const data = logits?.data;
    if (data === undefined) throw new Error("internal: a run with answers gives their logits");
    for (let row = rows[0]; row < rows[1]; row++) {
      const at = 2 * (row - rows[0]);
      differences[row] = (data[at] as number) - (data[at + 1] as number);
    }
  }
  return differences;
}

/** A request for repeated sequences of one length, without what the model decides. */
export interface LengthSpec {
  readonly length: number;
  readonly batch: number;
  readonly seed: number;
}

/** The spec of repeated sequences for the model of a context. */
export function repeatedSpec({ model, bos }: HypothesisContext, spec: LengthSpec): RepeatedSpec {
  return { ...spec, d_vocab: model.config.d_vocab, bos };
}

/** The logit of the right answer less that of the wrong one, asked about either sequence, `[batch]` each. */
export interface BothWays {
  /** Asked about the first, as in the post: the wrong answer is nearer. */
  readonly first: Float32Array;
  /** Asked about the second: the right answer is nearer. */
  readonly second: Float32Array;
  /** The mean of the two, in which preferences cancel, for late positions and for either token. */
  readonly corrected: Float32Array;
}

/** The mean of some scores, prompt by prompt. */
export function meanScores(scores: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array()] = scores;
  return first.map((_, i) => {
    const sum = scores.reduce((total, values) => total + (values[i] as number), 0);
    return sum / scores.length;
  });
}

/** Logit differences asked about either sequence. */
export async function bothWays(
  context: HypothesisContext,
  spec: LengthSpec,
  hooks: readonly HookEntry[] = [],
): Promise<BothWays> {
  const prompts = askedBothWays(repeatedSpec(context, spec));
  const first = await answerLogits(partOf(context, [0, 0.5]), prompts.first, hooks);
  const second = await answerLogits(partOf(context, [0.5, 1]), prompts.second, hooks);
  return { first, second, corrected: meanScores([first, second]) };
}

/**
 * The longest sequence of which `copies` fit behind BOS.
 */
export function longestLength({ model }: HypothesisContext, copies = 3): number {
  return Math.floor((model.config.n_ctx - 1) / copies);
}

/** @throws LookbackError `sequence-too-long` naming the field and the longest that fits. */
export function checkLengths(
  context: HypothesisContext,
  field: string,
  lengths: readonly number[],
): void {
  const longest = Math.max(...lengths);
  if (longest <= longestLength(context)) return;
  throw new LookbackError(
    "sequence-too-long",
    `${field}: length ${longest} makes prompts of ${3 * longest + 1} tokens, and this model's context is ${context.model.config.n_ctx}; the longest that fits is ${longestLength(context)}`,
    { field, length: longest, n_ctx: context.model.config.n_ctx },
  );
}
