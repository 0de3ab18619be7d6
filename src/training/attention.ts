/**
 * @file Attention of all heads, and its gradient. Queries go block by block, each with the keys up to
 * its last query: what lies behind is hidden from all of them. Scores are held key by key,
 * `[G, Kb, Qb]`, since sums and maxima are fast along an axis that is not the last; and their
 * exponentials are never divided by their sums: what is averaged is, a hundred times smaller. Shapes: R
 * rows, W = H * D, and as in `head-layout.ts`.
 */

import { expAtMostZero } from "../engine/exponential-series.ts";
import { fuse, fuseFor } from "../engine/fuse.ts";
import { atPlaces, atPlacesOfAll, sumAtPlaces } from "../engine/places.ts";
import { reciprocal } from "../engine/reciprocal.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { HeadLayout, QueryBlock } from "./head-layout.ts";

/** What the gradient of attention needs of its forward pass. */
export interface SavedAttention {
  /** [G, D1, K] */
  readonly keys: Tensor;
  /** Without biases, [G, D1, K]. */
  readonly values: Tensor;
  /** One for each block of the layout. */
  readonly blocks: readonly SavedBlock[];
  /** One over the sum of a query's weights, [R, H]. */
  readonly inverse: Tensor;
  /** What heads give, [R, H, D]. */
  readonly z: Tensor;
}

/** What it needs of a block of queries. */
export interface SavedBlock {
  /** Biases added, [G, D, Qb]. */
  readonly queries: Tensor;
  /** Exponentials of the scores: patterns but for the factor `inverse`, [G, Kb, Qb]. */
  readonly weights: Tensor;
}

const scaled = (scores: Tensor, d_head: number) => scores.mul(1 / Math.sqrt(d_head));

/** The first so many keys of [G, D1, K] by [G, D, Qb]: [G, Kb, Qb]. */
const overFeatures = fuseFor((count: number) => (keys: Tensor, queries: Tensor) => {
  const d_head = queries.shape[1] ?? 0;
  return keys.slice(null, [0, d_head], [0, count]).permute(0, 2, 1).matmul(queries);
});

/** The first keys of [G, D1, K] by [G, Kb, Qb]: [G, D1, Qb]. */
const overKeys = fuse((x: Tensor, weights: Tensor) => {
  const count = weights.shape[1] ?? 0;
  return x.slice(null, null, [0, count]).matmul(weights);
});

/** [G, Kb, Qb] by [G, Qb, D]: [G, Kb, D]. */
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
  layout: HeadLayout,
): SavedAttention {
  const { d_head } = layout.extents;
  const { places } = layout;
  const keys = atPlaces(k, places.keys); // [G, D1, K]
  const values = atPlaces(v, places.keys); // [G, D1, K]
  const blocks = layout.blocks.map((block) => {
    const queries = atPlaces(q, block.places.queries); // [G, D, Qb]
    const scores = overFeatures(block.keys)(keys, queries); // [G, Kb, Qb]
    const max = largest(d_head)(scores, block.mask); // [G, Qb]
    const weights = exponentials(d_head)(scores, block.mask, max); // [G, Kb, Qb]
    return { queries, weights };
  });
  const inverses = blocks.map(({ weights }) => inverseSum(weights)); // [G, Qb] each
  const sums = blocks.map(({ weights }) => overKeys(values, weights)); // [G, D1, Qb] each
  const inverse = atPlacesOfAll(places.fromPerQuery, ...inverses); // [R, H]
  const z = headOutput(atPlacesOfAll(places.fromQueries, ...sums), inverse, bias); // [R, H, D]
  return { keys, values, blocks, inverse, z };
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

/** Gradients of the queries of a block, and what its queries say of keys and values. */
function blockBackward(
  columns: Tensor,
  mean: Tensor,
  { queries, weights }: SavedBlock,
  { keys, values }: SavedAttention,
  { extents }: HeadLayout,
  block: QueryBlock,
) {
  const ofWeights = overFeatures(block.keys)(values, columns); // [G, Kb, Qb]
  const ofScores = gradientOfScores(extents.d_head)(weights, ofWeights, mean); // [G, Kb, Qb]
  return {
    ofQueries: overKeys(keys, ofScores), // [G, D1, Qb]
    ofKeys: overQueries(ofScores, lastTwoExchanged(queries)), // [G, Kb, D]
    ofValues: overQueries(weights, lastTwoExchanged(columns)), // [G, Kb, D]
  };
}

/** Gradients of q, k and v, as rows [R, H, D], from that of what heads give, the same. */
export function attentionBackward(
  d: Tensor,
  saved: SavedAttention,
  bias: Tensor,
  layout: HeadLayout,
): { q: Tensor; k: Tensor; v: Tensor } {
  // With weights w, their sum s and d' = d / s, the gradient of a score is w (v · d' - average · d').
  const { places } = layout;
  const ofSums = timesPerHead(d, saved.inverse); // [R, H, D]
  const means = meanGradient(saved.z, bias, ofSums); // [R, H]
  const blocks = layout.blocks.map((block, b) => {
    const columns = atPlaces(ofSums, block.places.queries); // [G, D, Qb]
    const mean = atPlaces(means, block.places.perQuery); // [G, Qb]
    return blockBackward(columns, mean, saved.blocks[b] as SavedBlock, saved, layout, block);
  });
  const of = (which: "ofQueries" | "ofKeys" | "ofValues") => blocks.map((block) => block[which]);
  const fromKeys = layout.blocks.map((block) => block.places.fromKeys);
  return {
    q: atPlacesOfAll(places.fromQueries, ...of("ofQueries")),
    k: sumAtPlaces(of("ofKeys"), fromKeys), // of each key over the blocks that see it
    v: sumAtPlaces(of("ofValues"), fromKeys),
  };
}
