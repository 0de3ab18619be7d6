/** @file Whether both sides did the same job: the numbers of a result, one by one. */

import type { Tolerance } from "./workloads.ts";

/** Two sides that did not come to the same numbers; a time means nothing then. */
export class Disagreement extends Error {
  override readonly name = "Disagreement";
}

/**
 * The largest absolute difference of two results. Absolute, for all numbers that are compared are of
 * order one, and the relative difference of two attentions near zero says nothing.
 *
 * @throws Disagreement naming the workload and the first number that is further apart than allowed.
 */
export function largestDifference(
  workload: string,
  lookback: readonly number[],
  peer: readonly number[],
  { relative, absolute }: Tolerance,
): number {
  if (lookback.length !== peer.length || lookback.length === 0) {
    throw new Disagreement(
      `${workload}: Lookback gives ${lookback.length} numbers, the peer ${peer.length}`,
    );
  }
  let largest = 0;
  for (const [index, ours] of lookback.entries()) {
    const theirs = peer[index] as number;
    const difference = Math.abs(ours - theirs);
    // Asked this way round, NaN on either side is a disagreement.
    if (!(difference <= Math.max(absolute, relative * Math.abs(theirs)))) {
      throw new Disagreement(
        `${workload}: number ${index} of ${peer.length} is ${ours} in Lookback and ${theirs} in the peer; they may be ${relative} of it or ${absolute} apart`,
      );
    }
    largest = Math.max(largest, difference);
  }
  return largest;
}
