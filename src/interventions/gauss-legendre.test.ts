import { describe, expect, it } from "vitest";
import { gaussLegendre } from "./gauss-legendre.ts";

describe.each([1, 2, 3, 8, 21, 64])("gaussLegendre of %i nodes", (n) => {
  const nodes = gaussLegendre(n);
  const integral = (f: (x: number) => number) =>
    nodes.reduce((sum, { at, weight }) => sum + weight * f(at), 0);

  it("integrates polynomials of degree below 2n", () => {
    for (let degree = 0; degree < 2 * n; degree++) {
      expect(integral((x) => x ** degree)).toBeCloseTo(1 / (degree + 1), 12);
    }
  });

  it("and no others: a square that is zero at every node", () => {
    expect(integral((x) => nodes.reduce((product, { at }) => product * (x - at) ** 2, 1))).toBe(0);
  });

  it("stands inside of the interval, ascending and symmetric", () => {
    for (const [i, { at, weight }] of nodes.entries()) {
      const mirror = nodes[n - 1 - i];
      expect(at).toBeGreaterThan(nodes[i - 1]?.at ?? 0);
      expect(at).toBeLessThan(1);
      expect(at + (mirror?.at ?? 0)).toBeCloseTo(1, 14);
      expect(weight).toBeCloseTo(mirror?.weight ?? 0, 13);
    }
  });
});
