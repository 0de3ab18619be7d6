import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BYTE_CHARACTERS } from "../loading/byte-alphabet.ts";
import { BYTES_BY_CHARACTER, WORD, wordEnd } from "./byte-level.ts";

function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = wordEnd(text, start);
    words.push(text.slice(start, end));
    start = end;
  }
  return words;
}

describe("the alphabet", () => {
  it("has a character of its own for each byte", () => {
    expect(new Set(BYTE_CHARACTERS).size).toBe(256);
    expect(BYTE_CHARACTERS[0x20]).toBe("Ġ");
    expect(BYTE_CHARACTERS[0x0a]).toBe("Ċ");
    expect(BYTE_CHARACTERS[0x41]).toBe("A");
    expect(BYTE_CHARACTERS[0xad]).toBe("\u0143");
  });

  it("orders bytes by their characters", () => {
    expect([...BYTES_BY_CHARACTER].sort((a, b) => a - b)).toEqual([...Array(256).keys()]);
    expect(BYTES_BY_CHARACTER.slice(0, 3)).toEqual([0x21, 0x22, 0x23]);
    expect(BYTES_BY_CHARACTER[188]).toBe(0);
    expect(BYTES_BY_CHARACTER[255]).toBe(0xad);
  });
});

describe("wordEnd", () => {
  it.each([
    ["don't they'll 'tis", ["don", "'t", " they", "'ll", " '", "tis"]],
    ["  two  spaces ", [" ", " two", " ", " spaces", " "]],
    ["a\n\n\tb\n", ["a", "\n\n", "\t", "b", "\n"]],
    ["x = f(12.5);", ["x", " =", " f", "(", "12", ".", "5", ");"]],
    ["e\u0301 🙂𝒜𝟙\ufeff!", ["e", "\u0301", " 🙂", "𝒜", "𝟙", "\ufeff", "!"]],
    ["\ud83dx\udc4d", ["\ud83d", "x", "\udc4d"]],
  ])("cuts %j", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it("cuts any text where the regular expression does", () => {
    const nasty = fc.constantFrom(
      ..." \t\n\r\u0085\u00a0\u2003\ufeff'strevmldSaB7٣Ⅻ.-_=é日🙂𝒜𝟙\u0301",
      "\ud83d",
      "\udc4d",
    );
    const text = fc.oneof(
      fc.string({ unit: nasty, maxLength: 60 }),
      fc.string({ unit: "binary", maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, (sample) => {
        expect(wordsOf(sample)).toEqual(sample.match(WORD) ?? []);
      }),
      { numRuns: 3000 },
    );
  });
});
