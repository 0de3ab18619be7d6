/** @file Numbers as cards and their tables write them. */

import type { Estimate } from "../../src/measures/statistics.ts";

/** With a true minus, and none before what rounds to zero. */
export function number(value: number, digits: number): string {
  return value
    .toFixed(digits)
    .replace(/^-(?=[0.]*$)/, "")
    .replace("-", "−");
}

/** A mean and half of its 95% interval. */
export function withInterval({ mean, ci95 }: Estimate, digits = 2): string {
  return `${number(mean, digits)} ± ${number(ci95[1] - mean, digits)}`;
}
