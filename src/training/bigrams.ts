/** @file How often one token follows another in a text: what a model without attention could know. */

import type { ContextSource } from "./contexts.ts";

/** Bigrams of a text. */
export interface BigramCounts {
  readonly d_vocab: number;
  /** [d_vocab, d_vocab], row-major: how often the column's token follows the row's. */
  readonly counts: Uint32Array<ArrayBuffer>;
  /** Of all. */
  readonly total: number;
}

const CONTEXTS_AT_A_TIME = 1024;

/** Counts the bigrams of all contexts, BOS with what follows it included. */
export function countBigrams(source: ContextSource, length: number, d_vocab: number): BigramCounts {
  const counts = new Uint32Array(d_vocab * d_vocab);
  const contexts = source.contexts(length);
  for (let start = 0; start < contexts; start += CONTEXTS_AT_A_TIME) {
    const some = Math.min(CONTEXTS_AT_A_TIME, contexts - start);
    const ids = source.read(
      Array.from({ length: some }, (_, i) => start + i),
      length,
    );
    for (let i = 0; i + 1 < ids.length; i++) {
      if ((i + 1) % length === 0) continue; // the next token is of another context
      const place = (ids[i] as number) * d_vocab + (ids[i + 1] as number);
      counts[place] = (counts[place] as number) + 1;
    }
  }
  return { d_vocab, counts, total: contexts * (length - 1) };
}

/** Entropy of the next token given the one before it, in nats: the least loss of any bigram model. */
export function bigramEntropy({ d_vocab, counts, total }: BigramCounts): number {
  let entropy = 0;
  for (let row = 0; row < d_vocab; row++) {
    const own = counts.subarray(row * d_vocab, (row + 1) * d_vocab);
    const sum = own.reduce((all, count) => all + count, 0);
    for (const count of own) if (count > 0) entropy -= (count / total) * Math.log(count / sum);
  }
  return entropy;
}
