import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LookbackError } from "../errors.ts";
import { parseTokenizer } from "../loading/tokenizer.ts";
import { ByteLevelEncoder } from "./byte-level-encoder.ts";
import { BpeCounter } from "./count-words.ts";
import type { BpeTokenizerFile } from "./tokenizer-file.ts";
import { trainBpe } from "./train-bpe.ts";

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

const file: BpeTokenizerFile = JSON.parse(await read("models/standard-2l/tokenizer.json"));
const tokenizer = parseTokenizer(file);
const encoder = new ByteLevelEncoder(file);

describe("ByteLevelEncoder", () => {
  it("gives the ids of the tokenizer for real text", async () => {
    for (const path of ["test/fixtures/bpe/text.txt", "src/corpus/split.ts", "README.md"]) {
      const text = await read(path);
      expect([...encoder.encode(text)]).toEqual(tokenizer.encode(text));
    }
  });

  it("gives the ids of the tokenizer for any text", () => {
    const nasty = fc.constantFrom(
      ..." \t\n\r\u00a0\ufeff\0'strevmldSaB7٣.-=é日🙂𝒜\u0301",
      ...(" the function return import self 2008 ---- ==== aaaa \n\n    ".match(/\s*\S+|\s+/g) ??
        []),
      "\ud83d",
    );
    const text = fc.oneof(
      fc.string({ unit: nasty, maxLength: 80 }),
      fc.string({ unit: "binary", maxLength: 40 }),
    );
    fc.assert(
      fc.property(text, (sample) => {
        expect([...encoder.encode(sample)]).toEqual(tokenizer.encode(sample));
      }),
      { numRuns: 2000 },
    );
  });

  it("gives the ids of the tokenizer with any vocabulary", () => {
    const word = fc.string({
      unit: fc.constantFrom("a", "b", "ab", "é"),
      minLength: 1,
      maxLength: 16,
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), word, (words, sample) => {
        const counter = new BpeCounter();
        counter.add(words.join(" "));
        const trained = trainBpe(counter, { vocabulary: 290, bos: "<|BOS|>" });
        const ids = [...new ByteLevelEncoder(trained).encode(sample)];
        expect(ids).toEqual(parseTokenizer(trained).encode(sample));
      }),
    );
  });

  it("takes a special token that is spelt out for text", () => {
    const text = "a <|BOS|> b";
    expect(tokenizer.encode(text)).toContain(0);
    const ids = encoder.encode(text);
    expect([...ids]).not.toContain(0);
    expect(tokenizer.decode(ids)).toBe(text);
  });

  it("encodes a word of any length", () => {
    const text = `${"-".repeat(300_000)} ${"ab".repeat(100_000)}`;
    expect(tokenizer.decode(encoder.encode(text)) === text).toBe(true);
  });

  it("reads the form that older files have their merges in", () => {
    const { model } = file;
    const older = {
      ...file,
      model: { ...model, merges: model.merges.map((pair) => pair.join(" ")) },
    };
    const text = "the cat sat on the mat";
    expect(new ByteLevelEncoder(older).encode(text)).toEqual(encoder.encode(text));
  });

  it.each([
    ["another model", { model: { type: "WordPiece", vocab: {} } }],
    ["no model", { model: null }],
    ["a normalizer", { normalizer: { type: "NFC" } }],
    ["another splitting", { pre_tokenizer: { type: "Whitespace" } }],
    ["a space in front", { pre_tokenizer: { type: "ByteLevel", add_prefix_space: true } }],
    ["a byte left out", { model: { ...file.model, vocab: { a: 1 } } }],
    ["an id that is none", { model: { ...file.model, vocab: { ...file.model.vocab, zzz: -1 } } }],
    ["too many tokens", { added_tokens: [{ id: 65536, content: "<|x|>" }] }],
    ["merges with a suffix", { model: { ...file.model, end_of_word_suffix: "</w>" } }],
  ])("refuses a tokenizer with %s", (_, change) => {
    const refused = () => new ByteLevelEncoder({ ...file, ...change });
    expect(refused).toThrow(LookbackError);
    expect(refused).toThrow(/byte-level BPE/);
  });
});
