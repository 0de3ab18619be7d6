/** @file What a run's `log.jsonl` says of its checkpoints. A log of another version, or cut off, says less. */

import type { Look } from "../../../src/development/look.ts";
import type { HeadLook } from "../../../src/development/repeated-tokens.ts";
import type { BestHead, Seen } from "./run.ts";

type Score = "previousToken" | "lookBack" | "induction";

function best(heads: readonly HeadLook[], score: Score): BestHead {
  const [first, ...others] = heads.map((head) => ({ label: head.label, score: head[score].mean }));
  if (first === undefined) throw new Error("a look without heads");
  return others.reduce((most, head) => (head.score > most.score ? head : most), first);
}

/** What a look saw, in short. */
export function seenIn(steps: number, { heldOut, heads }: Pick<Look, "heldOut" | "heads">): Seen {
  return {
    steps,
    loss: heldOut?.loss.mean ?? null,
    previousToken: best(heads, "previousToken"),
    lookBack: best(heads, "lookBack"),
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
