/**
 * @file How much a head attends so many tokens back, prompt by prompt, so that the mean has an interval.
 * `lag-profile.ts` has all lags of the mean pattern; this has the few that roles are judged by.
 */

import type { NdArray } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";

/** Lags from the first to the last, both included; 0 is the token itself. */
export interface LagRange {
  readonly from: number;
  readonly to: number;
}

/** One number for each head and prompt: of a head's pattern, the sum over queries over their number. */
function meanOverQueries(
  { shape, data }: NdArray,
  firstQuery: number,
  attention: (row: Float32Array, query: number) => number,
): Float64Array[] {
  const [batch = 0, heads = 0, length = 0, keys] = shape;
  if (shape.length !== 4 || length !== keys || length <= firstQuery) {
    throw new LookbackError(
      "bad-shape",
      `attention by lag needs patterns [batch, head, query, key] of more than ${firstQuery} tokens, got shape [${shape.join(", ")}]`,
    );
  }
  return Array.from({ length: heads }, (_, head) =>
    Float64Array.from({ length: batch }, (_, row) => {
      const start = (row * heads + head) * length * length;
      let sum = 0;
      for (let query = firstQuery; query < length; query++) {
        const from = start + query * length;
        sum += attention(data.subarray(from, from + length), query);
      }
      return sum / (length - firstQuery);
    }),
  );
}

/**
 * Attention on a range of lags: for each head an array `[batch]`, ready for `estimate`. The mean is over
 * the queries that have all of these lags on tokens behind BOS: of lag 1, those from position 2 on.
 *
 * @param pattern Patterns of one layer on prompts that open with BOS, `[batch, head, query, key]`.
 * @throws LookbackError `bad-shape` unless there is such a query; `bad-spec` for lags that are no range.
 */
export function lagAttention(pattern: NdArray, { from, to }: LagRange): Float64Array[] {
  if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to)) {
    throw new LookbackError("bad-spec", `lags ${from} to ${to} are no range of lags from 0 on`);
  }
  return meanOverQueries(pattern, to + 1, (row, query) => {
    let sum = 0;
    for (let lag = from; lag <= to; lag++) sum += row[query - lag] as number;
    return sum;
  });
}

/**
 * Attention on position 0, where heads park what they have no use for: for each head an array
 * `[batch]`, the mean over the queries behind it.
 *
 * @throws LookbackError `bad-shape` as {@link lagAttention}.
 */
export function bosAttention(pattern: NdArray): Float64Array[] {
  return meanOverQueries(pattern, 1, (row) => row[0] as number);
}
