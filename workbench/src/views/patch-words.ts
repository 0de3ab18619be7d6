/** @file What is said above a matrix of patches: what its shares are of, and whether there is anything to share. */

import type { PatchDirection } from "../../../src/interventions/pair.ts";
import { differsFromZero, type Estimate } from "../../../src/measures/statistics.ts";
import type { SessionPatchMatrix } from "../../../src/session/patch-matrix.ts";
import { shownEstimate, shownShare } from "../drawing/figure.ts";

/** Which prompt's activations go into which prompt's run. */
export function directionWords(direction: PatchDirection): string {
  return direction === "noise" ? "corrupted into clean" : "clean into corrupted";
}

/** `3.25 ± 0.20`: a mean and half of its 95% interval; of a single value the value alone. */
export function plusMinus({ mean, ci95: [, high], n }: Estimate): string {
  const number = (value: number) => value.toFixed(2).replace("-", "−");
  return n > 1 ? `${number(mean)} ± ${number(high - mean)}` : number(mean);
}

/** Whether clean and corrupted answers differ, so that there is something of which a patch carries a share. */
export function hasGap({ gap }: Pick<SessionPatchMatrix, "gap">): boolean {
  return differsFromZero(gap);
}

/** Why there are no shares. */
export function noGapWords({ gap }: Pick<SessionPatchMatrix, "gap">): string {
  return `Clean and corrupted answers do not clearly differ: clean − corrupted is ${shownEstimate(gap)}. There is nothing of which a patch could carry a share.`;
}

/** Where effects count from, if interventions have moved the run; empty where it is at one end. */
export function startWords(
  { before }: Pick<SessionPatchMatrix, "before">,
  interventions: number,
): string {
  if (interventions === 0) return "";
  const at = shownEstimate(before, shownShare);
  return `With what is on already the run is at ${at}, where 0 is corrupted and 1 clean; effects count from there.`;
}
