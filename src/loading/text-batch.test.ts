import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { tokenRow } from "../model/tokens.ts";
import { type TextBatchOptions, textBatch } from "./text-batch.ts";
import { parseTokenizer } from "./tokenizer.ts";

const tokenizer = parseTokenizer(
  JSON.parse(
    await readFile(new URL("../../models/standard-2l/tokenizer.json", import.meta.url), "utf8"),
  ),
);

describe("textBatch", () => {
  it("puts BOS in front of every text", () => {
    const texts = ["the cat sat", "the cat the"];
    const tokens = textBatch(texts, { tokenizer, bos: 0 });
    for (const [row, text] of texts.entries()) {
      expect(tokenRow(tokens, row)).toEqual([0, ...tokenizer.encode(text)]);
    }
    expect(tokens.lengths).toEqual([tokens.length, tokens.length]);
    const without = textBatch(texts, { tokenizer, bos: null });
    expect(tokenRow(without, 0)).toEqual(tokenizer.encode("the cat sat"));
  });

  it("fills up shorter texts at their ends, where that is asked for", () => {
    const tokens = textBatch(["the cat sat", "the"], { tokenizer, bos: 0, pad: 1 });
    const [first, second] = [tokens.lengths[0] ?? 0, 2];
    expect(tokens.lengths).toEqual([first, second]);
    expect(tokenRow(tokens, 1)).toEqual([
      0,
      835,
      ...Array.from({ length: first - second }, () => 1),
    ]);
  });

  it.each<[string, unknown, Partial<Record<keyof TextBatchOptions, unknown>>, string]>([
    ["bad-shape", ["the cat sat", "the"], {}, "2 to 5 tokens with BOS"],
    ["bad-shape", "the cat", {}, "texts: need a list of texts"],
    ["bad-shape", [""], { bos: null }, "an empty text without BOS has no tokens"],
    ["bad-shape", [], {}, "need at least one row"],
    ["bad-spec", ["the"], { bos: undefined }, "bos: which token opens a prompt?"],
    ["unsupported", ["the"], { tokenizer: null }, "this model came without tokenizer.json"],
    ["token-out-of-range", ["the"], { bos: -1 }, "which is no token id"],
  ])("refuses with %s: %j and %j", (code, texts, options, message) => {
    const request = { tokenizer, bos: 0, ...options } as TextBatchOptions;
    expect(() => textBatch(texts as string[], request)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
