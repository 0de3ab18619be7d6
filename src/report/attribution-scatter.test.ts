import { parseHTML } from "linkedom/worker";
import { describe, expect, it } from "vitest";
import type { AttributionComparison } from "../interventions/attribution-comparison.ts";
import type { Estimate } from "../measures/statistics.ts";
import { attributionScatter } from "./attribution-scatter.ts";
import { standaloneSvg } from "./drawing/standalone.ts";

function around(mean: number): Estimate {
  return { mean, se: 0.01, ci95: [mean - 0.02, mean + 0.02], n: 9 };
}

const numbers = { r: 0.9, slope: 1, intercept: 0, meanError: 0.1 };
const agreement = { ...numbers, largest: { head: "L0H1", error: 0.3 } };
const comparison: AttributionComparison = {
  clean: around(2),
  corrupted: around(-1),
  steps: 8,
  heads: [
    { label: "L0H0", exact: around(0.001), attribution: around(0), integrated: around(0.002) },
    { label: "L0H1", exact: around(0.8), attribution: around(0.5), integrated: around(0.82) },
  ],
  agreement: { attribution: agreement, integrated: agreement },
  layers: [],
};

describe("attributionScatter", () => {
  it("has both numbers of every head where the reader points, and names those apart", () => {
    const { chart } = attributionScatter(comparison);
    const { document } = parseHTML(`<html><body>${chart.text}</body></html>`);
    const tips = [...document.querySelectorAll("title")].map((title) => title.textContent);
    expect(tips).toHaveLength(4);
    expect(tips).toContainEqual(
      expect.stringContaining("L0H1, attribution patching: 0.50 [0.48, 0.52]"),
    );
    const texts = [...document.querySelectorAll("text")].map((text) => text.textContent);
    expect(texts).toContain("L0H1");
    expect(texts).not.toContain("L0H0");
    expect(document.querySelector("svg")?.getAttribute("aria-label")).toContain("L0H1 0.80, 0.82");
  });

  it("stands alone with its keys under it and all colours defined", () => {
    const { chart, keys } = attributionScatter(comparison);
    const svg = standaloneSvg([chart, ...keys]);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    const { document } = parseHTML(`<html><body>${svg}</body></html>`);
    const tops = [...document.querySelectorAll("svg svg")].map((part) => ({
      y: Number(part.getAttribute("y")),
      height: Number(part.getAttribute("height")),
    }));
    expect(tops).toHaveLength(4);
    for (const [i, { y }] of tops.entries()) {
      const before = tops[i - 1];
      if (before !== undefined) expect(y).toBeGreaterThan(before.y + before.height);
    }
    const last = tops.at(-1);
    const whole = Number(document.querySelector("svg")?.getAttribute("height"));
    expect(whole).toBeGreaterThan((last?.y ?? Number.NaN) + (last?.height ?? Number.NaN));
    for (const [, name] of svg.matchAll(/var\((--[a-z]+)\)/g)) expect(svg).toContain(`${name}:`);
  });
});
