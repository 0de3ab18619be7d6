import { describe, expect, test } from "vitest";
import { estimate } from "../../measures/statistics.ts";
import { effect } from "../format.ts";
import { lookOf } from "./line-looks.ts";
import { type ModelsRow, modelsChart } from "./models-chart.ts";
import type { Outcome } from "./outcome.ts";

const OUTCOME: Outcome = {
  mean: 0.8,
  interval: [0.7, 0.9],
  n: 100,
  predicted: { is: "above", value: 0.5 },
  sign: "✓",
  word: "held",
  colour: "var(--good)",
  aside: false,
};

const MODELS = ["one", "two"].map((name, i) => ({ name, look: lookOf(i) }));

function drawn(...rows: ModelsRow[]) {
  const { text } = modelsChart({ title: "t", unit: "share", models: MODELS, rows, format: effect });
  const all = (pattern: RegExp) =>
    Array.from(text.matchAll(pattern), ([, ...found]) => found.map(Number));
  return {
    text,
    shades: all(/class="predicted" d="M([\d.]+) [\d.]+H([\d.]+)/g),
    /** The path of each interval: its ends. */
    intervals: all(/<\/title><path d="M([\d.]+) [\d.]+H([\d.]+)[^>]*fill="none"/g),
    bands: all(/<path d="M([\d.]+) [\d.]+H([\d.]+)" stroke="currentColor" stroke-width="7"/g),
  };
}

describe("modelsChart", () => {
  const mean = estimate([0.8, 0.6]);

  test("has a line for each model before the side that was predicted for it", () => {
    const { text, shades, intervals } = drawn({
      name: "kept",
      lines: [OUTCOME, { ...OUTCOME, predicted: { is: "below", value: 0.6 }, sign: "✗" }],
      mean,
    });
    expect(intervals).toHaveLength(2);
    const [above = [], below = []] = shades;
    expect(above[0]).toBeGreaterThan(below[0] as number);
    expect(below[1]).toBeGreaterThan(above[0] as number); // 0.6 lies right of 0.5
    expect(text).toContain("one: 0.80 [0.70, 0.90], n = 100; predicted above 0.50: held");
    for (const sign of ["✓", "✗"]) expect(text).toContain(`>${sign}</text>`);
    for (const { look } of MODELS) expect(text).toContain(look.colour);
  });

  test("draws the mean over models, its interval where there is one", () => {
    const several = drawn({ name: "kept", lines: [OUTCOME, OUTCOME], mean });
    expect(several.bands).toHaveLength(1);
    expect(several.text).toMatch(/mean: 0\.70 \[[^\]]+\] over 2 models/);
    const single = drawn({ name: "kept", lines: [OUTCOME, null], mean: estimate([0.8]) });
    expect(single.bands).toHaveLength(0);
    expect(single.text).toContain("mean: 0.80 over 1 model<");
    expect(drawn({ name: "kept", lines: [null, null], mean: null }).text).not.toContain("over");
  });

  test("says where a model has none, and draws what is set aside without a say in the scale", () => {
    const wide: Outcome = { ...OUTCOME, interval: [-40, 40], aside: true, sign: "–" };
    const alone = drawn({ name: "kept", lines: [OUTCOME, null], mean: null });
    const both = drawn({ name: "kept", lines: [OUTCOME, wide], mean: null });
    expect(alone.text).toContain("two not measured");
    expect(alone.text).toContain(">none</text>");
    expect(both.intervals[0]).toEqual(alone.intervals[0]);
    expect(both.text).toContain("stroke-dasharray");
    expect(both.text).toMatch(/l-6 4l6 4/); // it goes on
  });
});
