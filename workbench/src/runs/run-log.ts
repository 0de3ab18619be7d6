/** @file What a run's `log.jsonl` says of its checkpoints. A log of another version, or cut off, says less. */

import { lookLine } from "../../../src/cli/look-line.ts";
import { bestHeads, type FollowedRole, roleScore } from "../../../src/development/head-role.ts";
import type { Look } from "../../../src/development/look.ts";
import type { HeadLook } from "../../../src/development/repeated-tokens.ts";
import type { PlacedLook } from "../../../src/development/training-record.ts";
import type { BestHead, Seen } from "./run.ts";

function best(heads: readonly HeadLook[], role: FollowedRole): BestHead {
  const [head] = bestHeads(heads, role);
  return head === undefined
    ? { label: "none", score: 0 } // of a single layer none can play induction
    : { label: head.label, score: roleScore(head, role) };
}

/** What a look saw, in short. */
export function seenIn(steps: number, { heldOut, heads }: Pick<Look, "heldOut" | "heads">): Seen {
  return {
    steps,
    loss: heldOut?.loss.mean ?? null,
    previousToken: best(heads, "previous-token"),
    lookBack: best(heads, "look-back"),
    induction: best(heads, "induction"),
  };
}

/** What a log says, as far as this page knows its lines. */
export interface LogRead {
  /** By steps. */
  readonly seen: ReadonlyMap<number, Seen>;
  /** In rising order; only those that are as every version wrote them. */
  readonly looks: readonly PlacedLook[];
}

/** Reads the lines of a log. */
export function readLog(log: string): LogRead {
  const seen = new Map<number, Seen>();
  const looks = new Map<number, PlacedLook>();
  for (const line of log.split("\n")) {
    try {
      const { kind, ...look } = JSON.parse(line);
      if (kind !== "look" || !Number.isInteger(look.step)) continue;
      seen.set(look.step, seenIn(look.step, look));
      const whole = lookLine.safeParse(look);
      if (whole.success) looks.set(look.step, whole.data);
    } catch {
      // Not a line that this page knows.
    }
  }
  return { seen, looks: [...looks.values()].toSorted((a, b) => a.tokens - b.tokens) };
}
