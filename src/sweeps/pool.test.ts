import fc from "fast-check";
import { expect, it } from "vitest";
import { estimate } from "../measures/statistics.ts";
import { poolEstimates } from "./pool.ts";

const value = fc.double({ min: -50, max: 50, noNaN: true });

it("is the estimate of all values together", () => {
  const batches = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 20 }))
    .chain(([k, n]) =>
      fc.array(fc.array(value, { minLength: n, maxLength: n }), { minLength: k, maxLength: k }),
    );
  fc.assert(
    fc.property(batches, (values) => {
      const pooled = poolEstimates(values.map(estimate));
      const all = estimate(values.flat());
      expect(pooled.n).toBe(all.n);
      expect(pooled.mean).toBeCloseTo(all.mean, 9);
      expect(pooled.se).toBeCloseTo(all.se, 9);
      expect(pooled.ci95[0]).toBeCloseTo(all.ci95[0], 8);
      expect(pooled.ci95[1]).toBeCloseTo(all.ci95[1], 8);
    }),
  );
});

it("refuses batches of different sizes, and none", () => {
  expect(() => poolEstimates([estimate([1, 2]), estimate([1, 2, 3])])).toThrow(/2 and of 3/);
  expect(() => poolEstimates([])).toThrow(/no values/);
});
