/** @file A part of a sweep: every n-th cell, so that long and short prompts are in every part. */

import { checkInteger } from "../prompts/spec.ts";

/** Part `index`, from 1, of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** The whole sweep as its only part. */
export const WHOLE: Shard = { index: 1, count: 1 };

/**
 * The cells of a part: `index - 1`, and every `count`-th after it.
 *
 * @throws LookbackError `bad-spec` for a part that is none of them.
 */
export function shardCells({ index, count }: Shard, cells: number): number[] {
  checkInteger("shard count", count, { min: 1 });
  checkInteger("shard index", index, { min: 1, max: count, why: "the first shard is 1" });
  const found: number[] = [];
  for (let cell = index - 1; cell < cells; cell += count) found.push(cell);
  return found;
}

/** The part, of `count`, that a cell is in. */
export function shardOf(cell: number, count: number): Shard {
  return { index: (cell % count) + 1, count };
}

/** `3/8` */
export function shardText({ index, count }: Shard): string {
  return `${index}/${count}`;
}
