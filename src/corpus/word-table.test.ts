import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WordTable } from "./word-table.ts";

const numberOf = (table: WordTable, word: string) => table.number(`<${word}>`, 1, 1 + word.length);

describe("WordTable", () => {
  it("numbers words as they come, and knows them again", () => {
    const table = new WordTable();
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 6 })), (words) => {
        for (const word of words) {
          const before = table.size;
          const number = numberOf(table, word);
          expect(table.word(number)).toBe(word);
          expect(number).toBeLessThanOrEqual(before);
          expect(table.size).toBe(number === before ? before + 1 : before);
          expect(numberOf(table, word)).toBe(number);
        }
      }),
    );
  });

  it("grows, and takes words of any length", () => {
    const table = new WordTable();
    const word = (i: number) => (i % 1000 === 0 ? "long".repeat(20_000) + i : `w${i}`);
    for (let i = 0; i < 200_000; i++) {
      if (numberOf(table, word(i)) !== i) throw new Error(`word ${i} is not new`);
    }
    for (let i = 0; i < 200_000; i += 333) {
      expect(numberOf(table, word(i))).toBe(i);
      expect(table.word(i) === word(i)).toBe(true);
    }
    expect(table.size).toBe(200_000);
  });

  it("begins anew", () => {
    const table = new WordTable();
    numberOf(table, "one");
    numberOf(table, "two");
    table.clear();
    expect(table.size).toBe(0);
    expect(numberOf(table, "two")).toBe(0);
    expect(table.word(0)).toBe("two");
  });
});
