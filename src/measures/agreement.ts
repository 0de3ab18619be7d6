/** @file How well an approximation agrees with what it approximates, place by place. */

import { LookbackError } from "../errors.ts";

/** Agreement of paired numbers, as plain JSON. */
export interface Agreement {
  /** Pearson's correlation; null where either side is the same everywhere. */
  readonly r: number | null;
  /** Slope of the least-squares line of the approximation on the exact; 1 is the identity. Null as r. */
  readonly slope: number | null;
  /** Where that line crosses zero of the exact. Null as r. */
  readonly intercept: number | null;
  /** Mean of |approximation - exact|. */
  readonly meanError: number;
  /** The place of the largest |approximation - exact|, the first of equals, and approximation - exact there. */
  readonly largest: { readonly index: number; readonly error: number };
}

/**
 * How an approximation of some values agrees with them.
 *
 * @throws LookbackError `bad-shape` when there are none, or not equally many.
 */
export function agreement(exact: readonly number[], approximate: readonly number[]): Agreement {
  const n = exact.length;
  if (n === 0 || n !== approximate.length) {
    throw new LookbackError(
      "bad-shape",
      `${n} exact values cannot be compared with ${approximate.length} approximations`,
    );
  }
  const sum = (term: (x: number, y: number) => number) =>
    exact.reduce((total, x, i) => total + term(x, approximate[i] as number), 0);
  const meanX = sum((x) => x) / n;
  const meanY = sum((_, y) => y) / n;
  const xx = sum((x) => (x - meanX) ** 2);
  const yy = sum((_, y) => (y - meanY) ** 2);
  const xy = sum((x, y) => (x - meanX) * (y - meanY));
  const flat = xx === 0 || yy === 0;
  const slope = flat ? null : xy / xx;
  const errors = exact.map((x, i) => (approximate[i] as number) - x);
  const index = errors.reduce(
    (best, error, i) => (Math.abs(error) > Math.abs(errors[best] as number) ? i : best),
    0,
  );
  return {
    // Rounding must not take it past one.
    r: flat ? null : Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))),
    slope,
    intercept: slope === null ? null : meanY - slope * meanX,
    meanError: errors.reduce((total, error) => total + Math.abs(error), 0) / n,
    largest: { index, error: errors[index] as number },
  };
}
