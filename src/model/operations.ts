/**
 * @file The arithmetic between the hook points of the forward pass, each piece compiled as one.
 * Shapes as in `forward.ts`: B batch, P positions, Q queries, H heads, D d_head, M d_model, V
 * vocabulary.
 */

import { fuse, fuseFor } from "../engine/fuse.ts";
import { maskFuture } from "../engine/mask-future.ts";
import type { Tensor } from "../engine/tensor.ts";

/** A sum, broadcasting. */
export const add = fuse((a: Tensor, b: Tensor) => a.add(b));

/** Deviations from the mean of the last axis. */
function centred(x: Tensor): Tensor {
  return x.sub(x.mean(-1, true));
}

/** What LayerNorm divides by, for an epsilon: [B, P, M] -> [B, P, 1]. */
export const layerNormScale = fuseFor(
  (eps: number) => (x: Tensor) => centred(x).square().mean(-1, true).add(eps).sqrt(),
);

/** [B, P, M], centred, over a scale [B, P, 1]. */
export const divideByScale = fuse((x: Tensor, scale: Tensor) => centred(x).div(scale));

/** LayerNorm's weights: x * w + b. */
export const affine = fuse((x: Tensor, w: Tensor, b: Tensor) => x.mul(w).add(b));

/** [B, P, N] times the transpose of a matrix [W, N]: [B * P, W]. See {@link Projection} for why. */
function product(x: Tensor, matrix: Tensor): Tensor {
  const [batch = 0, length = 0, width = 0] = x.shape;
  return x.reshape(batch * length, width).matmul(matrix.permute(1, 0));
}

/** Queries, keys or values, for a number of heads: [B, P, M], [H * D, M], [H * D] -> [B, P, H, D]. */
export const headsFromStream = fuseFor(
  (heads: number) => (x: Tensor, matrix: Tensor, bias: Tensor) => {
    const [batch = 0, length = 0] = x.shape;
    const d_head = (matrix.shape[0] ?? 0) / heads;
    return product(x, matrix).add(bias).reshape(batch, length, heads, d_head);
  },
);

/**
 * q·k / √D, -Infinity where the key comes after the query. The P queries are at the last of the K
 * positions: [B, P, H, D], [B, K, H, D] -> [B, H, P, K].
 */
export const attentionScores = fuse((q: Tensor, k: Tensor) => {
  const [, queries = 0, , d_head = 1] = q.shape;
  const [, keys = 0] = k.shape;
  const scores = q
    .permute(0, 2, 1, 3) // [B, H, P, D]
    .matmul(k.permute(0, 2, 3, 1)) // [B, H, P, K]
    .div(Math.sqrt(d_head));
  return maskFuture(
    scores,
    Array.from({ length: queries }, (_, i) => keys - queries + i),
  );
});

/** Softmax over the last axis. */
export const softmax = fuse((x: Tensor) => x.softmax());

/** Values averaged by attention: [B, H, Q, P], [B, P, H, D] -> [B, Q, H, D]. */
export const weightedValues = fuse((pattern: Tensor, v: Tensor) =>
  pattern.matmul(v.permute(0, 2, 1, 3)).permute(0, 2, 1, 3),
);

/** The output of all heads together: [B, Q, H, D], [M, H * D], [M] -> [B, Q, M]. */
export const streamFromHeads = fuse((z: Tensor, matrix: Tensor, bias: Tensor) => {
  const [batch = 0, queries = 0, heads = 0, d_head = 0] = z.shape;
  return product(z.reshape(batch, queries, heads * d_head), matrix)
    .add(bias)
    .reshape(batch, queries, matrix.shape[0] ?? 0);
});

/** Logits before their bias: [rows, M], [V, M] -> [rows, V]. */
export const unembedding = fuse((x: Tensor, matrix: Tensor) => x.matmul(matrix.permute(1, 0)));
