/** @file What a sweep gives: the means of each cell. */

import type { Estimate } from "../measures/statistics.ts";
import type { SweepIdentity } from "./identity.ts";
import type { SweepParameters } from "./parameters.ts";
import type { Shard } from "./shard.ts";

/** What is measured, in the order of the lines of a result. */
export const QUANTITIES = ["pB", "pD", "logitDiff"] as const;
export type Quantity = (typeof QUANTITIES)[number];

/** Means over the prompts of one cell. */
export type CellMeans = { readonly [Q in Quantity]: Estimate };

/** A cell that was measured. */
export interface FinishedCell extends CellMeans {
  /** Its place in the grid. */
  readonly cell: number;
  readonly parameters: SweepParameters;
}

/** A sweep, or a part of one, as plain JSON. */
export interface SweepResult extends SweepIdentity {
  /** Which part this is, where it is not the whole. */
  readonly shard?: Shard;
  /** In the order of the grid. */
  readonly cells: readonly FinishedCell[];
}
