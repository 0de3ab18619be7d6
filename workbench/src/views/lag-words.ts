/** @file How far back a head looks, in words that say of how much of its attention they are. */

import type { LagProfile } from "../../../src/measures/lag-profile.ts";
import { shown } from "../drawing/figure.ts";

/** With less of the attention than this on the lags that are shown, their mean says little of the head. */
const MOST_OF_IT = 0.5;

function shareOf({ byLag }: LagProfile): number {
  return byLag.reduce((sum, attention) => sum + attention, 0);
}

/** The mean lag where it says something of the head; otherwise NaN. */
export function tellingMeanLag(profile: LagProfile): number {
  return shareOf(profile) < MOST_OF_IT ? Number.NaN : profile.meanLag;
}

/** `of the 92% on lags 0 to 4: mean lag 1.874, 90% within 2` */
export function lagWords(profile: LagProfile): string {
  const { byLag, meanLag, reach } = profile;
  if (byLag.length === 0) return "no token to look back at";
  const share = shareOf(profile);
  const where = byLag.length === 1 ? "lag 0" : `lags 0 to ${byLag.length - 1}`;
  const percent = `${Math.round(share * 100)}%`;
  return share < MOST_OF_IT
    ? `only ${percent} on ${where}, too little for a mean lag`
    : `of the ${percent} on ${where}: mean lag ${shown(meanLag)}, 90% within ${reach}`;
}
