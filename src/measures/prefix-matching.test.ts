import { expect, test } from "vitest";
import { tokenBatch } from "../model/tokens.ts";
import { headScores } from "./head-scores.ts";
import { prefixMatching } from "./prefix-matching.ts";

const BOS = 0;
const tokens = tokenBatch([[BOS, 5, 6, 7, 5, 6, 7, 5, 6, 7]]);
const LENGTH = 10;
const SECOND_COPY = 4;

function patternOf(attention: (query: number, key: number) => number) {
  const data = new Float32Array(LENGTH * LENGTH);
  for (let query = 0; query < LENGTH; query++) {
    for (let key = 0; key <= query; key++) data[query * LENGTH + key] = attention(query, key);
  }
  return { shape: [1, 1, LENGTH, LENGTH], data };
}

const score = (attention: (query: number, key: number) => number) =>
  prefixMatching(patternOf(attention), tokens, SECOND_COPY)[0]?.[0];

test("a head that looks at what followed the last occurrence scores 1", () => {
  expect(score((query, key) => Number(query - key === 2))).toBe(1);
});

test("attention on what followed every earlier occurrence counts together", () => {
  // From the third copy on there are two of them.
  expect(
    score((query, key) => {
      if (query < 7) return Number(query - key === 2);
      return query - key === 2 || query - key === 5 ? 0.5 : 0;
    }),
  ).toBe(1);
});

test("a head that looks at the occurrence itself, or rests on BOS, scores 0", () => {
  expect(score((query, key) => Number(query - key === 3))).toBe(0);
  expect(score((_, key) => Number(key === 0))).toBe(0);
});

test("uniform attention scores its share of the keys", () => {
  const found = [4, 5, 6].map((query) => 1 / (query + 1));
  const foundTwice = [7, 8, 9].map((query) => 2 / (query + 1));
  const mean = [...found, ...foundTwice].reduce((sum, share) => sum + share, 0) / 6;
  expect(score((query) => 1 / (query + 1))).toBeCloseTo(mean, 6);
});

test("BOS is no occurrence, though what follows it is what induction would look at", () => {
  const withBos = tokenBatch([[5, 6, 7, 5, 8, 9, 5, 6, 7, 6]]);
  const afterFirst = patternOf((_, key) => Number(key === 1));
  expect(prefixMatching(afterFirst, withBos, 3)[0]?.[0]).toBe(0);
  expect(headScores(afterFirst, withBos, "induction")[0]?.[0]).toBeGreaterThan(0);
});

test("says what does not fit", () => {
  expect(() =>
    prefixMatching(
      patternOf(() => 0),
      tokens,
      10,
    ),
  ).toThrow("starts at position 10");
  expect(() =>
    prefixMatching(
      patternOf(() => 0),
      tokenBatch([[1, 2]]),
      1,
    ),
  ).toThrow("must be [1, head, 2, 2]");
});
