/** @file One element of a mean over prompts, with its interval. */

import type { BatchMean } from "../measures/batch-mean.ts";
import { type Estimate, intervalAt } from "../measures/statistics.ts";

/** The estimate of an element, by its place in the data. */
export function elementEstimate({ mean, se, n }: BatchMean, index: number): Estimate {
  const point = { mean: mean.data[index] as number, se: se.data[index] as number, n };
  return { ...point, ci95: intervalAt({ ...point, ci95: [point.mean, point.mean] }, 0.95) };
}
