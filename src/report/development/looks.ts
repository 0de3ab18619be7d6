/** @file Looks as pictures have room for them. */

import type { RunDevelopment } from "../../development/development.ts";
import type { PlacedLook } from "../../development/training-record.ts";

type Placed = { readonly tokens: number };

/**
 * At most so many, spread evenly on a logarithmic axis, the first and the last among them. Files of
 * numbers have all.
 */
export function thinned<T extends Placed>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  const seen = all.filter(({ tokens }) => tokens > 0);
  const first = seen[0]?.tokens ?? 1;
  const last = seen.at(-1)?.tokens ?? 1;
  const kept = new Set<T>(all.slice(0, 1));
  for (let i = 0; i < most - 1; i++) {
    const wanted = Math.log(first) + ((Math.log(last) - Math.log(first)) * i) / (most - 2);
    kept.add(nearest(seen, wanted));
  }
  return all.filter((one) => kept.has(one));
}

function nearest<T extends Placed>(all: readonly T[], logTokens: number): T {
  const distance = ({ tokens }: T) => Math.abs(Math.log(tokens) - logTokens);
  return all.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}

/** Looks in a chart of curves. */
export const MOST_POINTS = 60;

/** The looks of a run that curves are drawn through. */
export function drawnLooks({ looks }: Pick<RunDevelopment, "looks">): PlacedLook[] {
  return thinned(looks, MOST_POINTS);
}
