import { describe, expect, test } from "vitest";
import { effect } from "../format.ts";
import { type ForestRow, forestChart } from "./forest-chart.ts";

const ROW: ForestRow = {
  name: "kept",
  mean: 0.8,
  interval: [0.7, 0.9],
  n: 100,
  predicted: { is: "above", value: 0.5 },
  sign: "✓",
  word: "held",
  colour: "var(--good)",
  aside: false,
};

function drawn(...rows: ForestRow[]) {
  const { text } = forestChart({ title: "t", unit: "share", rows, format: effect });
  const all = (pattern: RegExp) =>
    Array.from(text.matchAll(pattern), ([, ...found]) => found.map(Number));
  return {
    text,
    points: all(/<circle cx="([\d.]+)"/g).flat(),
    shades: all(/class="predicted" d="M([\d.]+) [\d.]+H([\d.]+)/g),
    /** The path of each interval: its ends. */
    intervals: all(/<\/title><path d="M([\d.]+) [\d.]+H([\d.]+)/g),
  };
}

describe("forestChart", () => {
  test("shades the predicted side, from the threshold on", () => {
    const above = drawn(ROW);
    const [from = 0, to = 0] = above.shades[0] ?? [];
    const [point = 0] = above.points;
    expect(from).toBeLessThan(point);
    expect(to).toBeGreaterThan(point);
    const below = drawn({ ...ROW, predicted: { is: "below", value: 0.5 } });
    const [start = 0, end = 0] = below.shades[0] ?? [];
    expect(end).toBe(from);
    expect(start).toBeLessThan(end);
    expect(below.points[0]).toBeGreaterThan(end);
  });

  test("places points and intervals on one linear scale", () => {
    const { points, intervals } = drawn(
      ROW,
      { ...ROW, mean: 0.4, interval: [0.2, 0.6] },
      { ...ROW, mean: 0, interval: [-0.4, 0.4] },
    );
    const [a = 0, b = 0, c = 0] = points;
    expect((a - b) / (b - c)).toBeCloseTo(1, 2);
    const [low = 0, high = 0] = intervals[1] ?? [];
    expect((low + high) / 2).toBeCloseTo(b, 1);
    expect(high - low).toBeCloseTo(a - b, 1);
  });

  test("lets what is set aside have no say in the scale, and cuts it with an arrow", () => {
    const alone = drawn(ROW);
    const wide = drawn(ROW, { ...ROW, interval: [-80, 80], aside: true });
    // Its numbers are longer and take room from the picture, but not from the scale.
    const cut = wide.intervals[1] ?? [];
    const [shade = []] = wide.shades;
    expect(cut[1]).toBe(shade[1]);
    expect(wide.text.match(/l-6 4l6 4/g)).toHaveLength(1);
    expect(wide.text.match(/l6 4l-6 4/g)).toHaveLength(1);
    const own = (chart: typeof alone) => {
      const [low = 0, high = 0] = chart.intervals[0] ?? [];
      const [from = 0, to = 0] = chart.shades[0] ?? [];
      return (high - low) / (to - from);
    };
    expect(own(wide)).toBeCloseTo(own(alone), 2);
  });
});
