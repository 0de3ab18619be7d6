/**
 * @file Queries, keys and values head by head. Attention is a small product for each head of each
 * context, `[group, …]`, where a group is one head of one context. Its arrays are laid out anew from
 * rows `[row, head * d_head]` and back by tables of places, queries in blocks. Extents are those that
 * many small products like (`extents.ts`): there is one group, and at times a key, more than are used,
 * so that they are odd; and whatever is padding reads a row that counts for nothing.
 */

import { placeTable } from "../engine/places.ts";
import { ownedIn, scoped } from "../engine/scope.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import type { ModelConfig } from "../model/config.ts";
import type { BatchLayout } from "./batch.ts";
import { type LaneBlock, laneBlocks, oddAbove, oddSummed } from "./extents.ts";

/** Extents of attention's arrays, as letters in shape comments. */
export interface HeadExtents {
  /** G: heads of all contexts, context by context. */
  readonly groups: number;
  /** K: positions as keys. */
  readonly keys: number;
  /** D: d_head. */
  readonly d_head: number;
  /** D1: d_head and a little, where it counts rows of a product. */
  readonly paddedHead: number;
}

/** Tables of places: each names what it makes, of what. */
export interface HeadPlaces {
  /** [G, D1, K] of rows [R, H * D]. */
  readonly keys: Tensor;
  /** [R, H, D] of [G, D1, Qb], all blocks of queries one behind the other. */
  readonly fromQueries: Tensor;
  /** [R, H] of [G, Qb], all blocks of queries one behind the other. */
  readonly fromPerQuery: Tensor;
}

/** Consecutive positions as queries, and the keys that they see. */
export interface QueryBlock {
  /** Kb: keys up to the last query of the block, and a little. */
  readonly keys: number;
  readonly places: {
    /** [G, D, Qb] of rows [R, H * D], with Qb the queries of the block. */
    readonly queries: Tensor;
    /** [G, Qb] of [R, H], a number for each head of a row. */
    readonly perQuery: Tensor;
    /** [R, H, D] of [G, Kb, D]; of keys that are not there, padding. */
    readonly fromKeys: Tensor;
  };
  /** [Kb, Qb]: 0 where a query sees a key, else as good as -Infinity. */
  readonly mask: Tensor;
}

/** As good as -Infinity, but differences of two are numbers. */
const HIDDEN = -1e30;

/** How the heads of a batch are laid out. */
export class HeadLayout {
  readonly batch: BatchLayout;
  readonly extents: HeadExtents;
  readonly places: HeadPlaces;
  /** All positions as queries, in order. */
  readonly blocks: readonly QueryBlock[];

  constructor(batch: BatchLayout, { n_heads, d_head }: ModelConfig) {
    this.batch = batch;
    this.extents = {
      groups: oddAbove(batch.contexts * n_heads),
      keys: oddSummed(batch.positions),
      d_head,
      paddedHead: oddAbove(d_head),
    };
    const { places, blocks } = scoped(() => laidOut(batch, this.extents, n_heads));
    this.places = places;
    this.blocks = blocks;
  }

  /** Frees the tables. */
  dispose(): void {
    for (const table of ownedIn([this.places, this.blocks])) table.free();
  }
}

function laidOut(
  { contexts, positions, predictions, rows }: BatchLayout,
  { groups, keys, d_head, paddedHead }: HeadExtents,
  heads: number,
): { places: HeadPlaces; blocks: QueryBlock[] } {
  const used = contexts * heads;
  const cuts = laneBlocks(positions);

  /** Places in rows [R, H * width] of [group, position, feature]. */
  const inRows =
    (width: number) =>
    (group: number, position: number, feature: number): number => {
      if (group >= used || position >= positions || feature >= width) {
        return (rows - 1) * heads * width;
      }
      const row = Math.floor(group / heads) * positions + position;
      return (row * heads + (group % heads)) * width + feature;
    };
  const groupOf = (row: number, head: number) => Math.floor(row / positions) * heads + head;
  /** Places in blocks [G, height, Qb] of what row and head have there. */
  const inBlocks =
    (height: number) =>
    (row: number, head: number, feature: number): number => {
      const isPadding = row >= predictions;
      const position = isPadding ? 0 : row % positions;
      const group = isPadding ? groups - 1 : groupOf(row, head);
      const { start, width } = cuts.findLast((cut) => cut.start <= position) as LaneBlock;
      return groups * height * start + (group * height + feature) * width + position - start;
    };
  /** Places in [G, count, D]. */
  const inKeys =
    (count: number) =>
    (row: number, head: number, feature: number): number => {
      const position = row % positions;
      const isThere = row < predictions && position < count;
      const at = isThere ? groupOf(row, head) * count + position : (groups - 1) * count;
      return at * d_head + feature;
    };

  const ofFeature = inRows(d_head);
  const ofHead = inRows(1);
  const places = {
    keys: table([groups, paddedHead, keys], (g, d, k) => ofFeature(g, k, d)),
    fromQueries: table([rows, heads, d_head], inBlocks(paddedHead)),
    fromPerQuery: table([rows, heads], inBlocks(1)),
  };
  const blocks = cuts.map(({ start, width }) => {
    const seen = Math.min(oddSummed(start + width), keys);
    return {
      keys: seen,
      places: {
        queries: table([groups, d_head, width], (g, d, q) => ofFeature(g, start + q, d)),
        perQuery: table([groups, width], (g, q) => ofHead(g, start + q, 0)),
        fromKeys: table([rows, heads, d_head], inKeys(seen)),
      },
      mask: maskOfFuture(seen, start, width),
    };
  });
  return { places, blocks };
}

/** A table of two or three axes from the place of each of its entries. */
function table(
  shape: readonly number[],
  placeOf: (i: number, j: number, k: number) => number,
): Tensor {
  const [first = 0, second = 0, third = 1] = shape;
  const places = new Int32Array(first * second * third);
  let at = 0;
  for (let i = 0; i < first; i++) {
    for (let j = 0; j < second; j++) {
      for (let k = 0; k < third; k++) places[at++] = placeOf(i, j, k);
    }
  }
  return placeTable(places, shape);
}

/** Of so many keys and queries, of which the first stands at `start`. */
function maskOfFuture(keys: number, start: number, queries: number): Tensor {
  const data = new Float32Array(keys * queries);
  for (let key = 0; key < keys; key++) {
    for (let query = 0; query < queries; query++) {
      if (key > start + query) data[key * queries + query] = HIDDEN;
    }
  }
  return tensor({ shape: [keys, queries], data });
}
