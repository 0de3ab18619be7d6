/** @file Batches of different seeds as one: the mean over all of their prompts. */

import { LookbackError } from "../errors.ts";
import type { Estimate } from "../measures/statistics.ts";
import { studentT } from "../measures/student-t.ts";

/**
 * The estimate over the prompts of several batches of one size, from their estimates: exactly what
 * all prompts together would give, for a mean and a standard error hold the sum of the values and of
 * their squares.
 *
 * @throws LookbackError `bad-shape` when there are none, or their n differ.
 */
export function poolEstimates(estimates: readonly Estimate[]): Estimate {
  const [first] = estimates;
  if (first === undefined) throw new LookbackError("bad-shape", "the mean of no values is unknown");
  if (estimates.length === 1) return first;
  const { n } = first;
  const other = estimates.find((estimate) => estimate.n !== n);
  if (other !== undefined) {
    throw new LookbackError(
      "bad-shape",
      `batches of ${n} and of ${other.n} prompts cannot be pooled`,
    );
  }
  const k = estimates.length;
  const mean = estimates.reduce((sum, estimate) => sum + estimate.mean, 0) / k;
  const squares = estimates.reduce(
    (sum, estimate) => sum + (n - 1) * n * estimate.se ** 2 + n * (estimate.mean - mean) ** 2,
    0,
  );
  const all = k * n;
  const se = Math.sqrt(squares / (all - 1) / all);
  const margin = studentT(all - 1) * se;
  return { mean, se, ci95: [mean - margin, mean + margin], n: all };
}
