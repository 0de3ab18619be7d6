/** @file The pairs that wait to be merged, the most frequent first. */

/** A pair of tokens as one number, which sorts by left token and then by right. */
export interface QueuedPair {
  readonly pair: number;
  /** How often it stood in the corpus when it was put here. */
  readonly count: number;
  /** The words that it came up in. */
  readonly words: readonly number[];
}

/** A binary heap: highest count first, and of equal counts the smallest pair. */
export class PairQueue {
  readonly #heap: QueuedPair[] = [];

  push(entry: QueuedPair): void {
    const heap = this.#heap;
    let hole = heap.push(entry) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = heap[parent] as QueuedPair;
      if (!before(entry, above)) break;
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = entry;
  }

  pop(): QueuedPair | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, heap[child] as QueuedPair)) child += 1;
      const below = heap[child] as QueuedPair;
      if (!before(below, last)) break;
      heap[hole] = below;
      hole = child;
    }
    heap[hole] = last;
    return top;
  }
}

function before(a: QueuedPair, b: QueuedPair): boolean {
  return a.count > b.count || (a.count === b.count && a.pair < b.pair);
}
