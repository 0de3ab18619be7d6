/** @file What prompts are asked: which of two tokens comes next, at which position. */

import { positionFromStart, type TokenBatch } from "../model/tokens.ts";
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
  return positionFromStart("read", read, tokens.length);
}
