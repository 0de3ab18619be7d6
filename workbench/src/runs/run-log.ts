/** @file What a run's `log.jsonl` says of its checkpoints. A log of another version, or cut off, says less. */

import { bestHead, type FollowedRole, roleScore } from "../../../src/development/head-role.ts";
import type { Look } from "../../../src/development/look.ts";
import type { HeadLook } from "../../../src/development/repeated-tokens.ts";
import type { BestHead, Seen } from "./run.ts";

function best(heads: readonly HeadLook[], role: FollowedRole): BestHead {
  const head = bestHead(heads, role);
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

/** What the lines of a log saw, by steps. */
export function readSeen(log: string): ReadonlyMap<number, Seen> {
  const seen = new Map<number, Seen>();
  for (const line of log.split("\n")) {
    try {
      const { kind, step, ...look } = JSON.parse(line);
      if (kind === "look" && Number.isInteger(step)) seen.set(step, seenIn(step, look as Look));
    } catch {
      // Not a line that this page knows.
    }
  }
  return seen;
}
