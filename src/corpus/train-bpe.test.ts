import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { LookbackError } from "../errors.ts";
import { parseTokenizer } from "../loading/tokenizer.ts";
import { BpeCounter } from "./count-words.ts";
import type { BpeTokenizerFile } from "./tokenizer-file.ts";
import { type BpeProgress, bpeTraining, trainBpe } from "./train-bpe.ts";

const fixture = (name: string) =>
  readFile(new URL(`../../test/fixtures/bpe/${name}`, import.meta.url), "utf8");

const BOS = "<|BOS|>";

function trainedOn(texts: readonly string[], vocabulary: number, bos = BOS) {
  const counter = new BpeCounter();
  for (const text of texts) counter.add(text);
  return trainBpe(counter, { vocabulary, bos });
}

describe("BpeCounter", () => {
  it("counts words over all texts", () => {
    const counter = new BpeCounter();
    counter.add("the cat, the dog");
    counter.add("the cat");
    const counts = Array.from({ length: counter.size }, (_, i) => [
      counter.word(i),
      counter.count(i),
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      the: 2,
      " cat": 2,
      ",": 1,
      " the": 1,
      " dog": 1,
    });
  });

  it("counts more words than it first has room for", () => {
    const counter = new BpeCounter();
    const letters = (i: number) =>
      i.toString(36).replace(/\d/g, (digit) => "ABCDEFGHIJ"[Number(digit)] ?? "");
    const text = Array.from({ length: 100_000 }, (_, i) => ` ${letters(i)}`).join("");
    counter.add(text);
    counter.add(text);
    expect(counter.size).toBe(100_000);
    expect(counter.count(0)).toBe(2);
    expect(counter.count(99_999)).toBe(2);
  });
});

describe("trainBpe", () => {
  it("gives what Hugging Face's trainer gives", async () => {
    const expected: BpeTokenizerFile = JSON.parse(await fixture("tokenizer.json"));
    const trained = trainedOn([await fixture("text.txt")], 1200);
    expect(trained.model.merges).toEqual(expected.model.merges);
    expect(trained).toEqual(expected);
  });

  it("gives the same for texts in any order and pieces between words", () => {
    const texts = ["the cat sat on the mat", "the dog sat", "on the cat, the dog"];
    expect(trainedOn([...texts].reverse(), 280)).toEqual(trainedOn(texts, 280));
  });

  it("gives a file that tokenizes", () => {
    const tokenizer = parseTokenizer(trainedOn(["low lower lowest slow slowly"], 270));
    const text = "lowest, naïve 日本\n";
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.encode(BOS)).toEqual([0]);
    expect(tokenizer.encode(" low")).toHaveLength(1);
  });

  it("merges what overlaps from the left, and takes the smaller of pairs that are as frequent", () => {
    const merges = (text: string) =>
      trainedOn([text], 259).model.merges.map((pair) => pair.join(" + "));
    expect(merges("aaaa")).toEqual(["a + a", "aa + aa"]);
    expect(merges("aaaaa")).toEqual(["a + a", "aa + a"]);
    expect(merges("dc ba")).toEqual(["b + a", "d + c"]);
  });

  it("stops when there is nothing left to merge", () => {
    expect(trainedOn(["ab"], 4096).model.merges).toEqual([["a", "b"]]);
    expect(trainedOn([], 4096).model.merges).toEqual([]);
  });

  it("in pieces tells how far it is, and comes to the same", () => {
    const counter = new BpeCounter();
    for (let i = 0; i < 500; i++) counter.add(`${i * i} follows ${i}, `);
    const options = { vocabulary: 600, bos: BOS };
    const work = bpeTraining(counter, options);
    const told: BpeProgress[] = [];
    let piece = work.next();
    for (; !piece.done; piece = work.next()) told.push(piece.value);
    expect(told.length).toBeGreaterThan(4);
    expect(told.at(-1)).toEqual({ done: 600, total: 600 });
    expect(piece.value).toEqual(trainBpe(counter, options));
  });

  it.each([256, 65537, 300.5, Number.NaN])("refuses a vocabulary of %d", (vocabulary) => {
    expect(() => trainedOn(["text"], vocabulary)).toThrow(LookbackError);
  });

  it("refuses a BOS that text could spell", () => {
    expect(() => trainedOn(["text"], 300, "BOS")).toThrow(/one word/);
  });
});
