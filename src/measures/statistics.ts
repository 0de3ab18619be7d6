/**
 * @file Means that say how far to trust them: every mean that Lookback reports carries its standard
 * error, its 95% interval and the number of prompts behind it.
 *
 * Sums are compensated (Neumaier) float64 in the order of the values, so the same values give the
 * same bytes on every machine.
 */

import { LookbackError } from "../errors.ts";
import { studentT } from "./student-t.ts";

/** A mean over prompts, as plain JSON. */
export interface Estimate {
  readonly mean: number;
  /**
   * Standard error of the mean. Of a single value nothing is known about the spread: `se` is then 0
   * and the interval is the value itself, and `n` of 1 says that neither means anything.
   */
  readonly se: number;
  /** 95% interval by Student's t with `n - 1` degrees of freedom. */
  readonly ci95: readonly [low: number, high: number];
  /** Number of values. */
  readonly n: number;
}

/** Compensated sum of `n` terms, first to last (Neumaier, 1974). */
function sum(n: number, term: (i: number) => number): number {
  let total = 0;
  let lost = 0;
  for (let i = 0; i < n; i++) {
    const value = term(i);
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

/** @throws LookbackError `bad-shape` when empty, `not-finite` at the first NaN or infinity. */
function checkValues(values: ArrayLike<number>): void {
  if (values.length === 0) throw new LookbackError("bad-shape", "the mean of no values is unknown");
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new LookbackError("not-finite", `value ${i} of ${values.length} is ${values[i]}`, {
        index: i,
      });
    }
  }
}

function checkSameLength(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length === b.length) return;
  throw new LookbackError("bad-shape", `${a.length} values cannot be paired with ${b.length}`);
}

/** Mean of finite values, summed as the estimates are. */
function meanOf(values: ArrayLike<number>): number {
  return sum(values.length, (i) => values[i] as number) / values.length;
}

function estimateOf(value: number, se: number, n: number): Estimate {
  const mean = value + 0; // of -0, which JSON does not know, 0
  const margin = n > 1 ? studentT(n - 1) * se : 0;
  return { mean, se, ci95: [mean - margin, mean + margin], n };
}

/** Standard error of a mean whose `n` deviations from it are given. */
function standardError(n: number, deviation: (i: number) => number): number {
  return n > 1 ? Math.sqrt(sum(n, (i) => deviation(i) ** 2) / (n - 1) / n) : 0;
}

/**
 * The mean of values that were measured on independent prompts: standard error is the sample
 * standard deviation over the root of n.
 *
 * @throws LookbackError `bad-shape` when there are none, `not-finite` for a NaN or infinity.
 */
export function estimate(values: ArrayLike<number>): Estimate {
  checkValues(values);
  const n = values.length;
  const mean = meanOf(values);
  return estimateOf(
    mean,
    standardError(n, (i) => (values[i] as number) - mean),
    n,
  );
}

/**
 * The mean of `a - b`, measured on the same prompts: what the prompts have in common cancels.
 *
 * @throws LookbackError as {@link estimate}, and `bad-shape` for different lengths.
 */
export function estimatePaired(a: ArrayLike<number>, b: ArrayLike<number>): Estimate {
  checkSameLength(a, b);
  return estimate(Float64Array.from({ length: a.length }, (_, i) => Number(a[i]) - Number(b[i])));
}

/**
 * The ratio of two means measured on the same prompts, mean(a) / mean(b), with the standard error of
 * the delta method: the deviations are `(a - ratio * b) / mean(b)`.
 *
 * @throws LookbackError as {@link estimatePaired}, and `not-finite` where mean(b) is zero.
 */
export function estimateRatio(a: ArrayLike<number>, b: ArrayLike<number>): Estimate {
  checkSameLength(a, b);
  checkValues(a);
  checkValues(b);
  const n = a.length;
  const denominator = meanOf(b);
  if (denominator === 0) {
    throw new LookbackError("not-finite", "a ratio of means needs a denominator other than zero");
  }
  const ratio = meanOf(a) / denominator;
  const deviation = (i: number) => ((a[i] as number) - ratio * (b[i] as number)) / denominator;
  return estimateOf(ratio, standardError(n, deviation), n);
}

/**
 * How much of the way from corrupted to clean a patch goes (figure 5): the mean of `patched -
 * corrupted` over the mean of `clean - corrupted`, on the same prompts. 0 is no effect, 1 is all.
 *
 * @throws LookbackError as {@link estimateRatio}; clean and corrupted of one mean leave no way to go.
 */
export function estimateNormalised(
  patched: ArrayLike<number>,
  { clean, corrupted }: { clean: ArrayLike<number>; corrupted: ArrayLike<number> },
): Estimate {
  checkSameLength(patched, corrupted);
  checkSameLength(clean, corrupted);
  const over = (values: ArrayLike<number>) =>
    Float64Array.from(
      { length: values.length },
      (_, i) => Number(values[i]) - Number(corrupted[i]),
    );
  return estimateRatio(over(patched), over(clean));
}

/**
 * The difference of two means of different prompts, `a - b`: Welch's interval, whose degrees of freedom
 * are rounded down. `n` is these and one more.
 */
export function estimateDifference(a: Estimate, b: Estimate): Estimate {
  const [varianceA, varianceB] = [a.se ** 2, b.se ** 2];
  const se = Math.sqrt(varianceA + varianceB);
  const spread = varianceA ** 2 / (a.n - 1) + varianceB ** 2 / (b.n - 1);
  const df = spread > 0 ? se ** 4 / spread : Math.min(a.n, b.n) - 1;
  return estimateOf(a.mean - b.mean, se, Math.max(1, Math.floor(df) + 1));
}

/**
 * Whether a mean differs from zero by its 95% interval. Of a single value nothing is known that would speak
 * against it.
 */
export function differsFromZero({ ci95: [low, high], n }: Pick<Estimate, "ci95" | "n">): boolean {
  return n < 2 || low > 0 || high < 0;
}

/** A constant times a mean. */
export function scaledEstimate({ mean, se, n }: Estimate, factor: number): Estimate {
  return estimateOf(factor * mean, Math.abs(factor) * se, n);
}

/**
 * An estimate's interval at another confidence than 95%, as for several comparisons at once.
 *
 * @param confidence above 0 and below 1.
 * @throws LookbackError `bad-spec` for another one.
 */
export function intervalAt({ mean, se, n }: Estimate, confidence: number): [number, number] {
  if (!(confidence > 0 && confidence < 1)) {
    throw new LookbackError(
      "bad-spec",
      `the confidence of an interval lies between 0 and 1, got ${confidence}`,
      { confidence },
    );
  }
  const margin = n > 1 ? studentT(n - 1, confidence) * se : 0;
  return [mean - margin, mean + margin];
}
