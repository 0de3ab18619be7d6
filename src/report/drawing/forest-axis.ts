/** @file The horizontal axis of pictures of predictions, which hold values against thresholds. */

/** Of the span, beyond what has a say: room for the shade on either side of a value. */
const MARGIN = 0.12;

/** What the axis spans: zero, and all values that have a say. */
export function forestDomain(values: readonly number[]): readonly [low: number, high: number] {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const margin = MARGIN * (high - low || 1);
  return [low < 0 ? low - margin : low - margin / 2, high + margin];
}

/** About four round numbers. */
function ticks([low, high]: readonly [low: number, high: number]): number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.8) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  // A multiple of a power of ten, not a sum of steps: 0.30000000000000004 is no label.
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

/** Lines of the grid from `top` to `bottom`, and its numbers below; in the coordinates of `x`. */
export function forestGrid(
  domain: readonly [low: number, high: number],
  { top, bottom, x, format }: ForestGrid,
): string {
  const lines = ticks(domain).map((tick) => {
    const at = r2(x(tick));
    return `<path d="M${at} ${top}V${bottom}" stroke="currentColor" stroke-opacity="${tick === 0 ? 0.4 : 0.12}"/><text x="${at}" y="${bottom + 15}" font-size="11" fill-opacity="0.8">${format(tick)}</text>`;
  });
  return lines.join("");
}

/** Where a grid lies, in pixels. */
export interface ForestGrid {
  readonly top: number;
  readonly bottom: number;
  readonly x: (value: number) => number;
  readonly format: (value: number) => string;
}

/** To a hundredth of a pixel. */
export function r2(value: number): number {
  return Math.round(value * 100) / 100;
}

/** An interval's line at a height, which ends in an arrow where the interval goes on. */
export function intervalPath(
  [low, high]: readonly [low: number, high: number],
  [left, right]: readonly [left: number, right: number],
  y: number,
): string {
  const inside = (place: number) => Math.min(right, Math.max(left, place));
  const arrows = [
    low < left ? `M${left + 6} ${y - 4}l-6 4l6 4` : "",
    high > right ? `M${right - 6} ${y - 4}l6 4l-6 4` : "",
  ];
  return `M${r2(inside(low))} ${y}H${r2(inside(high))}${arrows.join("")}`;
}
