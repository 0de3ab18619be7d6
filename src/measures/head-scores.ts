/**
 * @file What kind of head is this? The share of its attention that goes where a head of that kind
 * would put it, as TransformerLens' head detector measures it (`detect_head`), and the same for the
 * post's look-back heads.
 * @see https://transformerlensorg.github.io/TransformerLens/ (`transformer_lens.head_detector`)
 */

import type { NdArray } from "../engine/ndarray.ts";
import { checkChoice, LookbackError } from "../errors.ts";
import type { TokenBatch } from "../model/tokens.ts";

/**
 * Kinds of heads, by where they look from each token:
 * - `previous-token`: at the token before;
 * - `duplicate-token`: at earlier occurrences of the same token;
 * - `induction`: at the tokens that followed earlier occurrences of the same token;
 * - `look-back`: two to five tokens back, as the post's look-back-two head.
 */
export type HeadKind = "previous-token" | "duplicate-token" | "induction" | "look-back";

export const HEAD_KINDS: readonly HeadKind[] = [
  "previous-token",
  "duplicate-token",
  "induction",
  "look-back",
];

/** How to compare a pattern with the one that a kind of head would have. */
export interface HeadScoreOptions {
  /**
   * `mul` (default): the share of all attention that lies where the kind looks, 0 to 1.
   * `abs`: 1 less the mean over queries of the absolute differences, -1 to 1 where the kind looks at
   * one key from each query. (TransformerLens rounds this one to three decimals; here it is not.)
   */
  readonly measure?: "mul" | "abs";
  /** Leave out attention on position 0. Default false. */
  readonly excludeBos?: boolean;
  /** Leave out attention of tokens on themselves. Default false. */
  readonly excludeCurrentToken?: boolean;
}

const MEASURES = ["mul", "abs"] as const;

const LOOK_BACK_LAGS = { from: 2, to: 5 };

/** Whether a kind of head, at a query, looks at a key (not after it). */
function looksAt(kind: HeadKind, ids: Int32Array, query: number, key: number): boolean {
  const lag = query - key;
  switch (kind) {
    case "previous-token":
      return lag === 1;
    case "duplicate-token":
      return lag > 0 && ids[key] === ids[query];
    case "induction":
      return key > 0 && ids[key - 1] === ids[query];
    case "look-back":
      return lag >= LOOK_BACK_LAGS.from && lag <= LOOK_BACK_LAGS.to;
  }
}

/** The pattern that a kind of head would have on one prompt: 1 where it looks, `[query, key]`. */
function detectionPattern(kind: HeadKind, ids: Int32Array): Float32Array {
  const length = ids.length;
  const expected = new Float32Array(length * length);
  for (let query = 0; query < length; query++) {
    for (let key = 0; key <= query; key++) {
      if (looksAt(kind, ids, query, key)) expected[query * length + key] = 1;
    }
  }
  return expected;
}

function score(
  pattern: Float32Array,
  expected: Float32Array,
  length: number,
  { measure = "mul", excludeBos = false, excludeCurrentToken = false }: HeadScoreOptions,
): number {
  let attention = 0;
  let matched = 0;
  let difference = 0;
  for (let query = 0; query < length; query++) {
    const end = excludeCurrentToken ? query : query + 1;
    for (let key = excludeBos ? 1 : 0; key < end; key++) {
      const given = pattern[query * length + key] as number;
      const wanted = expected[query * length + key] as number;
      attention += given;
      matched += given * wanted;
      difference += Math.abs(given - wanted);
    }
  }
  if (measure === "abs") return 1 - difference / length;
  return attention === 0 ? 0 : matched / attention;
}

/**
 * The score of each head on each prompt: one array `[batch]` a head, ready for `estimate`.
 *
 * Duplicate-token and induction heads show only where tokens repeat: the usual prompts are random
 * tokens twice, `BOS X*12 X*12` in the pattern language. A head whose attention is all left out, or
 * ablated, scores 0.
 *
 * @param pattern Attention patterns of one layer, `[batch, head, query, key]`.
 * @param tokens The prompts that they were measured on.
 * @throws LookbackError `bad-shape` unless pattern and tokens fit each other; `bad-spec` for a kind or a
 *   measure that there is not.
 */
export function headScores(
  pattern: NdArray,
  tokens: TokenBatch,
  kind: HeadKind,
  options: HeadScoreOptions = {},
): Float64Array[] {
  checkChoice("kind", kind, HEAD_KINDS);
  checkChoice("measure", options.measure ?? "mul", MEASURES);
  const { shape, data } = pattern;
  const { batch, length, ids } = tokens;
  const [rows, heads = 0, queries, keys] = shape;
  if (shape.length !== 4 || rows !== batch || queries !== length || keys !== length) {
    throw new LookbackError(
      "bad-shape",
      `patterns of ${batch} prompts of ${length} tokens must be [${batch}, head, ${length}, ${length}], got [${shape.join(", ")}]`,
    );
  }
  const size = length * length;
  const scores = Array.from({ length: heads }, () => new Float64Array(batch));
  for (let row = 0; row < batch; row++) {
    const expected = detectionPattern(kind, ids.subarray(row * length, (row + 1) * length));
    for (const [head, ofHead] of scores.entries()) {
      const start = (row * heads + head) * size;
      ofHead[row] = score(data.subarray(start, start + size), expected, length, options);
    }
  }
  return scores;
}
