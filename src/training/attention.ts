/**
 * @file Attention of all heads, and its gradient. Scores are held key by key, `[G, K, Q]`, since sums
 * and maxima are fast along an axis that is not the last; and their exponentials are never divided by
 * their sums: what is averaged is, a hundred times smaller. Shapes: R rows, W = H * D, and as in
 * `head-layout.ts`.
 */

import { expAtMostZero } from "../engine/exponential-series.ts";
import { fuse, fuseFor } from "../engine/fuse.ts";
import { atPlaces } from "../engine/places.ts";
import { reciprocal } from "../engine/reciprocal.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { HeadLayout } from "./head-layout.ts";

/** What the gradient of attention needs of its forward pass. */
export interface SavedAttention {
  /** Biases added, [G, D, Q]. */
  readonly queries: Tensor;
  /** [G, D1, K] */
  readonly keys: Tensor;
  /** Without biases, [G, D1, K]. */
  readonly values: Tensor;
  /** Exponentials of the scores: patterns but for the factor `inverse`, [G, K, Q]. */
  readonly weights: Tensor;
  /** One over the sum of a query's weights, [R, H]. */
  readonly inverse: Tensor;
  /** What heads give, [R, H, D]. */
  readonly z: Tensor;
}

const scaled = (scores: Tensor, d_head: number) => scores.mul(1 / Math.sqrt(d_head));

/** [G, D1, K] or [G, D, K] by [G, D, Q]: [G, K, Q]. */
const overFeatures = fuse((keys: Tensor, queries: Tensor) => {
  const d_head = queries.shape[1] ?? 0;
  return keys.slice(null, [0, d_head]).permute(0, 2, 1).matmul(queries);
});

/** [G, D1, K] by [G, K, Q]: [G, D1, Q]. */
const overKeys = fuse((x: Tensor, weights: Tensor) => x.matmul(weights));

/** [G, K, Q] by [G, Q, D]: [G, K, D]. */
const overQueries = fuse((weights: Tensor, x: Tensor) => weights.matmul(x));

const largest = fuseFor((d_head: number) => (scores: Tensor, mask: Tensor) => {
  return scaled(scores, d_head).add(mask).max(1);
});

const exponentials = fuseFor((d_head: number) => (scores: Tensor, mask: Tensor, max: Tensor) => {
  return expAtMostZero(scaled(scores, d_head).add(mask).sub(max.expand(1)));
});

const inverseSum = fuse((weights: Tensor) => reciprocal(weights.sum(1)));

const timesPerHead = fuse((x: Tensor, factor: Tensor) => x.mul(factor.expand(2)));

const headOutput = fuse((sums: Tensor, inverse: Tensor, bias: Tensor) => {
  const [, heads = 0, d_head = 0] = sums.shape;
  return sums.mul(inverse.expand(2)).add(bias.reshape(heads, d_head));
});

/**
 * What heads give, and what the gradient will need.
 *
 * @param q queries, biases added, by row: [R, W].
 * @param k keys, [R, W]. A bias would be the same for all keys of a query: softmax does not see it.
 * @param v values without their bias, [R, W].
 * @param bias of values, [W]. A query's pattern sums to one, so it can wait for the average.
 */
export function attentionForward(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  bias: Tensor,
  { places, extents }: HeadLayout,
): SavedAttention {
  const { d_head } = extents;
  const queries = atPlaces(q, places.queries); // [G, D, Q]
  const keys = atPlaces(k, places.keys); // [G, D1, K]
  const values = atPlaces(v, places.keys); // [G, D1, K]
  const scores = overFeatures(keys, queries); // [G, K, Q]
  const max = largest(d_head)(scores, places.mask); // [G, Q]
  const weights = exponentials(d_head)(scores, places.mask, max); // [G, K, Q]
  const inverse = atPlaces(inverseSum(weights), places.fromPerQuery); // [R, H]
  const sums = atPlaces(overKeys(values, weights), places.fromQueries); // [R, H, D]
  return { queries, keys, values, weights, inverse, z: headOutput(sums, inverse, bias) };
}

const meanGradient = fuse((z: Tensor, bias: Tensor, d: Tensor) => {
  const [, heads = 0, d_head = 0] = z.shape;
  return z.sub(bias.reshape(heads, d_head)).mul(d).sum(-1);
});

const gradientOfScores = fuseFor(
  (d_head: number) => (weights: Tensor, ofWeights: Tensor, mean: Tensor) =>
    scaled(ofWeights.sub(mean.expand(1)).mul(weights), d_head),
);

const lastTwoExchanged = fuse((x: Tensor) => x.permute(0, 2, 1));

/** Gradients of q, k and v, as rows [R, H, D], from that of what heads give, the same. */
export function attentionBackward(
  d: Tensor,
  { queries, keys, values, weights, inverse, z }: SavedAttention,
  bias: Tensor,
  { places, extents }: HeadLayout,
): { q: Tensor; k: Tensor; v: Tensor } {
  // With weights w, their sum s and d' = d / s, the gradient of a score is w (v · d' - average · d').
  const ofSums = timesPerHead(d, inverse); // [R, H, D]
  const mean = atPlaces(meanGradient(z, bias, ofSums), places.perQuery); // [G, Q]
  const columns = atPlaces(ofSums, places.queries); // [G, D, Q]
  const ofWeights = overFeatures(values, columns); // [G, K, Q]
  const ofScores = gradientOfScores(extents.d_head)(weights, ofWeights, mean); // [G, K, Q]
  const ofQueries = overKeys(keys, ofScores); // [G, D1, Q]
  const ofKeys = overQueries(ofScores, lastTwoExchanged(queries)); // [G, K, D]
  const ofValues = overQueries(weights, lastTwoExchanged(columns)); // [G, K, D]
  return {
    q: atPlaces(ofQueries, places.fromQueries),
    k: atPlaces(ofKeys, places.fromKeys),
    v: atPlaces(ofValues, places.fromKeys),
  };
}
