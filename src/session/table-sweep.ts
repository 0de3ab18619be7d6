/** @file A table of a session as a sweep: the spec for `lookback sweep` that gives the same rows. */

import type { RepeatedOrder } from "../prompts/repeated.ts";
import type { SessionSpec } from "./spec.ts";

/** What varies from row to row of a table, and its values. */
export type TableAxis =
  | { readonly over: "length" | "gap" | "distance"; readonly values: readonly number[] }
  | { readonly over: "order"; readonly values: readonly RepeatedOrder[] };

/** The fields of a sweep's spec that a table sets; the others have the values that they have by default. */
export interface TableSweep {
  readonly length: number | readonly number[];
  readonly gap: number | readonly number[];
  readonly distance: number | readonly number[];
  readonly order: RepeatedOrder | readonly RepeatedOrder[];
  readonly batch: number;
  readonly seed: number;
}

/** The sweep that measures the same; null where a session does what no sweep does. */
export function tableSweep(
  { prompt, runs, mode, interventions, answers }: SessionSpec,
  { over, values }: TableAxis,
): TableSweep | null {
  const isPlain =
    runs === "clean" && mode === "total" && interventions.length === 0 && answers === null;
  if (prompt.kind !== "repeated" || !isPlain) return null;
  const { length, gap = 0, distance = 0, order = "first-second", batch, seed } = prompt;
  return { length, gap, distance, order, batch, seed, [over]: values };
}
