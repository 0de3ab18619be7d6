/**
 * @file Extents that matmul likes. How fast the array library's kernels are hangs on the numbers that
 * describe them (`bench/formulations.ts` measures most of this). A training step is nearly all matmul,
 * and is free to choose how it cuts and fills up its arrays, so it chooses these:
 *
 * - Where the rows of a product leave 2 on division by 4, two of them are computed at a time, which
 *   fits the processor's registers; where they are divisible by 4, four, which does not and is a
 *   quarter slower; else one, which is much slower, but the fastest for many small products, where the
 *   right side is not shared between rows.
 * - The summed axis is cut by its largest divisor up to 64. A prime is cut to single numbers, and each
 *   cut loads and stores all of the result.
 * - Rows whose length is a multiple of 4096 bytes all fall on the same few lines of the first cache.
 */

/** Longest piece of a summed axis. */
const LONGEST_PIECE = 64;

/** What a cut of the summed axis costs, in steps of the sum. */
const CUT_COST = 4;

/** How far to look for a better extent. */
const SEARCH = 64;

function largestDivisor(n: number, most: number): number {
  for (let divisor = Math.min(n, most); divisor > 1; divisor--) {
    if (n % divisor === 0) return divisor;
  }
  return 1;
}

/**
 * The extent from `least` to `most` that is cheapest, of those that suit; `cost` is told how much
 * dearer it is to sum over, on account of its divisors, than the best there are.
 */
function cheapest(
  least: number,
  most: number,
  suits: (n: number) => boolean,
  cost: (n: number, summing: number) => number = (n, summing) => n * summing,
): number {
  let best = Number.NaN;
  let lowest = Number.POSITIVE_INFINITY;
  for (let n = least; n <= most; n++) {
    if (!suits(n)) continue;
    const own = cost(n, 1 + CUT_COST / largestDivisor(n, LONGEST_PIECE));
    if (own >= lowest) continue;
    best = n;
    lowest = own;
  }
  return best;
}

const leavesTwo = (n: number) => n % 4 === 2;

/** So many rows, at least, as two at a time are computed. */
export function pairedRows(least: number): number {
  return cheapest(least, least + 3, leavesTwo);
}

/** Numbers in one block of logits, at most: 36 MB. */
const BLOCK_NUMBERS = 9 * 2 ** 20;

/** Rows that a kernel deals out to a thread together. */
const DEALT_ROWS = 128;

/** What a block costs beside its rows, in rows: its kernels have to be sent to the threads. */
const BLOCK_COST = 16;

/** Rows that the thread with most of them gets, were there two, twice. */
function dealtRows(rows: number): number {
  const together = Math.min(DEALT_ROWS, 2 ** Math.floor(Math.log2(Math.max(1, rows / 2))));
  return 2 * together * Math.ceil(rows / 2 / together);
}

/**
 * Equal blocks that hold so many rows together, each with so many numbers in a row; their rows are
 * summed over, too.
 */
export function rowBlocks(
  rows: number,
  width: number,
): { readonly blocks: number; readonly blockRows: number } {
  const most = Math.max(2, Math.min(Math.floor(BLOCK_NUMBERS / width), rows + SEARCH));
  const blockRows = cheapest(2, most, leavesTwo, (n, summing) => {
    return Math.ceil(rows / n) * (dealtRows(n) * summing + BLOCK_COST);
  });
  return { blocks: Math.ceil(rows / blockRows), blockRows };
}

/** The next odd number: of many small products, or of rows in each. */
export function oddAbove(n: number): number {
  return n + 1 + (n % 2);
}

/** An odd extent, at least so much, that is both rows of a product and summed over in another. */
export function oddSummed(least: number): number {
  return cheapest(least, least + SEARCH, (n) => n % 2 === 1);
}

/** Numbers that the device takes at once go in fours; kernels like four fours. */
const LANE_MULTIPLE = 16;

/** The width of rows that are worked on along their length. */
export function laneWidth(least: number): number {
  return Math.ceil(least / LANE_MULTIPLE) * LANE_MULTIPLE;
}

/** Fewer queries in a block than this save less than the block's kernels cost. */
const LEAST_BLOCK = 64;

/** Of n blocks of queries, the pairs with keys behind the query are 1 / n of those that are worked on. */
const MOST_BLOCKS = 4;

/** A part of rows: so many numbers of each, from one on. */
export interface LaneBlock {
  readonly start: number;
  readonly width: number;
}

/** Blocks of whole lanes, equal but for the last, that hold so many numbers one behind the other. */
export function laneBlocks(least: number): readonly LaneBlock[] {
  const whole = laneWidth(least);
  const most = Math.max(1, Math.min(MOST_BLOCKS, Math.floor(whole / LEAST_BLOCK)));
  const width = laneWidth(whole / most);
  return Array.from({ length: Math.ceil(whole / width) }, (_, i) => {
    return { start: i * width, width: Math.min(width, whole - i * width) };
  });
}

/** Numbers in 4096 bytes. */
const CACHE_PERIOD = 1024;

/** A width, at least so much, that sums along it can fold, and that spreads over the cache. */
export function spreadWidth(least: number, fold: number): number {
  const width = Math.ceil(least / fold) * fold;
  return width % CACHE_PERIOD === 0 ? width + fold : width;
}
