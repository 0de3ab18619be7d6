/** @file A curve over training as one line of text. */

/** A number at a place of training. */
export interface SparkPoint {
  readonly tokens: number;
  readonly value: number;
}

const BARS = "▁▂▃▄▅▆▇█";

/**
 * So many characters, each the last number up to its place on a logarithmic axis of tokens; the start is
 * at the left edge. Blank where nothing was seen yet.
 *
 * @param range what the lowest and the highest bar mean; default the least and the largest number.
 */
export function sparkline(
  points: readonly SparkPoint[],
  width: number,
  range?: readonly [low: number, high: number],
): string {
  const last = points.at(-1);
  if (last === undefined || width < 1) return "";
  const values = points.map(({ value }) => value);
  const [low, high] = range ?? [Math.min(...values), Math.max(...values)];
  const first = points.find(({ tokens }) => tokens > 0)?.tokens ?? 1;
  const span = Math.log(Math.max(last.tokens, first) / first);
  const bar = (value: number) => {
    const share = high > low ? (value - low) / (high - low) : 0;
    const step = Math.round(share * (BARS.length - 1));
    return BARS[Math.min(BARS.length - 1, Math.max(0, step))];
  };
  return Array.from({ length: width }, (_, column) => {
    const share = width === 1 ? 1 : column / (width - 1);
    // A hair more than the place itself, so that rounding does not lose the look that stands there.
    const until =
      column === 0 && (points[0]?.tokens ?? 0) <= 0 ? 0 : first * Math.exp(span * share);
    const seen = points.findLast(({ tokens }) => tokens <= until * (1 + 1e-9));
    return seen === undefined ? " " : bar(seen.value);
  }).join("");
}
