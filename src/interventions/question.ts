/** @file What prompts are asked: which of two tokens comes next, at which position. */

import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { checkAnswers } from "../model/plan.ts";
import type { TokenBatch } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";

/** What a run is asked: prompts, the tokens that compete, and where the answer is read. */
export interface Question {
  readonly tokens: TokenBatch;
  readonly answers: readonly AnswerPair[];
  /** Position whose logits are compared; default the last. Negative counts from the end. */
  readonly read?: number;
}

/** The position that a question reads, counted from the start. */
export function readPosition({ tokens, read = -1 }: Question): number {
  const position = read < 0 ? read + tokens.length : read;
  if (!Number.isInteger(position) || position < 0 || position >= tokens.length) {
    throw new LookbackError(
      "bad-spec",
      `read: ${read} is outside prompts of ${tokens.length} tokens`,
      { field: "read", value: read },
    );
  }
  return position;
}

/**
 * Answers that were checked to be two tokens a prompt: a difference of other widths would be one of tokens
 * of different prompts, and look like a number.
 *
 * @throws LookbackError `bad-shape` or `token-out-of-range` unless every prompt has its right and its wrong
 *   token.
 */
export function checkAnswerPairs(
  answers: readonly AnswerPair[],
  tokens: TokenBatch,
  config: ModelConfig,
): void {
  const rows: readonly unknown[] = Array.isArray(answers) ? answers : [answers];
  for (const [row, pair] of rows.entries()) {
    if (Array.isArray(pair) && pair.length === 2) continue;
    throw new LookbackError(
      "bad-shape",
      `answers: row ${row} is ${JSON.stringify(pair) ?? "missing"}; each prompt needs [right, wrong], two token ids`,
      { row },
    );
  }
  checkAnswers(answers, tokens, config);
}
