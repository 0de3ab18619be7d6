/**
 * @file Text to token ids for a whole corpus: each distinct word is merged once, and looked up from
 * then on. Gives the ids that the tokenizer gives prompts, except that a special token which a text
 * spells out is text here: nothing in a corpus can put a BOS into the stream.
 */

import { LookbackError } from "../errors.ts";
import { BYTE_CHARACTERS } from "../loading/byte-alphabet.ts";
import { wordEnd } from "./byte-level.ts";
import { MergeTable } from "./merge-table.ts";
import { WordTable } from "./word-table.ts";

/** Words kept before all are forgotten: a corpus of any size is encoded in bounded memory. */
const KEPT_WORDS = 1 << 21;
/** Words longer than this (in UTF-16 units) hardly come twice. */
const LONGEST_KEPT = 64;

/** Text to token ids, which fit two bytes. */
export class ByteLevelEncoder {
  /** Number of tokens. */
  readonly vocabulary: number;
  readonly #merges: MergeTable;
  readonly #idOfByte: Uint16Array;
  readonly #words = new WordTable();
  /** Where the ids of each known word begin in `#kept`; one more entry than there are words. */
  #starts = new Float64Array((1 << 16) + 1);
  #kept = new Uint16Array(1 << 18);
  #out = new Uint16Array(1 << 16);
  #length = 0;
  readonly #utf8 = new TextEncoder();

  /**
   * @param json A parsed `tokenizer.json`.
   * @throws LookbackError `unsupported` when it is no byte-level BPE as GPT-2's, or has more than
   *   65536 tokens.
   */
  constructor(json: unknown) {
    const { vocab, merges, vocabulary } = checkByteLevel(json);
    this.vocabulary = vocabulary;
    this.#idOfByte = Uint16Array.from(BYTE_CHARACTERS, (character, byte) => {
      const id = vocab.get(character);
      if (id === undefined) throw unsupported(`its vocabulary has no token for byte ${byte}`);
      return id;
    });
    this.#merges = new MergeTable(merges, vocab);
  }

  /** Token ids of a text. */
  encode(text: string): Uint16Array<ArrayBuffer> {
    this.#length = 0;
    for (let start = 0; start < text.length; ) {
      const end = wordEnd(text, start);
      if (end - start > LONGEST_KEPT) this.#appendAll(this.#merge(text.slice(start, end)));
      else this.#appendKnown(text, start, end);
      start = end;
    }
    return this.#out.slice(0, this.#length);
  }

  #appendKnown(text: string, start: number, end: number): void {
    const known = this.#words.size;
    const word = this.#words.number(text, start, end);
    if (word === known) this.#keep(word, this.#merge(text.slice(start, end)));
    const from = this.#starts[word] as number;
    const to = this.#starts[word + 1] as number;
    while (this.#length + to - from > this.#out.length) this.#out = doubled(this.#out);
    for (let i = from; i < to; i++) this.#out[this.#length++] = this.#kept[i] as number;
    if (known >= KEPT_WORDS) this.#words.clear();
  }

  #keep(word: number, ids: Uint16Array): void {
    const from = this.#starts[word] as number;
    if (word + 2 > this.#starts.length) {
      const starts = new Float64Array(this.#starts.length * 2);
      starts.set(this.#starts);
      this.#starts = starts;
    }
    while (from + ids.length > this.#kept.length) this.#kept = doubled(this.#kept);
    this.#kept.set(ids, from);
    this.#starts[word + 1] = from + ids.length;
  }

  #appendAll(ids: Uint16Array): void {
    while (this.#length + ids.length > this.#out.length) this.#out = doubled(this.#out);
    this.#out.set(ids, this.#length);
    this.#length += ids.length;
  }

  #merge(word: string): Uint16Array {
    const bytes = this.#utf8.encode(word);
    const ids = new Uint16Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) ids[i] = this.#idOfByte[bytes[i] as number] as number;
    return this.#merges.apply(ids);
  }
}

function doubled(array: Uint16Array): Uint16Array<ArrayBuffer> {
  const copy = new Uint16Array(array.length * 2);
  copy.set(array);
  return copy;
}

function unsupported(reason: string): LookbackError {
  return new LookbackError(
    "unsupported",
    `a corpus is packed with byte-level BPE as GPT-2's; this tokenizer.json is none: ${reason}`,
  );
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** The vocabulary and the merges, after checking that nothing else takes part in encoding. */
function checkByteLevel(json: unknown) {
  const file = fieldsOf(json);
  const model = fieldsOf(file.model);
  if (model.type !== "BPE")
    throw unsupported(`its model is ${JSON.stringify(model.type)}, not BPE`);
  const splitter = fieldsOf(file.pre_tokenizer);
  if (splitter.type !== "ByteLevel" || splitter.use_regex === false || splitter.add_prefix_space) {
    throw unsupported(
      "its pre_tokenizer must be ByteLevel with use_regex and without add_prefix_space",
    );
  }
  if (file.normalizer) throw unsupported("it has a normalizer");
  for (const field of ["continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"]) {
    if (model[field]) throw unsupported(`its model has ${field}`);
  }
  const vocab = new Map(Object.entries(fieldsOf(model.vocab) as Record<string, number>));
  const added = Array.isArray(file.added_tokens) ? file.added_tokens : [];
  let vocabulary = 0;
  for (const id of [...vocab.values(), ...added.map((token) => fieldsOf(token).id)]) {
    if (!(Number.isInteger(id) && (id as number) >= 0)) {
      throw unsupported(`${JSON.stringify(id)} is no token id`);
    }
    vocabulary = Math.max(vocabulary, (id as number) + 1);
  }
  if (vocabulary > 0x10000) {
    throw unsupported(`it has ${vocabulary} tokens, and two bytes hold 65536`);
  }
  const merges = (Array.isArray(model.merges) ? model.merges : []).map(
    (merge: unknown): readonly [string, string] => {
      // Older files write "a b".
      const [left, right] = typeof merge === "string" ? merge.split(" ") : (merge as string[]);
      return [left as string, right as string];
    },
  );
  return { vocab, merges, vocabulary };
}
