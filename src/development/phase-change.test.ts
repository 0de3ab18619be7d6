import { expect, test } from "vitest";
import { sampleEstimate } from "../../test/sample-development.ts";
import { phaseChange } from "./phase-change.ts";

const curve = (se: number, ...points: [tokens: number, loss: number][]) =>
  points.map(([tokens, loss]) => ({ tokens, estimate: sampleEstimate(loss, se, 100) }));

test("the phase change is the steepest fall for each doubling of tokens", () => {
  const found = phaseChange(
    curve(0.01, [0, 9], [1e6, 8], [2e6, 7.5], [4e6, 4], [8e6, 3], [64e6, 0]),
  );
  expect(found).toMatchObject({ from: 2e6, to: 4e6, perDoubling: -3.5 });
  expect(found?.tokens).toBeCloseTo(Math.sqrt(8) * 1e6, 0);
  expect(found?.fall.mean).toBe(-3.5);
});

test("looks that stand too close are passed over", () => {
  const found = phaseChange(curve(0.01, [100, 8], [101, 7.9], [150, 7.5], [300, 7]));
  // From 100 to 101 it falls by 7 for each doubling: noise, most likely.
  expect(found).toMatchObject({ from: 100, to: 150 });
  expect(found?.perDoubling).toBeCloseTo(-0.5 / Math.log2(1.5), 6);
});

test("a fall within its noise is none, nor is a rise", () => {
  expect(phaseChange(curve(1, [1, 8], [2, 7.5], [4, 7]))).toBeNull();
  expect(phaseChange(curve(0.01, [1, 7], [2, 7.5], [4, 8]))).toBeNull();
  expect(phaseChange(curve(0.01, [1, 7]))).toBeNull();
});
