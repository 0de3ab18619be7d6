import { describe, expect, it } from "vitest";
import { agreement } from "./agreement.ts";

describe("agreement", () => {
  it("of values with themselves is perfect", () => {
    const values = [0.1, -2, 3, 0.7];
    expect(agreement(values, values)).toEqual({
      r: 1,
      slope: 1,
      intercept: expect.closeTo(0, 12),
      meanError: 0,
      largest: { index: 0, error: 0 },
    });
  });

  it("finds the line that values lie on, and where they are furthest apart", () => {
    const exact = [0, 1, 2, 10];
    const { r, slope, intercept, largest, meanError } = agreement(
      exact,
      exact.map((x) => 3 - 0.5 * x),
    );
    expect(r).toBeCloseTo(-1, 12);
    expect(slope).toBeCloseTo(-0.5, 12);
    expect(intercept).toBeCloseTo(3, 12);
    expect(largest).toEqual({ index: 3, error: -12 });
    expect(meanError).toBeCloseTo((3 + 1.5 + 0 + 12) / 4, 12);
  });

  it("is Anscombe's first set", () => {
    const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
    const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    const { r, slope, intercept } = agreement(x, y);
    expect(r).toBeCloseTo(0.8164, 4);
    expect(slope).toBeCloseTo(0.5001, 4);
    expect(intercept).toBeCloseTo(3.0001, 4);
  });

  it("has no correlation where one side does not vary", () => {
    expect(agreement([1, 1], [2, 3])).toMatchObject({ r: null, slope: null, intercept: null });
    expect(agreement([1], [2])).toMatchObject({ r: null, largest: { index: 0, error: 1 } });
  });

  it("refuses values that do not pair up", () => {
    for (const [exact, approximate] of [
      [[], []],
      [[1], [1, 2]],
    ] as const) {
      // biome-ignore format: pairs
      expect(() => agreement(exact, approximate)).toThrow(
        expect.objectContaining({ code: "bad-shape" }),
      );
    }
  });
});
