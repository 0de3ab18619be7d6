import { expect, test } from "vitest";
import { sparkline } from "./sparkline.ts";

const points = (...values: [tokens: number, value: number][]) =>
  values.map(([tokens, value]) => ({ tokens, value }));

test("columns are evenly spaced on a logarithmic axis, the last look in the last one", () => {
  expect(sparkline(points([1, 0], [10, 0.5], [100, 1]), 5)).toBe("▁▁▅▅█");
  expect(sparkline(points([1, 0], [90, 0.5], [100, 1]), 5)).toBe("▁▁▁▁█");
});

test("the start stands in the first column", () => {
  expect(sparkline(points([0, 1], [1, 0], [100, 0]), 4)).toBe("█▁▁▁");
});

test("a range says what the bars mean, and numbers out of it are cut", () => {
  expect(sparkline(points([1, 0.5], [2, 2]), 2, [0, 1])).toBe("▅█");
  expect(sparkline(points([1, 3], [2, 3]), 2)).toBe("▁▁");
  expect(sparkline([], 5)).toBe("");
});
