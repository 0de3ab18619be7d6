/**
 * @file Prefix matching (Olsson et al., 2022, "In-context Learning and Induction Heads", model analysis
 * table): on a random sequence that is repeated, how much of a head's attention goes where induction
 * would look.
 */

import type { NdArray } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";
import type { TokenBatch } from "../model/tokens.ts";

/**
 * For each head an array `[batch]`, ready for `estimate`: the attention from a token of a later copy on
 * all the tokens that followed earlier occurrences of the same token, averaged over these tokens. 0 to
 * 1. What stands at position 0 is BOS, so it counts as no occurrence.
 *
 * Unlike the `induction` score of `head-scores.ts`, it leaves out queries that have nothing to find,
 * and what a head does with the rest of its attention does not weigh in.
 *
 * @param pattern Patterns of one layer, `[batch, head, query, key]`.
 * @param secondCopy Position at which the second copy starts: the first query.
 * @throws LookbackError `bad-shape` unless pattern and tokens fit each other and there is a query.
 */
export function prefixMatching(
  pattern: NdArray,
  tokens: TokenBatch,
  secondCopy: number,
): Float64Array[] {
  const { shape, data } = pattern;
  const { batch, length, ids } = tokens;
  const [rows, heads = 0, queries, keys] = shape;
  if (shape.length !== 4 || rows !== batch || queries !== length || keys !== length) {
    throw new LookbackError(
      "bad-shape",
      `patterns of ${batch} prompts of ${length} tokens must be [${batch}, head, ${length}, ${length}], got [${shape.join(", ")}]`,
    );
  }
  if (!(Number.isInteger(secondCopy) && secondCopy >= 1 && secondCopy < length)) {
    throw new LookbackError(
      "bad-shape",
      `the second copy starts at position ${secondCopy}; in prompts of ${length} tokens it can at 1 to ${length - 1}`,
    );
  }
  const scores = Array.from({ length: heads }, () => new Float64Array(batch));
  for (let row = 0; row < batch; row++) {
    const places = matches(ids.subarray(row * length, (row + 1) * length), secondCopy);
    for (const [head, ofHead] of scores.entries()) {
      const start = (row * heads + head) * length * length;
      const sum = places.reduce((total, place) => total + (data[start + place] as number), 0);
      ofHead[row] = sum / (length - secondCopy);
    }
  }
  return scores;
}

/** Where induction would look in one prompt, as places `query * length + key` in the pattern. */
function matches(ids: Int32Array, firstQuery: number): number[] {
  const places: number[] = [];
  for (let query = firstQuery; query < ids.length; query++) {
    for (let key = 2; key <= query; key++) {
      if (ids[key - 1] === ids[query]) places.push(query * ids.length + key);
    }
  }
  return places;
}
