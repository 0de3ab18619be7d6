import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutTail, type PlacedDocument, placeOf, planSplit } from "./split.ts";

const document = (place: number, size = 1000): PlacedDocument => ({ place, size });
const evenly = (count: number) =>
  Array.from({ length: count }, (_, i) => document((i + 0.5) / count));

describe("placeOf", () => {
  it("reads a digest as a fraction", () => {
    expect(placeOf(new Uint8Array(32))).toBe(0);
    expect(placeOf(Uint8Array.of(0x80, ...new Uint8Array(31)))).toBe(0.5);
    expect(placeOf(Uint8Array.of(0x40, 0x80, ...new Uint8Array(30)))).toBe(0.25 + 0.5 / 256);
    expect(placeOf(new Uint8Array(32).fill(255))).toBeLessThan(1);
  });
});

describe("planSplit", () => {
  it("holds out the documents below the share", () => {
    expect(planSplit(evenly(1000), 0.01, 0)).toEqual({ kind: "documents", upTo: 0.0095 });
  });

  it("holds out more where these are too little text", () => {
    expect(planSplit(evenly(1000), 0.01, 11_500)).toEqual({ kind: "documents", upTo: 0.0115 });
    expect(planSplit(evenly(50), 0.01, 1)).toEqual({ kind: "documents", upTo: 0.01 });
  });

  it("does not hang on the order of the documents", () => {
    const documents = evenly(100);
    expect(planSplit([...documents].reverse(), 0.05, 100)).toEqual(planSplit(documents, 0.05, 100));
  });

  it("cuts the largest document where whole ones would be too much", () => {
    expect(planSplit([document(0.3, 5000)], 0.01, 100)).toEqual({
      kind: "tail",
      document: 0,
      fraction: 0.02,
    });
    expect(planSplit([document(0.9, 10), document(0.3, 99_990)], 0.01, 100)).toEqual({
      kind: "tail",
      document: 1,
      fraction: 1000 / 99_990,
    });
    expect(planSplit([document(0.3, 150)], 0.01, 100)).toMatchObject({ fraction: 0.5 });
  });
});

describe("cutTail", () => {
  it("cuts at a paragraph, or a line, or a word", () => {
    const paragraph = "word ".repeat(9).trim();
    const text = Array(10).fill(paragraph).join("\n\n");
    const [head, tail] = cutTail(text, 0.3);
    expect(`${head}\n\n${tail}`).toBe(text);
    expect(tail.split("\n\n")).toHaveLength(3);
    expect(cutTail(text.replaceAll("\n\n", "\n"), 0.3)[1].split("\n")).toHaveLength(3);
    expect(cutTail("one two three four five six", 0.4)).toEqual(["one two three", "four five six"]);
  });

  it("loses nothing, and cuts through no character", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "🙂", "é"), minLength: 4 });
    fc.assert(
      fc.property(text, fc.double({ min: 0.01, max: 0.5, noNaN: true }), (sample, fraction) => {
        const [head, tail] = cutTail(sample, fraction);
        expect(head + tail).toBe(sample);
        expect(head.isWellFormed() && tail.isWellFormed()).toBe(true);
      }),
    );
  });
});
