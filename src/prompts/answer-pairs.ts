/** @file Whether each prompt has its right and its wrong answer. */

import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { checkAnswers } from "../model/run-options.ts";
import type { TokenBatch } from "../model/tokens.ts";
import type { AnswerPair } from "./prompt.ts";

/**
 * Checks that answers are two tokens a prompt: a difference of other widths would be one of tokens of
 * different prompts, and look like a number.
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
