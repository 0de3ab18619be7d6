/**
 * @file Queries, keys and values head by head. Attention is a small product for each head of each
 * context, `[group, …]`, where a group is one head of one context. Its arrays are laid out anew from
 * rows `[row, head * d_head]` and back by tables of places; the extents are those that many small
 * products like (`extents.ts`). There is one group, and one position, more than are used, so that all
 * these are odd; and whatever is padding reads a row that counts for nothing.
 */

import { placeTable } from "../engine/places.ts";
import { scoped } from "../engine/scope.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import type { ModelConfig } from "../model/config.ts";
import type { BatchLayout } from "./batch.ts";
import { laneWidth, oddAbove, oddSummed } from "./extents.ts";

/** Extents of attention's arrays, as letters in shape comments. */
export interface HeadExtents {
  /** G: heads of all contexts, context by context. */
  readonly groups: number;
  /** K: positions as keys. */
  readonly keys: number;
  /** Q: positions as queries. */
  readonly queries: number;
  /** D: d_head. */
  readonly d_head: number;
  /** D1: d_head and a little, where it counts rows of a product. */
  readonly paddedHead: number;
}

/** Tables of places: each names what it makes, of what. */
export interface HeadPlaces {
  /** [G, D1, K] of rows [R, H * D]. */
  readonly keys: Tensor;
  /** [G, D, Q] of rows. */
  readonly queries: Tensor;
  /** [R, H, D] of [G, D1, Q]. */
  readonly fromQueries: Tensor;
  /** [R, H, D] of [G, K, D]. */
  readonly fromKeys: Tensor;
  /** [G, Q] of [R, H], a number for each head of a row. */
  readonly perQuery: Tensor;
  /** [R, H] of [G, Q]. */
  readonly fromPerQuery: Tensor;
  /** [K, Q]: 0 where a query sees a key, else as good as -Infinity. */
  readonly mask: Tensor;
}

/** As good as -Infinity, but differences of two are numbers. */
const HIDDEN = -1e30;

/** How the heads of a batch are laid out. */
export class HeadLayout {
  readonly batch: BatchLayout;
  readonly extents: HeadExtents;
  readonly places: HeadPlaces;

  constructor(batch: BatchLayout, { n_heads, d_head }: ModelConfig) {
    this.batch = batch;
    this.extents = {
      groups: oddAbove(batch.contexts * n_heads),
      keys: oddSummed(batch.positions),
      queries: laneWidth(batch.positions),
      d_head,
      paddedHead: oddAbove(d_head),
    };
    this.places = scoped(() => placesOf(batch, this.extents, n_heads));
  }

  /** Frees the tables. */
  dispose(): void {
    for (const table of Object.values(this.places) as Tensor[]) table.free();
  }
}

function placesOf(batch: BatchLayout, extents: HeadExtents, heads: number): HeadPlaces {
  const { groups, keys, queries, d_head, paddedHead } = extents;
  const { positions, predictions, rows } = batch;
  const used = batch.contexts * heads;

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
  /** Places in an array by group of what row and head have there. */
  const inGroups = (size: number, at: (position: number, feature: number) => number) => {
    const padding = (groups - 1) * size;
    return (row: number, head: number, feature: number): number => {
      if (row >= predictions) return padding;
      const group = Math.floor(row / positions) * heads + head;
      return group * size + at(row % positions, feature);
    };
  };

  const ofFeature = inRows(d_head);
  const ofHead = inRows(1);
  return {
    keys: table([groups, paddedHead, keys], (g, d, k) => ofFeature(g, k, d)),
    queries: table([groups, d_head, queries], (g, d, q) => ofFeature(g, q, d)),
    fromQueries: table(
      [rows, heads, d_head],
      inGroups(paddedHead * queries, (position, feature) => feature * queries + position),
    ),
    fromKeys: table(
      [rows, heads, d_head],
      inGroups(keys * d_head, (position, feature) => position * d_head + feature),
    ),
    perQuery: table([groups, queries], (g, q) => ofHead(g, q, 0)),
    fromPerQuery: table(
      [rows, heads],
      inGroups(queries, (position) => position),
    ),
    mask: maskOfFuture(keys, queries),
  };
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

function maskOfFuture(keys: number, queries: number): Tensor {
  const data = new Float32Array(keys * queries);
  for (let key = 0; key < keys; key++) {
    for (let query = 0; query < queries; query++) {
      if (key > query) data[key * queries + query] = HIDDEN;
    }
  }
  return tensor({ shape: [keys, queries], data });
}
