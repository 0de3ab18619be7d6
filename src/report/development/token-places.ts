/**
 * @file Places along training: tokens on a logarithmic scale, on which the start has a place of its own.
 * Apart from the plots that use it, since the page of the workbench draws without their library.
 */

import type { TrainingRecord } from "../../development/training-record.ts";
import { axisLabel, tokensText } from "./words.ts";

/** Where things stand along training. */
export interface TokenAxis {
  readonly label: string;
  /** The place of so many tokens; the start stands left of all others. */
  readonly place: (tokens: number) => number;
  /** The least tokens that have a place of their own; fewer would stand at the start. */
  readonly least: number;
  readonly domain: readonly [low: number, high: number];
  readonly ticks: readonly number[];
  readonly tickText: (place: number) => string;
}

/** What an axis has to cover. */
export type PlacedRecord = Pick<TrainingRecord, "counts"> &
  Readonly<Record<"looks" | "losses", readonly { readonly tokens: number }[]>>;

/** How much further left than the first look the start stands, as a factor. */
const START_FACTOR = 2.2;
/** Ticks that have room in a picture. */
const MOST_TICKS = 6;
const STEPS_WITHIN_DECADE = [[1], [1, 3], [1, 2, 5]];

/** Round numbers within a range: as many as have room. */
function roundNumbers(low: number, high: number): number[] {
  let best: number[] = [];
  for (const steps of STEPS_WITHIN_DECADE) {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
      for (const step of steps) {
        const number = step * 10 ** power;
        if (number >= low && number <= high) found.push(number);
      }
    }
    if (found.length <= MOST_TICKS) best = found;
  }
  if (best.length > 1) return best;
  return best.length === 1 && high / low > 2 ? best : [low, high];
}

/** The axis of one run or of several. */
export function tokenAxis(records: readonly PlacedRecord[]): TokenAxis {
  const places = records.flatMap(({ looks, losses }) => [
    ...looks.map(({ tokens }) => tokens),
    ...losses.slice(-1).map(({ tokens }) => tokens),
  ]);
  const seen = places.filter((tokens) => tokens > 0);
  const first = seen.length > 0 ? Math.min(...seen) : 1;
  const last = Math.max(first * 2, ...seen);
  const start = first / START_FACTOR;
  const hasStart = places.some((tokens) => tokens <= 0);
  const least = hasStart ? start : first;
  const label = axisLabel(records[0] ?? { counts: "tokens" });
  return {
    label,
    place: (tokens) => Math.max(start, tokens),
    least,
    domain: [least / 1.08, last * 1.08],
    ticks: [...(hasStart ? [start] : []), ...roundNumbers(first, last)],
    tickText: (place) => (place === start ? "0" : tokensText(place)),
  };
}
