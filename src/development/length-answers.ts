/**
 * @file What looks say of a length, one behind the other: the numbers by which it counts as performed.
 * Asked about either sequence, a difference has an interval a third as wide at length 4 and a sixth at
 * length 5, and whether the model likes late positions does not weigh in; so that is taken where looks have it.
 */

import type { PlacedEstimate } from "./phase-change.ts";
import type { PlacedLook } from "./training-record.ts";

/** Whether the first look and the last asked both ways, so that lengths are told by that difference. */
export function isAskedBothWays(looks: readonly PlacedLook[]): boolean {
  const ends = [looks[0], looks.at(-1)];
  return ends.every((look) => look?.lengths.every(({ bothWays }) => bothWays !== null) ?? false);
}

/**
 * The logit difference of a length, look by look. In a run that is asked both ways it is that difference,
 * and looks that did not ask so are left out; else it is that of the post's own order.
 */
export function lengthAnswers(looks: readonly PlacedLook[], length: number): PlacedEstimate[] {
  const asked = isAskedBothWays(looks);
  return looks.flatMap(({ tokens, lengths }) => {
    const row = lengths.find((candidate) => candidate.length === length);
    const estimate = asked ? row?.bothWays : row?.logitDiff;
    return estimate ? [{ tokens, estimate }] : [];
  });
}
