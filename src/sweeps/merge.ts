/** @file The parts of a sweep put together: of one sweep, all of it, and without contradictions. */

import { LookbackError } from "../errors.ts";
import { differences, type SweepIdentity } from "./identity.ts";
import { type FinishedCell, QUANTITIES, type SweepResult } from "./result.ts";
import { type Shard, shardOf, shardText } from "./shard.ts";
import { cellCount, cellName } from "./sweep-spec.ts";

/** Cells that were measured in one go, or one interrupted go. */
export interface SweepPart {
  /** Where they are from, for messages. */
  readonly name: string;
  readonly identity: SweepIdentity;
  readonly shard: Shard;
  readonly cells: ReadonlyMap<number, FinishedCell>;
}

/** Missing cells that a message names; of more it gives the number. */
const NAMED = 5;

/** The numbers that a result would show. */
function shown(cell: FinishedCell): string {
  return JSON.stringify(
    QUANTITIES.map((quantity) => cell[quantity]),
    (_, value: unknown) => (typeof value === "number" ? value.toPrecision(6) : value),
  );
}

function checkSameSweep(first: SweepPart, other: SweepPart): void {
  const found = differences(first.identity, other.identity);
  if (found.length === 0) return;
  const told = found.map(
    ({ what, values: [a, b] }) => `${what} is ${a} in ${first.name} and ${b} in ${other.name}`,
  );
  throw new LookbackError("bad-spec", `these are parts of different sweeps: ${told.join("; ")}`, {
    differences: found,
  });
}

function missingText(first: SweepPart, missing: readonly number[], shards: number): string {
  const { spec } = first.identity;
  const named = missing.slice(0, NAMED).map((cell) => {
    const from = shards > 1 ? ` of shard ${shardText(shardOf(cell, shards))}` : "";
    return `${cellName(spec, cell)}${from}`;
  });
  const rest = missing.length - named.length;
  const more = rest > 0 ? `, and ${rest} more` : "";
  return `${missing.length} of ${cellCount(spec)} cells are missing: ${named.join(", ")}${more}`;
}

/**
 * Puts the parts of a sweep together.
 *
 * @throws LookbackError `bad-spec` when there is none or they are of different sweeps, saying what
 *   differs; `bad-file` when two of them have measured one cell differently; `not-found` naming the
 *   cells that none of them has.
 */
export function mergeParts(parts: readonly SweepPart[]): SweepResult {
  const [first] = parts;
  if (first === undefined) throw new LookbackError("bad-spec", "there is nothing to merge");
  const cells = new Map<number, FinishedCell>();
  const owners = new Map<number, string>();
  for (const part of parts) {
    checkSameSweep(first, part);
    for (const [index, cell] of part.cells) {
      const known = cells.get(index);
      if (known !== undefined && shown(known) !== shown(cell)) {
        throw new LookbackError(
          "bad-file",
          `${cellName(first.identity.spec, index)} has other numbers in ${owners.get(index)} than in ${part.name}`,
          { cell: index },
        );
      }
      if (known === undefined) {
        cells.set(index, cell);
        owners.set(index, part.name);
      }
    }
  }
  const count = cellCount(first.identity.spec);
  const all = Array.from({ length: count }, (_, index) => index);
  const missing = all.filter((index) => !cells.has(index));
  if (missing.length > 0) {
    const shards = Math.max(...parts.map(({ shard }) => shard.count));
    throw new LookbackError("not-found", missingText(first, missing, shards), { missing });
  }
  return {
    ...first.identity,
    cells: all.flatMap((index) => cells.get(index) ?? []),
  };
}
