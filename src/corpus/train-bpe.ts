/**
 * @file Byte-level BPE, trained: the merges that a corpus asks for, most frequent pair first (Sennrich
 * et al. 2016). No library that also runs in a page trains one; this one gives the same merges as
 * Hugging Face's trainer, ties and all, by the same order of work.
 */

import TinyQueue from "tinyqueue";
import { LookbackError } from "../errors.ts";
import { BYTE_CHARACTERS } from "../loading/byte-alphabet.ts";
import { BYTES_BY_CHARACTER, wordEnd } from "./byte-level.ts";
import type { WordCounts } from "./count-words.ts";
import { type BpeTokenizerFile, bpeTokenizerFile } from "./tokenizer-file.ts";

export interface TrainBpeOptions {
  /** Tokens in all: BOS, the 256 bytes and the merged ones. A small corpus may give fewer. */
  readonly vocabulary: number;
  /** How BOS, which is token 0, is spelt. */
  readonly bos: string;
}

/** How many tokens there are by now. */
export interface BpeProgress {
  readonly done: number;
  readonly total: number;
}

/** Vocabulary sizes that can be asked for: BOS and the bytes, up to what two bytes can hold. */
const VOCABULARY_RANGE = [257, 65536] as const;

const MERGES_A_PIECE = 64;

/**
 * Trains byte-level BPE on counted words.
 *
 * @returns What a `tokenizer.json` holds, for `JSON.stringify` and `parseTokenizer`.
 * @throws LookbackError `bad-config` for a vocabulary outside of {@link VOCABULARY_RANGE}, or a BOS that
 *   is a single word.
 *
 * @example
 * const counter = new BpeCounter();
 * for (const text of texts) counter.add(text);
 * const tokenizer = trainBpe(counter, { vocabulary: 4096, bos: "<|BOS|>" });
 */
