/** @file A batch of prompts as token ids, all of one length, and the checks that guard the gathers. */

import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "./config.ts";

/** Token ids, row-major `[batch, pos]`. */
export interface TokenBatch {
  readonly batch: number;
  readonly length: number;
  readonly ids: Int32Array;
}

/**
 * A batch from rows of token ids.
 *
 * @throws LookbackError `bad-shape` when there is no row, rows are empty or their lengths differ;
 *   `token-out-of-range` when an id is no integer that a token can have.
 */
export function tokenBatch(rows: readonly (readonly number[])[]): TokenBatch {
  const length = rows[0]?.length ?? 0;
  if (length === 0) {
    throw new LookbackError("bad-shape", "tokens: need at least one row of at least one token id");
  }
  const ids = new Int32Array(rows.length * length);
  for (const [r, row] of rows.entries()) {
    if (row.length !== length) {
      throw new LookbackError(
        "bad-shape",
        `tokens: row ${r} has ${row.length} ids and row 0 has ${length}; all rows need one length`,
      );
    }
    for (const [p, id] of row.entries()) {
      if (!Number.isInteger(id) || id < 0 || id > 0x7fffffff) {
        throw new LookbackError(
          "token-out-of-range",
          `tokens: row ${r}, position ${p} holds ${JSON.stringify(id)}, which is no token id`,
        );
      }
      ids[r * length + p] = id;
    }
  }
  return { batch: rows.length, length, ids };
}

/**
 * A position counted from the start; negative counts from the end.
 *
 * @throws LookbackError `bad-spec` naming the field, when prompts of `length` tokens have no such position.
 */
export function positionFromStart(field: string, position: number, length: number): number {
  const fromStart = position < 0 ? position + length : position;
  if (Number.isInteger(fromStart) && fromStart >= 0 && fromStart < length) return fromStart;
  throw new LookbackError(
    "bad-spec",
    `${field}: ${position} is outside prompts of ${length} tokens (0 to ${length - 1}, or -1 for the last)`,
    { field, value: position, length },
  );
}

/** Rows `[start, end)` of a batch, as a view on the same ids. */
export function batchRows(tokens: TokenBatch, start: number, end: number): TokenBatch {
  const { length, ids } = tokens;
  return { batch: end - start, length, ids: ids.subarray(start * length, end * length) };
}

/** Rows `[start, end)` of a batch, where rows beyond it are its last one again: they fill up a chunk. */
export function rowsFilledUp(tokens: TokenBatch, start: number, end: number): TokenBatch {
  if (end <= tokens.batch) return batchRows(tokens, start, end);
  const { batch, length, ids } = tokens;
  const filled = new Int32Array((end - start) * length);
  filled.set(ids.subarray(start * length));
  const last = ids.subarray((batch - 1) * length);
  for (let row = batch; row < end; row++) filled.set(last, (row - start) * length);
  return { batch: end - start, length, ids: filled };
}

/** The tokens of each row from a position on. */
export function tokensFrom(tokens: TokenBatch, position: number): TokenBatch {
  if (position === 0) return tokens;
  const length = tokens.length - position;
  const ids = new Int32Array(tokens.batch * length);
  for (let row = 0; row < tokens.batch; row++) {
    const start = row * tokens.length;
    ids.set(tokens.ids.subarray(start + position, start + tokens.length), row * length);
  }
  return { batch: tokens.batch, length, ids };
}

/** The first `length` tokens of each row. */
export function truncateTokens(tokens: TokenBatch, length: number): TokenBatch {
  if (length === tokens.length) return tokens;
  const ids = new Int32Array(tokens.batch * length);
  for (let row = 0; row < tokens.batch; row++) {
    const start = row * tokens.length;
    ids.set(tokens.ids.subarray(start, start + length), row * length);
  }
  return { batch: tokens.batch, length, ids };
}

/** One row of a batch as plain numbers. */
export function tokenRow(tokens: TokenBatch, row: number): number[] {
  return Array.from(tokens.ids.subarray(row * tokens.length, (row + 1) * tokens.length));
}

/** What callers from JavaScript try first, and what to give instead. */
function checkIsBatch(tokens: unknown): void {
  const { batch, length, ids } = (tokens ?? {}) as Partial<TokenBatch>;
  if (typeof batch === "number" && typeof length === "number" && ids instanceof Int32Array) return;
  const given = Array.isArray(tokens)
    ? "got an array; tokenBatch([[0, 17, 4], …]) makes a batch of rows of token ids"
    : typeof tokens === "string"
      ? "got text; textBatch([text], { tokenizer, bos }) makes a batch of texts"
      : "need { batch, length, ids: Int32Array }, as tokenBatch([[0, 17, 4], …]) makes it";
  throw new LookbackError("bad-shape", `tokens: ${given}`);
}

/** @throws LookbackError `sequence-too-long` for prompts that do not fit a model's context. */
export function checkLength(length: number, { n_ctx }: Pick<ModelConfig, "n_ctx">): void {
  if (length <= n_ctx) return;
  throw new LookbackError(
    "sequence-too-long",
    `prompts of ${length} tokens do not fit this model's context of ${n_ctx} (n_ctx)`,
    { length, n_ctx },
  );
}

/**
 * Checks a batch against the model that is to read it: a gather out of range would return numbers
 * without a word.
 *
 * @throws LookbackError `bad-shape`, `sequence-too-long` or `token-out-of-range`.
 */
export function checkTokens(tokens: TokenBatch, config: ModelConfig): void {
  checkIsBatch(tokens);
  const { batch, length, ids } = tokens;
  if (batch < 1 || length < 1 || ids.length !== batch * length) {
    throw new LookbackError(
      "bad-shape",
      `tokens: ${ids.length} ids do not fill a batch of ${batch} rows of ${length}`,
    );
  }
  checkLength(length, config);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id < 0 || id >= config.d_vocab) {
      throw new LookbackError(
        "token-out-of-range",
        `tokens: row ${Math.floor(i / length)}, position ${i % length} holds ${id}; this model's vocabulary is 0 to ${config.d_vocab - 1}`,
        { row: Math.floor(i / length), position: i % length, id, d_vocab: config.d_vocab },
      );
    }
  }
}
