/** @file Arithmetic of curves that grow: their range, and paths that stay short. */

/** A value at a step. */
export type CurvePoint = readonly [step: number, value: number];

/** A named curve. */
export interface Curve {
  readonly name: string;
  /** In rising order of steps. */
  readonly points: readonly CurvePoint[];
  /** Whether each point is marked: where there are few. */
  readonly hasMarks: boolean;
}

/** More points than this are more than a chart has pixels for. */
const MOST_POINTS = 300;

/** What an axis covers, with a margin; what is no number is left out. */
export function rangeOf(values: readonly number[]): readonly [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const margin = (high - low || 1) * 0.05;
  return [low === 0 ? 0 : low - margin, high + margin];
}

/** Means of neighbouring points, so that no more than `most` are left. */
export function thinned(points: readonly CurvePoint[], most = MOST_POINTS): CurvePoint[] {
  const size = Math.ceil(points.length / most);
  if (size <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const some = points.slice(i * size, (i + 1) * size);
    const mean = (at: 0 | 1) => some.reduce((sum, point) => sum + point[at], 0) / some.length;
    return [mean(0), mean(1)] as const;
  });
}

/** An SVG path through points. */
export function curvePath(
  points: readonly CurvePoint[],
  x: (step: number) => number,
  y: (value: number) => number,
): string {
  const known = thinned(points.filter(([, value]) => Number.isFinite(value)));
  const pairs = known.map(([step, value]) => `${x(step).toFixed(1)} ${y(value).toFixed(1)}`);
  return pairs.length > 0 ? `M${pairs.join("L")}` : "";
}
