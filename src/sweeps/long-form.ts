/** @file A sweep in long form: one measured quantity of one cell a row, all parameters beside it. */

import type { Estimate } from "../measures/statistics.ts";
import type { SweepIdentity } from "./identity.ts";
import type { SweepParameters } from "./parameters.ts";
import { QUANTITIES, type Quantity, type SweepResult } from "./result.ts";
import type { Shard } from "./shard.ts";

/** One quantity of one cell. */
export interface SweepRow extends SweepParameters, Estimate {
  readonly quantity: Quantity;
}

/** A sweep as its result files hold it. */
export interface LongForm extends SweepIdentity {
  readonly shard?: Shard;
  readonly rows: readonly SweepRow[];
}

/** The rows in the order of the grid; of each cell P(B), P(D) and the logit difference. */
export function longForm({ cells, ...sweep }: SweepResult): LongForm {
  const rows = cells.flatMap((cell) =>
    QUANTITIES.map((quantity) => ({ ...cell.parameters, quantity, ...cell[quantity] })),
  );
  return { ...sweep, rows };
}
