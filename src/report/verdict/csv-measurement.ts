/** @file A prediction and what came out, as cells of a line: the same in every table of claims. */

import type { Measurement } from "../../hypothesis/claim.ts";
import type { Cell } from "../csv/table.ts";
import { outcome } from "./claims.ts";

/** The columns of {@link measurementCells}; `chosen` are those that say how wide intervals were chosen. */
export function measurementColumns(...chosen: readonly string[]): string[] {
  return [
    "quantity",
    "where",
    "unit",
    "mean",
    "se",
    "interval low",
    "interval high",
    ...chosen,
    "n (prompts)",
    "predicted",
    "threshold",
    "came out",
  ];
}

/** One measurement. */
export function measurementCells(one: Measurement, ...chosen: readonly Cell[]): Cell[] {
  const { quantity, where, unit, estimate, interval, predicted } = one;
  return [
    quantity,
    where,
    unit,
    estimate.mean,
    estimate.se,
    ...interval,
    ...chosen,
    estimate.n,
    predicted.is,
    predicted.value,
    outcome(one),
  ];
}
