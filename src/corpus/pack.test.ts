import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { LookbackError } from "../errors.ts";
import { parseTokenizer } from "../loading/tokenizer.ts";
import { ByteLevelEncoder } from "./byte-level-encoder.ts";
import { documentTokens, tokensInMemory } from "./pack.ts";

const url = new URL("../../models/standard-2l/tokenizer.json", import.meta.url);
const file: unknown = JSON.parse(await readFile(url, "utf8"));

describe("documentTokens", () => {
  it("ends a document with an empty line, and has no BOS", () => {
    const ids = documentTokens(new ByteLevelEncoder(file), "A cat.\n \n<|BOS|>\n");
    expect(parseTokenizer(file).decode(ids)).toBe("A cat.\n \n<|BOS|>\n\n");
    expect([...ids]).not.toContain(0);
  });
});

describe("tokensInMemory", () => {
  const packed = tokensInMemory(
    Uint16Array.from({ length: 11 }, (_, i) => 100 + i),
    7,
  );

  it("cuts contexts that begin with BOS and follow one another", () => {
    expect(packed.tokens).toBe(11);
    expect(packed.contexts(4)).toBe(3);
    expect([...packed.read([2, 0], 4)]).toEqual([7, 106, 107, 108, 7, 100, 101, 102]);
  });

  it("knows contexts of any length", () => {
    expect([2, 3, 12, 13].map((length) => packed.contexts(length))).toEqual([11, 5, 1, 0]);
    expect([...packed.read([10], 2)]).toEqual([7, 110]);
    expect([...packed.read([], 4)]).toEqual([]);
  });

  it.each([-1, 3, 0.5, Number.NaN])("refuses context %d", (index) => {
    expect(() => packed.read([index], 4)).toThrow(LookbackError);
  });

  it.each([1, 0, 2.5])("refuses a length of %d", (length) => {
    expect(() => packed.contexts(length)).toThrow(/its length cannot be/);
  });
});
