/**
 * @file A batch of contexts as a training step lays it out. The last token of a context is only ever
 * predicted, so it has no row: a context of P tokens is P - 1 rows, one for each prediction. Behind the
 * rows of all contexts are a few more, which fill up and count for nothing; there is always one, for
 * padding elsewhere to point to.
 */

import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { checkTokens, type TokenBatch } from "../model/tokens.ts";
import { pairedRows, rowBlocks } from "./extents.ts";

/** How a batch is laid out in rows. */
export interface BatchLayout {
  readonly contexts: number;
  /** Positions that predict: one less than a context has tokens. */
  readonly positions: number;
  /** Rows of contexts, context by context. */
  readonly predictions: number;
  /** Rows of every array `[rows, …]`, those that fill up included. */
  readonly rows: number;
  /** Rows that are summed over for the gradients of weights: whole blocks, and all predictions. */
  readonly summedRows: number;
  /** Rows for which logits are formed at a time. */
  readonly blockRows: number;
}

/**
 * The layout of batches of so many contexts of so many tokens.
 *
 * @param vocabulary numbers in a row of logits.
 */
export function batchLayout(contexts: number, length: number, vocabulary: number): BatchLayout {
  const positions = length - 1;
  const predictions = contexts * positions;
  const { blocks, blockRows } = rowBlocks(predictions, vocabulary);
  const summedRows = blocks * blockRows;
  const rows = pairedRows(Math.max(summedRows, predictions + 1));
  return { contexts, positions, predictions, rows, summedRows, blockRows };
}

/**
 * Checks a batch against the model that is to learn from it.
 *
 * @throws LookbackError `bad-shape` (of contexts with a single token too, which predict nothing),
 *   `sequence-too-long` or `token-out-of-range`.
 */
export function checkContexts(tokens: TokenBatch, config: ModelConfig): void {
  checkTokens(tokens, config);
  if (tokens.length < 2) {
    throw new LookbackError(
      "bad-shape",
      "contexts of one token have nothing to predict; training needs at least two tokens a context",
      { length: tokens.length },
    );
  }
}

/** The token of each row; 0 in rows that fill up. */
export function inputTokens(tokens: TokenBatch, layout: BatchLayout): Int32Array<ArrayBuffer> {
  return rowTokens(tokens, layout, 0);
}

/** The token that each row predicts; 0 in rows that fill up. */
export function targetTokens(tokens: TokenBatch, layout: BatchLayout): Int32Array<ArrayBuffer> {
  return rowTokens(tokens, layout, 1);
}

function rowTokens({ batch, length, ids }: TokenBatch, layout: BatchLayout, shift: number) {
  const { positions, rows } = layout;
  const all = new Int32Array(rows);
  for (let context = 0; context < batch; context++) {
    const start = context * length + shift;
    all.set(ids.subarray(start, start + positions), context * positions);
  }
  return all;
}
