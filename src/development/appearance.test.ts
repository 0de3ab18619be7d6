import { expect, test } from "vitest";
import { appearance } from "./appearance.ts";

const numbers = (...values: [tokens: number, value: number, holds?: boolean][]) =>
  values.map(([tokens, value, holds]) => ({
    tokens,
    value,
    ...(holds !== undefined && { holds }),
  }));

test("something appears where it crosses its threshold for good, on a logarithmic axis", () => {
  const found = appearance(numbers([1e6, 0.1], [4e6, 0.5], [16e6, 0.9]), 0.3);
  expect(found).toMatchObject({ after: 1e6, by: 4e6 });
  expect(found?.tokens).toBeCloseTo(2e6, 0);
});

test("a crossing that does not last is none", () => {
  const wave = numbers([1, 0.5], [2, 0.1], [4, 0.5], [8, 0.6]);
  expect(appearance(wave, 0.3)).toMatchObject({ after: 2, by: 4 });
  expect(appearance(numbers([1, 0.5], [2, 0.1]), 0.3)).toBeNull();
  expect(appearance([], 0.3)).toBeNull();
});

test("what is there from the first look on has no look before it", () => {
  expect(appearance(numbers([5, 0.5], [6, 0.5]), 0.3)).toEqual({ tokens: 5, after: null, by: 5 });
});

test("between the start and the first look, tokens are interpolated as they are", () => {
  expect(appearance(numbers([0, 0], [100, 0.6]), 0.3)?.tokens).toBe(50);
});

test("a condition without a number is met at the look that meets it", () => {
  const found = appearance(numbers([1, 0.5, false], [4, 0.6, true]), 0.3);
  expect(found).toEqual({ tokens: 4, after: 1, by: 4 });
  expect(appearance(numbers([1, 0.5, true], [4, 0.6, false]), 0.3)).toBeNull();
});