export function trainBpe(counts: WordCounts, options: TrainBpeOptions): BpeTokenizerFile {
  const work = bpeTraining(counts, options);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/**
 * The work of {@link trainBpe} in pieces, for whoever has to see to other things in between; each says how
 * far it is.
 *
 * @throws LookbackError as {@link trainBpe}.
 */
export function* bpeTraining(
  counts: WordCounts,
  { vocabulary, bos }: TrainBpeOptions,
): Generator<BpeProgress, BpeTokenizerFile> {
  const [least, most] = VOCABULARY_RANGE;
  if (!(Number.isInteger(vocabulary) && vocabulary >= least && vocabulary <= most)) {
    throw new LookbackError(
      "bad-config",
      `a byte-level vocabulary has ${least} to ${most} tokens (BOS, the 256 bytes and what is merged), not ${vocabulary}`,
      { vocabulary },
    );
  }
  if (wordEnd(bos, 0) === bos.length) {
    throw new LookbackError(
      "bad-config",
      `BOS cannot be spelt ${JSON.stringify(bos)}: that is one word, and text could spell it too; take ${JSON.stringify(`<|${bos}|>`)}`,
      { bos },
    );
  }
  const tokens = [bos, ...BYTES_BY_CHARACTER.map((byte) => BYTE_CHARACTERS[byte] as string)];
  const merges: [left: string, right: string][] = [];
  const corpus = spell(counts);
  const pairs = new Pairs(vocabulary);
  for (let word = 0; word < corpus.lengths.length; word++) pairs.addWord(corpus, word);
  const queue = new TinyQueue<WaitingPair>([], mostFrequentFirst);
  pairs.drainInto(queue);
  while (tokens.length < vocabulary) {
    const top = nextPair(queue, pairs);
    if (top === undefined) break;
    const left = Math.floor(top.pair / vocabulary);
    const right = top.pair % vocabulary;
    const merge: [string, string] = [tokens[left] as string, tokens[right] as string];
    merges.push(merge);
    // No other pair has made this token: within it, every merge before went the same way as here.
    const token = tokens.push(merge.join("")) - 1;
    for (const word of top.words) pairs.merge(corpus, word, left, right, token);
    pairs.drainInto(queue);
    if (token % MERGES_A_PIECE === 0) yield { done: tokens.length, total: vocabulary };
  }
  yield { done: vocabulary, total: vocabulary };
  return bpeTokenizerFile(tokens, merges);
}

/** A pair that waits to be merged. */
interface WaitingPair {
  readonly pair: number;
  /** How often it stood in the corpus when it was put into the queue. */
  readonly count: number;
  /** The words that it came up in. */
  readonly words: readonly number[];
}

/** Of equally many, the smallest pair: by left token, and then by right. */
const mostFrequentFirst = (a: WaitingPair, b: WaitingPair) => b.count - a.count || a.pair - b.pair;

/** The most frequent pair. Merges made since may have taken from its count, which is then put right. */
function nextPair(queue: TinyQueue<WaitingPair>, pairs: Pairs) {
  for (;;) {
    const top = queue.pop();
    if (top === undefined) return undefined;
    const count = pairs.count(top.pair);
    if (top.count === count) return count > 0 ? top : undefined;
    queue.push({ ...top, count });
  }
}

/** Distinct words as tokens, one behind the other; a merged word gets shorter in its place. */
interface SpeltWords {
  readonly ids: Uint16Array;
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
  readonly counts: Float64Array;
}

function spell(counts: WordCounts): SpeltWords {
  const idOfByte = new Uint16Array(256);
  for (const [index, byte] of BYTES_BY_CHARACTER.entries()) idOfByte[byte] = index + 1;
  const encoder = new TextEncoder();
  const words = Array.from({ length: counts.size }, (_, word) => encoder.encode(counts.word(word)));
  const spelt = {
    ids: new Uint16Array(words.reduce((sum, bytes) => sum + bytes.length, 0)),
    starts: new Uint32Array(words.length),
    lengths: Uint32Array.from(words, (bytes) => bytes.length),
    counts: Float64Array.from(words, (_, word) => counts.count(word)),
  };
  let at = 0;
  for (const [word, bytes] of words.entries()) {
    spelt.starts[word] = at;
    for (const byte of bytes) spelt.ids[at++] = idOfByte[byte] as number;
  }
  return spelt;
}

/**
 * Pairs of neighbouring tokens: how often each stands in the corpus, and in which words it has newly
 * come up. A pair is one number: left times the vocabulary, plus right.
 */
class Pairs {
  readonly #vocabulary: number;
  readonly #counts = new Map<number, number>();
  /** Words by the pair that has come up in them since the queue was last told. */
  readonly #fresh = new Map<number, number[]>();

  constructor(vocabulary: number) {
    this.#vocabulary = vocabulary;
  }

  count(pair: number): number {
    return this.#counts.get(pair) ?? 0;
  }

  addWord({ ids, starts, lengths, counts }: SpeltWords, word: number): void {
    const start = starts[word] as number;
    const end = start + (lengths[word] as number);
    for (let i = start; i + 1 < end; i++) {
      this.#appear(ids[i] as number, ids[i + 1] as number, counts[word] as number, word);
    }
  }

  /** Hands the queue the pairs that have come up, with the words that they came up in. */
  drainInto(queue: TinyQueue<WaitingPair>): void {
    for (const [pair, words] of this.#fresh) {
      const count = this.count(pair);
      if (count > 0) queue.push({ pair, count, words });
    }
    this.#fresh.clear();
  }

  /**
   * Puts `token` for each `left` that `right` follows in a word. The pair's own count is left as it is,
   * since a pair that was merged never comes up again.
   */
  merge(words: SpeltWords, word: number, left: number, right: number, token: number): void {
    const { ids, starts, lengths, counts } = words;
    const start = starts[word] as number;
    const end = start + (lengths[word] as number);
    const count = counts[word] as number;
    let to = start;
    for (let from = start; from < end; to++) {
      const merges = ids[from] === left && from + 1 < end && ids[from + 1] === right;
      if (!merges) {
        ids[to] = ids[from] as number;
        from += 1;
        continue;
      }
      from += 2;
      if (to > start) {
        const before = ids[to - 1] as number;
        this.#vanish(before, left, count);
        this.#appear(before, token, count, word);
      }
      if (from < end) {
        const after = ids[from] as number;
        this.#vanish(right, after, count);
        this.#appear(token, after, count, word);
      }
      ids[to] = token;
    }
    lengths[word] = to - start;
  }

  #appear(left: number, right: number, count: number, word: number): void {
    const pair = left * this.#vocabulary + right;
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + count);
    const words = this.#fresh.get(pair);
    if (words === undefined) this.#fresh.set(pair, [word]);
    // Words come one after the other, so a word that is listed is the last.
    else if (words[words.length - 1] !== word) words.push(word);
  }

  #vanish(left: number, right: number, count: number): void {
    const pair = left * this.#vocabulary + right;
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) - count);
  }
}
