/**
 * @file What looks say of a length, one behind the other: the numbers by which it counts as performed.
 * Asked about either sequence, a difference has an interval a third as wide at length 4 and a sixth at
 * length 5, and whether the model likes late positions does not weigh in; so that is taken where looks have it.
 */

import type { Estimate } from "../measures/statistics.ts";
import type { PlacedLook } from "./training-record.ts";

/** A logit difference at a place of training. */
export interface PlacedAnswer {
  readonly tokens: number;
  readonly estimate: Estimate;
}

/**
 * The logit difference of a length, look by look. Where the first look and the last asked both ways, it
 * is that difference, and looks that did not are left out; else it is that of the post's own order.
 */
export function lengthAnswers(looks: readonly PlacedLook[], length: number): PlacedAnswer[] {
  const rows = looks.flatMap(({ tokens, lengths }) => {
    const row = lengths.find((candidate) => candidate.length === length);
    return row === undefined ? [] : [{ tokens, row }];
  });
  const asked = rows.flatMap(({ tokens, row: { bothWays } }) =>
    bothWays === null ? [] : [{ tokens, estimate: bothWays }],
  );
  const spans =
    asked[0]?.tokens === rows[0]?.tokens && asked.at(-1)?.tokens === rows.at(-1)?.tokens;
  return spans ? asked : rows.map(({ tokens, row }) => ({ tokens, estimate: row.logitDiff }));
}

/** Whether that of a run's lengths is the difference asked both ways. */
export function isAskedBothWays(looks: readonly PlacedLook[]): boolean {
  const ends = [looks[0], looks.at(-1)];
  return ends.every((look) => look?.lengths.every(({ bothWays }) => bothWays !== null) ?? false);
}
