/** @file The merges of a BPE vocabulary, applied to one word. */

import TinyQueue from "tinyqueue";

/** Positions in a word have room below the rank in one number. */
const POSITIONS = 2 ** 32;

/** Merges by the pair of tokens that they join, the first learned applied first. */
export class MergeTable {
  /** Rank by pair; a pair is left times 65536, plus right. */
  readonly #ranks = new Map<number, number>();
  /** The token that each rank makes. */
  readonly #made: Uint16Array;

  /**
   * @param merges Pairs of tokens, in the order in which they were learned.
   * @param vocab Id of each token, below 65536. A merge of which a token is not there is never met.
   */
  constructor(
    merges: readonly (readonly [left: string, right: string])[],
    vocab: ReadonlyMap<string, number>,
  ) {
    this.#made = new Uint16Array(merges.length);
    for (const [rank, [left, right]] of merges.entries()) {
      const a = vocab.get(left);
      const b = vocab.get(right);
      const made = vocab.get(left + right);
      if (a === undefined || b === undefined || made === undefined) continue;
      this.#ranks.set(a * 0x10000 + b, rank);
      this.#made[rank] = made;
    }
  }

  /**
   * Merges the bytes of a word, given as tokens, in their place: always the pair learned first, and of several of it
   * the leftmost. A word of n bytes takes in the order of n log n steps, so that a line of a million
   * dashes is no trap.
   */
  apply(ids: Uint16Array): Uint16Array {
    const length = ids.length;
    if (length < 2) return ids;
    // A list linked both ways; a token that went into its left neighbour is no longer in it.
    const next = new Int32Array(length);
    const previous = new Int32Array(length);
    const gone = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
    }
    const waiting = new TinyQueue<number>(); // smallest first
    const offer = (position: number) => {
      const right = next[position] as number;
      if (right >= length) return;
      const rank = this.#rank(ids[position] as number, ids[right] as number);
      if (rank !== undefined) waiting.push(rank * POSITIONS + position);
    };
    for (let i = 0; i + 1 < length; i++) offer(i);
    for (;;) {
      const first = waiting.pop();
      if (first === undefined) break;
      const position = first % POSITIONS;
      const rank = (first - position) / POSITIONS;
      const right = next[position] as number;
      if (gone[position] === 1 || right >= length) continue;
      // Either token may have been merged since with another one.
      if (this.#rank(ids[position] as number, ids[right] as number) !== rank) continue;
      ids[position] = this.#made[rank] as number;
      gone[right] = 1;
      const after = next[right] as number;
      next[position] = after;
      if (after < length) previous[after] = position;
      const before = previous[position] as number;
      if (before >= 0) offer(before);
      offer(position);
    }
    let kept = 0;
    for (let i = 0; i < length; i = next[i] as number) ids[kept++] = ids[i] as number;
    return ids.subarray(0, kept);
  }

  #rank(left: number, right: number): number | undefined {
    return this.#ranks.get(left * 0x10000 + right);
  }
}
