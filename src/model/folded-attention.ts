/**
 * @file Attention from a few positions without ever forming keys or values, which would be most of the
 * work: what a query looks for is compared with the stream itself, and the stream is averaged before
 * values are read of it. Shapes as in `forward.ts`: B batch, P positions, Q queries, H heads, D d_head,
 * M d_model.
 *
 * A stream may come in two parts: its own P positions, and N positions before that several variants of
 * a prompt share, one variant behind the other.
 */

import { fuse, fuseFor } from "../engine/fuse.ts";
import { maskFuture } from "../engine/mask-future.ts";
import { concatenate, type Tensor } from "../engine/tensor.ts";

/** What each query looks for in the stream: [B, Q, H, D], [H * D, M] -> [B, H * Q, M]. */
function wanted(q: Tensor, W_K: Tensor): Tensor {
  const [batch = 0, queries = 0, heads = 0, d_head = 1] = q.shape;
  const [, d_model = 0] = W_K.shape;
  return q
    .permute(2, 0, 1, 3)
    .reshape(heads, batch * queries, d_head)
    .matmul(W_K.reshape(heads, d_head, d_model)) // [H, B * Q, M]
    .reshape(heads, batch, queries, d_model)
    .permute(1, 0, 2, 3)
    .reshape(batch, heads * queries, d_model);
}

/**
 * Inner products of what rows look for with the stream of their prompt: [B * V, R, M], [B, P, M] ->
 * [B * V, R, P], where V variants share a stream.
 */
function lookedUp(rows: Tensor, x: Tensor): Tensor {
  const [all = 0, each = 0, d_model = 0] = rows.shape;
  const [batch = 1, positions = 0] = x.shape;
  return rows
    .reshape(batch, (all / batch) * each, d_model)
    .matmul(x.permute(0, 2, 1))
    .reshape(all, each, positions);
}

/** Over √D, -Infinity for the future: [B, H * Q, K] -> [B, H, Q, K]. */
function asScores(products: Tensor, q: Tensor, queries: readonly number[]): Tensor {
  const [batch = 0, , heads = 0, d_head = 1] = q.shape;
  const scores = products
    .div(Math.sqrt(d_head))
    .reshape(batch, heads, queries.length, products.shape[2] ?? 0);
  return maskFuture(scores, queries);
}

const foldedScoresOf = fuseFor((at: string) => (q: Tensor, W_K: Tensor, x: Tensor) => {
  const queries = at.split(",").map(Number);
  return asScores(lookedUp(wanted(q, W_K), x), q, queries);
});

const foldedScoresBehind = fuseFor(
  (at: string) => (q: Tensor, W_K: Tensor, x: Tensor, before: Tensor) => {
    const [, positionsBefore = 0] = before.shape;
    const queries = at.split(",").map((position) => positionsBefore + Number(position));
    const rows = wanted(q, W_K);
    return asScores(concatenate([lookedUp(rows, before), lookedUp(rows, x)], 2), q, queries);
  },
);

/**
 * Attention scores of the queries at some positions of a stream without ever forming keys, up to a
 * constant over keys that softmax does not see: (W_K q)·x in place of q·(W_K x).
 * [B, Q, H, D], [H * D, M], [B, P, M], and [B / V, N, M] for N positions before that V variants share
 * -> [B, H, Q, N + P].
 */
export function foldedScores(
  queries: readonly number[],
  q: Tensor,
  W_K: Tensor,
  x: Tensor,
  before?: Tensor,
): Tensor {
  const at = queries.join(",");
  return before === undefined
    ? foldedScoresOf(at)(q, W_K, x)
    : foldedScoresBehind(at)(q, W_K, x, before);
}

/**
 * The stream averaged by attention: [B * V, R, P], [B, P, M] -> [B * V, R, M], where V variants share a
 * stream.
 */
function averaged(pattern: Tensor, x: Tensor): Tensor {
  const [all = 0, each = 0, positions = 0] = pattern.shape;
  const [batch = 1, , d_model = 0] = x.shape;
  return pattern
    .reshape(batch, (all / batch) * each, positions)
    .matmul(x)
    .reshape(all, each, d_model);
}

/** Values of the averaged stream: [B, H * Q, M], [H, M, D], [H, 1, D] -> [B, Q, H, D]. */
function valuesOf(stream: Tensor, W_V: Tensor, b_V: Tensor): Tensor {
  const [heads = 0, d_model = 0, d_head = 0] = W_V.shape;
  const [batch = 0, rows = 0] = stream.shape;
  const queries = rows / heads;
  return stream
    .reshape(batch, heads, queries, d_model)
    .permute(1, 0, 2, 3)
    .reshape(heads, batch * queries, d_model)
    .matmul(W_V) // [H, B * Q, D]
    .add(b_V)
    .reshape(heads, batch, queries, d_head)
    .permute(1, 2, 0, 3);
}

/** [B, H, Q, K] -> [B, H * Q, K], keys `[start, end)`. */
function patternRows(pattern: Tensor, start: number, end: number): Tensor {
  const [batch = 0, heads = 0, queries = 0] = pattern.shape;
  return pattern.slice(null, null, null, [start, end]).reshape(batch, heads * queries, end - start);
}

const foldedValuesOf = fuse((pattern: Tensor, W_V: Tensor, b_V: Tensor, x: Tensor) =>
  valuesOf(averaged(patternRows(pattern, 0, pattern.shape[3] ?? 0), x), W_V, b_V),
);

const foldedValuesBehind = fuse(
  (pattern: Tensor, W_V: Tensor, b_V: Tensor, x: Tensor, before: Tensor) => {
    const [, , , keys = 0] = pattern.shape;
    const [, positionsBefore = 0] = before.shape;
    const stream = averaged(patternRows(pattern, 0, positionsBefore), before).add(
      averaged(patternRows(pattern, positionsBefore, keys), x),
    );
    return valuesOf(stream, W_V, b_V);
  },
);

/**
 * Values averaged by attention without ever forming values: the stream is averaged first, then read.
 * [B, H, Q, N + P], [H, M, D], [H, 1, D], [B, P, M], and [B / V, N, M] for N positions before that V
 * variants share -> [B, Q, H, D].
 */
export function foldedValues(
  pattern: Tensor,
  W_V: Tensor,
  b_V: Tensor,
  x: Tensor,
  before?: Tensor,
): Tensor {
  return before === undefined
    ? foldedValuesOf(pattern, W_V, b_V, x)
    : foldedValuesBehind(pattern, W_V, b_V, x, before);
}
