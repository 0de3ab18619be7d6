/** @file How often each word stands in a corpus: all that BPE training needs to know of it. */

import { wordEnd } from "./byte-level.ts";
import { WordTable } from "./word-table.ts";

/** Distinct words, numbered from 0, with how often each occurs. */
export interface WordCounts {
  readonly size: number;
  word(number: number): string;
  count(number: number): number;
}

/** Counts the words of texts, one text after the other. */
export class BpeCounter implements WordCounts {
  readonly #words = new WordTable();
  #counts = new Float64Array(1 << 16);

  /** Adds the words of a text. */
  add(text: string): void {
    for (let start = 0; start < text.length; ) {
      const end = wordEnd(text, start);
      const word = this.#words.number(text, start, end);
      if (word >= this.#counts.length) this.#grow();
      this.#counts[word] = (this.#counts[word] as number) + 1;
      start = end;
    }
  }

  get size(): number {
    return this.#words.size;
  }

  word(number: number): string {
    return this.#words.word(number);
  }

  count(number: number): number {
    return this.#counts[number] ?? 0;
  }

  #grow(): void {
    const counts = new Float64Array(this.#counts.length * 2);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}
