import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  estimate,
  estimateDifference,
  estimateNormalised,
  estimatePaired,
  estimateRatio,
  intervalAt,
  scaledEstimate,
} from "./statistics.ts";
import { studentT } from "./student-t.ts";

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe("studentT", () => {
  // scipy.stats.t.ppf((1 + confidence) / 2, df), scipy 1.17
  it.each([
    [9, 0.99, 3.249835541592126],
    [399, 0.999, 3.3150770126451565],
    [3999, 0.999, 3.292961407380423],
    [5, 0.5, 0.7266868438004226],
  ])("of %i degrees of freedom at %f is scipy's", (df, confidence, expected) => {
    expect(studentT(df, confidence)).toBeCloseTo(expected, 6);
  });

  // scipy.stats.t.ppf(0.975, df), scipy 1.17
  it.each([
    [1, 12.706204736174694],
    [2, 4.302652729749462],
    [3, 3.1824463052837078],
    [4, 2.7764451051977934],
    [5, 2.5705818356363146],
    [9, 2.262157162798205],
    [30, 2.0422724563012378],
    [199, 1.9719565442517533],
    [3999, 1.9605573771860272],
    [100_000, 1.9599877075346095],
  ])("of %i degrees of freedom is scipy's", (df, expected) => {
    expect(studentT(df)).toBeCloseTo(expected, 11);
  });
});

describe("estimate", () => {
  it("has scipy's standard error and interval", () => {
    // numpy mean, scipy.stats.sem and scipy.stats.t.interval(0.95, 4, ...), scipy 1.17
    const { mean, se, ci95, n } = estimate([1.5, -0.25, 3, 4.75, 2]);
    expect(mean).toBeCloseTo(2.2, 14);
    expect(se).toBeCloseTo(0.8268917704270614, 14);
    expect(ci95[0]).toBeCloseTo(-0.09581960853055183, 11);
    expect(ci95[1]).toBeCloseTo(4.495819608530552, 11);
    expect(n).toBe(5);
  });

  it("is plain JSON even of one value, whose n says that the spread is unknown", () => {
    const one = estimate(Float32Array.of(0.5));
    expect(one).toEqual({ mean: 0.5, se: 0, ci95: [0.5, 0.5], n: 1 });
    expect(JSON.parse(JSON.stringify(one))).toEqual(one);
  });

  it("loses nothing to cancellation", () => {
    expect(estimate([1e16, 1, -1e16, 1]).mean).toBe(0.5);
    const small = Array.from({ length: 1000 }, () => 0.1);
    expect(estimate(small)).toMatchObject({ mean: 0.1, se: 0 });
  });

  it("moves with its values: shifts shift the mean, scales scale the error", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 2, maxLength: 50 }), finite, (values, shift) => {
        const before = estimate(values);
        const shifted = estimate(values.map((value) => value + shift));
        const scaled = estimate(values.map((value) => value * -2));
        expect(shifted.mean).toBeCloseTo(before.mean + shift, 6);
        expect(shifted.se).toBeCloseTo(before.se, 6);
        expect(scaled.mean).toBeCloseTo(before.mean * -2, 6);
        expect(scaled.se).toBeCloseTo(before.se * 2, 6);
        expect(before.ci95[0]).toBeLessThanOrEqual(before.mean);
        expect(before.ci95[1]).toBeGreaterThanOrEqual(before.mean);
      }),
    );
  });

  it("refuses what has no mean", () => {
    expect(() => estimate([])).toThrow("the mean of no values is unknown");
    expect(() => estimate([1, Number.NaN, 2])).toThrow("value 1 of 3 is NaN");
    expect(() => estimate([1, 2, Number.POSITIVE_INFINITY])).toThrowError(
      expect.objectContaining({ code: "not-finite" }),
    );
  });
});

