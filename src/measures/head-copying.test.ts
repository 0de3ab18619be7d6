import { describe, expect, test } from "vitest";
import type { NdArray } from "../engine/ndarray.ts";
import { tokenBatch } from "../model/tokens.ts";
import { type CopyingInputs, HeadCopying } from "./head-copying.ts";

const VOCABULARY = 8;
const tokens = tokenBatch([
  [0, 3, 4, 5],
  [0, 6, 7, 6], // with a token that comes twice
]);
const SHAPE = [2, 4, 1, VOCABULARY];

/** `[batch, pos, 1, vocabulary]` with one number for each token of the vocabulary. */
function perToken(value: (id: number, other: number) => number): NdArray {
  const rows = [...tokens.ids].map((id) =>
    Array.from({ length: VOCABULARY }, (_, other) => value(id, other)),
  );
  return { shape: SHAPE, data: Float32Array.from(rows.flat()) };
}

const oneHot = (id: number, other: number) => Number(id === other);

/** Directions of an identity unembedding, less its mean over the vocabulary. */
const directions = perToken((id, other) => oneHot(id, other) - 1 / VOCABULARY);

const uniform: NdArray = {
  shape: [2, 1, 4, 4],
  data: Float32Array.from({ length: 32 }, (_, i) => {
    const query = Math.floor((i % 16) / 4);
    return i % 4 <= query ? 1 / (query + 1) : 0;
  }),
};

function scores(values: NdArray, inputs: Partial<CopyingInputs> = {}) {
  const copying = new HeadCopying(1);
  copying.add({ pattern: uniform, values, directions, tokens, ...inputs });
  return copying.of(0);
}

describe("a head with hand-made values", () => {
  test("that copies exactly has 1, whatever its attention", () => {
    const { copying, raisedShare, loweredShare } = scores(perToken(oneHot));
    expect(copying?.mean).toBe(1);
    expect(copying?.n).toBe(2);
    expect(raisedShare?.mean).toBe(1);
    expect(loweredShare?.mean).toBe(0);
  });

  test("that copies with the sign turned has -1", () => {
    const { copying, raisedShare, loweredShare } = scores(perToken((a, b) => -oneHot(a, b)));
    expect(copying?.mean).toBe(-1);
    expect(raisedShare?.mean).toBe(0);
    expect(loweredShare?.mean).toBe(1);
  });

  test("that raises all tokens of the prompt alike has copying 1 and the share of one of them", () => {
    const inPrompt = (id: number) => id >= 3;
    const { copying, raisedShare } = scores(perToken((_, other) => Number(inPrompt(other))));
    expect(copying?.mean).toBe(1);
    // One token of three, one of two: as much as 1 + 1 of 3 + 2.
    expect(raisedShare?.mean).toBeCloseTo(2 / 5, 6);
  });

  test("that writes the same for every token is told from nothing by the mean", () => {
    const { copying, raisedShare } = scores(perToken(() => 1)); // raises all of the vocabulary
    expect(copying).toBeNull();
    expect(raisedShare).toBeNull();
  });

  test("that copies some and anti-copies others is weighted by attention", () => {
    const { copying } = scores(perToken((a, b) => (a === 3 ? -1 : 1) * oneHot(a, b)));
    const received = 13 / 12 + 7 / 12 + 3 / 12;
    const turned = 13 / 12; // position 1 of the first prompt
    expect(copying?.mean).toBeCloseTo((2 * received - 2 * turned) / (2 * received), 6);
  });
});

test("prompts in parts give the same as at once", () => {
  const values = perToken((id, other) => Math.sin(id * 3 + other * 7));
  const whole = scores(values);
  const parts = new HeadCopying(1);
  for (const row of [0, 1]) {
    const part = ({ shape, data }: NdArray): NdArray => ({
      shape: [1, ...shape.slice(1)],
      data: data.slice((row * data.length) / 2, ((row + 1) * data.length) / 2),
    });
    parts.add({
      pattern: part(uniform),
      values: part(values),
      directions: part(directions),
      tokens: { batch: 1, length: 4, ids: tokens.ids.slice(row * 4, row * 4 + 4) },
    });
  }
  expect(parts.of(0)).toEqual(whole);
});

test("says what does not fit", () => {
  expect(() => scores({ shape: [2, 3, 1, 8], data: new Float32Array(48) })).toThrow(
    "values must be [2, 4, 1, 8]",
  );
});
