/**
 * @file The distinct words of a corpus, numbered from 0 as they come. A `Map` of strings would make
 * a string of each of a corpus's tens of millions of words to look it up, and those of more than
 * twelve characters would keep their whole document in memory; here a word is compared where it stands.
 */

const FIRST_SLOTS = 1 << 16;
const FIRST_UNITS = 1 << 18;

/** Distinct words, each with a number. */
export class WordTable {
  #size = 0;
  /** Numbers of words plus 1, by hash; 0 is free. Its length is a power of two. */
  #slots = new Int32Array(FIRST_SLOTS);
  /** Hash of each word. */
  #hashes = new Int32Array(FIRST_SLOTS);
  /** UTF-16 units of all words, one behind the other. */
  #units = new Uint16Array(FIRST_UNITS);
  /** Where each word begins in the units; one more entry than there are words. */
  #starts = new Float64Array(FIRST_SLOTS + 1);

  /** How many distinct words there are. */
  get size(): number {
    return this.#size;
  }

  /** Number of the word that stands in a text from `start` to `end`. */
  number(text: string, start: number, end: number): number {
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const word = (this.#slots[slot] as number) - 1;
      if (word < 0) return this.#add(text, start, end, hash, slot);
      if (this.#hashes[word] === hash && this.#equals(word, text, start, end)) return word;
      slot = (slot + 1) & mask;
    }
  }

  /** A word by its number. */
  word(number: number): string {
    const start = this.#starts[number] as number;
    const end = this.#starts[number + 1] as number;
    let text = "";
    // Long words in pieces: arguments are limited.
    for (let at = start; at < end; at += 4096) {
      text += String.fromCharCode(...this.#units.subarray(at, Math.min(at + 4096, end)));
    }
    return text;
  }

  /** Forgets all words. */
  clear(): void {
    this.#size = 0;
    this.#slots.fill(0);
  }

  #equals(word: number, text: string, start: number, end: number): boolean {
    const at = this.#starts[word] as number;
    if ((this.#starts[word + 1] as number) - at !== end - start) return false;
    for (let i = start; i < end; i++) {
      if (this.#units[at + i - start] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  #add(text: string, start: number, end: number, hash: number, slot: number): number {
    const word = this.#size++;
    const at = this.#starts[word] as number;
    const next = at + end - start;
    while (next > this.#units.length) this.#units = grown(this.#units, Uint16Array);
    for (let i = start; i < end; i++) this.#units[at + i - start] = text.charCodeAt(i);
    this.#starts[word + 1] = next;
    this.#hashes[word] = hash;
    this.#slots[slot] = word + 1;
    // Half full: longer runs of taken slots would slow down every look-up.
    if (this.#size * 2 > this.#slots.length) this.#grow();
    return word;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    this.#hashes = grown(this.#hashes, Int32Array);
    const starts = new Float64Array(this.#hashes.length + 1);
    starts.set(this.#starts);
    this.#starts = starts;
    const mask = this.#slots.length - 1;
    for (let word = 0; word < this.#size; word++) {
      let slot = (this.#hashes[word] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = word + 1;
    }
  }
}

type Integers = Uint16Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** A copy with twice the room. */
function grown<T extends Integers>(array: T, kind: new (length: number) => T): T {
  const copy = new kind(array.length * 2);
  copy.set(array);
  return copy;
}