describe("estimateDifference", () => {
  it("is Welch's", () => {
    // scipy.stats.ttest_ind(a, b, equal_var=False).confidence_interval(), scipy 1.17
    const a = estimate([1, 2, 4, 8, 3]);
    const b = estimate([0.5, 1, 0, 1.5, 2, 1, 0.5]);
    const difference = estimateDifference(a, b);
    expect(difference.mean).toBeCloseTo(3.6 - 13 / 14, 12);
    expect(difference.se).toBeCloseTo(Math.hypot(a.se, b.se), 12);
    expect(difference.n).toBe(5); // 4.34 degrees of freedom, rounded down
  });
});

describe("intervalAt", () => {
  it("is the estimate's own interval at 95%, and wider for more", () => {
    const values = estimate([1.5, -0.25, 3, 4.75, 2]);
    expect(intervalAt(values, 0.95)).toEqual(values.ci95);
    const [low, high] = intervalAt(values, 0.99);
    expect(high - values.mean).toBeCloseTo(studentT(4, 0.99) * values.se, 12);
    expect(low).toBeLessThan(values.ci95[0]);
    expect(intervalAt(estimate([2]), 0.99)).toEqual([2, 2]);
    for (const confidence of [0, 1, 95, Number.NaN]) {
      expect(() => intervalAt(values, confidence)).toThrow(/between 0 and 1/);
    }
  });

  it("of a constant times a mean is as much wider", () => {
    const values = estimate([1, 2, 4]);
    expect(scaledEstimate(values, -2)).toEqual(estimate([-2, -4, -8]));
  });
});

describe("estimatePaired", () => {
  it("is of the differences", () => {
    const { mean, se } = estimatePaired([2, 3.5, 1, 4], [1, 4, 0.5, 2.5]);
    expect(mean).toBeCloseTo(0.625, 14);
    expect(se).toBeCloseTo(0.42695628191498325, 14); // scipy.stats.sem of the differences
  });

  it("refuses values that are no pairs", () => {
    expect(() => estimatePaired([1, 2], [1])).toThrow("2 values cannot be paired with 1");
  });
});

describe("estimateRatio", () => {
  it("has the delta method's standard error", () => {
    // numpy: R = mean(a) / mean(b); std((a - R b) / mean(b), ddof=1) / sqrt(4)
    const { mean, se, ci95 } = estimateRatio([2, 3.5, 1, 4], [1, 4, 0.5, 2.5]);
    expect(mean).toBeCloseTo(1.3125, 14);
    expect(se).toBeCloseTo(0.29474289201918563, 14);
    expect(ci95[0]).toBeCloseTo(0.37449657228490785, 11);
    expect(ci95[1]).toBeCloseTo(2.250503427715092, 11);
  });

  it("is of one mind about proportional values, whatever their spread", () => {
    const b = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(b, fc.integer({ min: -8, max: 8 }), (values, factor) => {
        const { mean, se } = estimateRatio(
          values.map((value) => value * factor),
          values,
        );
        expect(mean).toBeCloseTo(factor, 12);
        expect(se).toBeCloseTo(0, 12);
      }),
    );
  });

  it("refuses a denominator of zero", () => {
    expect(() => estimateRatio([1, 2], [1, -1])).toThrow("a denominator other than zero");
  });
});

describe("estimateNormalised", () => {
  const clean = [3, 5, 4.5];
  const corrupted = [-1, -2, 0.5];

  it("puts corrupted at 0 and clean at 1", () => {
    expect(estimateNormalised(corrupted, { clean, corrupted })).toMatchObject({ mean: 0, se: 0 });
    expect(estimateNormalised(clean, { clean, corrupted })).toMatchObject({ mean: 1, se: 0 });
  });

  it("is the ratio of the mean differences", () => {
    const patched = [1, 0.5, 3];
    const { mean, n } = estimateNormalised(patched, { clean, corrupted });
    const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / 3;
    const way = average(clean) - average(corrupted);
    expect(mean).toBeCloseTo((average(patched) - average(corrupted)) / way, 14);
    expect(n).toBe(3);
  });
});
