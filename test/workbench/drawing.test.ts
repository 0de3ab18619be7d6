/** @file What the workbench draws and saves: colours, tables, and files that hold nothing but data. */

import { describe, expect, it } from "vitest";
import { DEFAULT_MODEL } from "../../src/loading/default-model.ts";
import { COLOUR_STYLE } from "../../src/report/drawing/colour.ts";
import { levelTicks } from "../../workbench/src/drawing/axis.ts";
import { captionOf } from "../../workbench/src/drawing/caption.ts";
import { colourOf, hatchingOf, inkOn } from "../../workbench/src/drawing/colour.ts";
import {
  type Figure,
  figureCsv,
  figureJson,
  figureTable,
  type MatrixFigure,
  promptsBehind,
  shownEstimate,
  shownShare,
} from "../../workbench/src/drawing/figure.ts";
import { figureSvg } from "../../workbench/src/drawing/figure-svg.ts";
import { INITIAL_STATE } from "../../workbench/src/state/state.ts";
import { channels, contrast } from "../contrast.ts";

const MATRIX: MatrixFigure = {
  kind: "matrix",
  title: "A <script>",
  measure: "attention",
  rows: ["BOS", "=1+1", "x"],
  columns: ["BOS", "=1+1", "x"],
  rowTitle: "from",
  columnTitle: "to",
  values: [1, 0, 0, 0.5, 0.5, 0, 0.25, 0.25, 0.5],
  scale: { kind: "sequential", max: 1 },
  causal: true,
};

/** The report's colour of a class, light and dark. */
function reportColours(name: string): readonly string[] {
  const match = new RegExp(`\\.${name}\\{fill:light-dark\\((#\\w+),(#\\w+)\\)`).exec(COLOUR_STYLE);
  return [match?.[1] ?? "", match?.[2] ?? ""];
}

describe("colours", () => {
  it.each([0, 6, 12, 24, 30, 48])("of step %i are those of the report", (step) => {
    for (const [kind, name] of [
      ["sequential", `s${step}`],
      ["diverging", `d${step}`],
      ["diverging", `d-${step}`],
    ] as const) {
      if (name === "d-0") continue;
      const value = (name.startsWith("d-") ? -step : step) / 48;
      const expected = reportColours(name);
      for (const [i, theme] of (["light", "dark"] as const).entries()) {
        const own = channels(colourOf(value, { kind, max: 1 }, theme));
        const report = channels(expected[i] ?? "");
        // Both round to bytes, and the page's steps are finer.
        for (const [c, channel] of own.entries()) {
          expect(Math.abs(channel - (report[c] ?? Number.NaN))).toBeLessThanOrEqual(3);
        }
      }
    }
  });

  it("hold what lies beyond their ends", () => {
    const scale = { kind: "diverging", max: 0.5 } as const;
    expect(colourOf(7, scale, "light")).toBe(colourOf(0.5, scale, "light"));
    expect(colourOf(-7, scale, "dark")).toBe(colourOf(-0.5, scale, "dark"));
  });

  it("can be written on: contrast is at least 4.5", () => {
    for (const kind of ["sequential", "diverging"] as const) {
      for (const theme of ["light", "dark"] as const) {
        for (let value = -1; value <= 1; value += 0.01) {
          const scale = { kind, max: 1 };
          const [colour, ink] = [colourOf(value, scale, theme), inkOn(value, scale, theme)];
          expect(contrast(colour, ink)).toBeGreaterThanOrEqual(4.5);
          const { stripe, ground, ink: onBoth } = hatchingOf(value, scale, theme);
          expect(contrast(stripe, onBoth)).toBeGreaterThanOrEqual(4.5);
          expect(contrast(ground, onBoth)).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });

  it("are blue above zero and orange below, as the two answers", () => {
    for (const theme of ["light", "dark"] as const) {
      const [r = 0, , b = 0] = channels(colourOf(0.5, { kind: "diverging", max: 1 }, theme));
      const [red = 0, , blue = 0] = channels(colourOf(-0.5, { kind: "diverging", max: 1 }, theme));
      expect(b).toBeGreaterThan(r);
      expect(red).toBeGreaterThan(blue);
    }
  });
});

describe("an axis", () => {
  it("has round ticks, at most six steps of them, within its range", () => {
    for (const range of [
      [0, 1.05],
      [2.9, 5.1],
      [3.51, 3.53],
      [-3, 47],
      [-80, 100],
    ] as const) {
      const ticks = levelTicks(range);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(Math.min(...ticks)).toBeGreaterThan(range[0] - 1e-9);
      expect(Math.max(...ticks)).toBeLessThan(range[1] + 1e-9);
    }
  });
});

describe("a figure", () => {
  it("has a table without what cannot be", () => {
    const { head, rows } = figureTable(MATRIX);
    expect(head).toEqual(["from \\ to", "BOS", "=1+1", "x"]);
    expect(rows[1]).toEqual(["=1+1", 0.5, 0.5, ""]);
  });

  it("tells labels apart that repeat", () => {
    const { rows } = figureTable({ ...MATRIX, rows: ["A", "X", "A"] });
    expect(rows.map(([name]) => name)).toEqual(["0 A", "X", "2 A"]);
  });

  it("is CSV that no spreadsheet takes for a formula", () => {
    const csv = figureCsv(MATRIX);
    expect(csv).toContain("\r\n'=1+1,0.5,0.5,\r\n");
    expect(csv.split("\r\n")).toHaveLength(5);
  });

  it("with intervals has a row for each cell, and hatches those that may be nothing", () => {
    const figure: MatrixFigure = {
      ...MATRIX,
      ...{ causal: false, measure: "effect", n: 9 },
      low: Array.from(MATRIX.values, (value) => value - 0.3),
      high: Array.from(MATRIX.values, (value) => value + 0.3),
      facts: [{ label: "clean", value: 3, low: 2, high: 4, measure: "logit difference" }],
    };
    const { head, rows } = figureTable(figure);
    expect(head).toEqual(["from", "to", "effect", "95% low", "95% high", "n"]);
    expect(rows).toHaveLength(9);
    expect(rows[3]).toEqual(["=1+1", "BOS", 0.5, 0.2, 0.8, "9"]);
    const svg = figureSvg(figure);
    expect(svg.match(/<path /g)).toHaveLength(5); // 0 and 0.25, give or take 0.3
    expect(svg).toContain("hatched: the 95% interval holds 0");
    expect(svg).toContain("logit difference clean: 3.000 (2.000 to 4.000)");
    expect(figureSvg(MATRIX)).not.toMatch(/<path |hatched/);
    // What cannot be anything but nothing is no guess.
    const sure = {
      ...figure,
      values: new Array(9).fill(0),
      low: new Array(9).fill(0),
      high: new Array(9).fill(0),
    };
    expect(figureSvg(sure)).not.toContain("<path ");
  });

  it("has its facts in the table and in words above the bars", () => {
    const figure: Figure = {
      kind: "bars",
      title: "Answer",
      measure: "probability",
      markTitle: "token",
      facts: [{ label: "B − D", measure: "logit difference", value: 2, low: 1, high: 3 }],
      marks: [{ label: "B", value: 0.5 }],
    };
    const { head, rows } = figureTable(figure);
    expect(head).toEqual(["token", "measure", "mean", "95% low", "95% high"]);
    expect(rows).toEqual([
      ["B − D", "logit difference", 2, 1, 3],
      ["B", "probability", 0.5, "", ""],
    ]);
    expect(figureSvg(figure)).toContain("logit difference B − D: 2.000 (1.000 to 3.000)");
  });

  it("says under its picture what it is of", () => {
    const { session, look } = INITIAL_STATE;
    expect(captionOf(INITIAL_STATE)).toEqual([
      `${DEFAULT_MODEL}; repeated sequences of 3, query corrupted, seed 0, clean runs; n = 64`,
      "no interventions",
    ]);
    const interventions = [
      { kind: "patch", component: "z", head: { layer: 1, head: 6 }, position: 7 },
      { kind: "ablate", by: "mean", head: { layer: 0, head: 4 }, position: null },
    ] as const;
    const one = {
      model: { kind: "checkpoint", run: "tiny", checkpoint: "step-00000200" },
      session: { ...session, interventions, runs: "corrupted", mode: "token-only" },
      look: { ...look, prompt: 5 },
    };
    expect(captionOf(one)).toEqual([
      "tiny step-00000200; repeated sequences of 3, query corrupted, seed 0, corrupted runs, token-only; prompt 5, n = 1",
      "interventions: patch z of L1H6 at 7, mean L0H4",
    ]);
    expect(captionOf(INITIAL_STATE, { n: "12 to 50" })[0]).toMatch(/n = 12 to 50$/);
    // What the figure is over has no one value.
    expect(captionOf(INITIAL_STATE, { xTitle: "length" })[0]).toContain(
      "; repeated sequences, query",
    );
    const prompt = { ...session.prompt, gap: 2, order: "second-first" } as const;
    const spaced = { ...INITIAL_STATE, session: { ...session, prompt } };
    expect(captionOf(spaced)[0]).toContain("of 3, gap 2, second-first, query");
    expect(captionOf(spaced, { xTitle: "gap" })[0]).toContain("of 3, second-first, query");
    expect(captionOf(spaced, { xTitle: "order" })[0]).toContain("of 3, gap 2, query");
    expect(captionOf({ model: "tiny" })).toEqual(["tiny"]);
    expect(captionOf({})).toEqual([]);
    const caption = captionOf(one);
    const lines = figureSvg(MATRIX, caption).match(/>[^<]+<\/text>/g) ?? [];
    const written = lines.map((line) => line.slice(1, -7)).join(" ");
    for (const line of caption) expect(written).toContain(line);
  });

  it("shows a mean with its interval, and of one value none", () => {
    expect(shownEstimate({ mean: 0.5, ci95: [-0.25, 1.25], n: 3 })).toBe("0.500 (−0.250 to 1.250)");
    expect(shownEstimate({ mean: 0.5, ci95: [0.5, 0.5], n: 1 })).toBe("0.500");
  });

  it("leaves cells empty where there is no number", () => {
    const marks = [
      { label: "A", value: Number.NaN },
      { label: "B", value: 1, other: 2 },
    ];
    const figure = {
      kind: "bars",
      title: "a",
      measure: "b",
      markTitle: "head",
      otherName: "published",
      marks,
    } as const;
    expect(figureCsv(figure)).toBe("head,b,95% low,95% high,published\r\nA,,,,\r\nB,1,,,2\r\n");
  });

  it("of a sweep says how many prompts are behind each value, where they differ", () => {
    const counted = (...counts: readonly number[]) => ({
      kind: "lines" as const,
      title: "a",
      measure: "b",
      xTitle: "length",
      x: ["2", "3", "4"],
      series: [
        {
          name: "B − D",
          marks: [
            ...counts.map((n, i) => ({ label: `${i}`, value: 1, low: 0.5, high: 1.5, n })),
            { label: "4", value: Number.NaN },
          ],
        },
      ],
    });
    expect(promptsBehind(counted(200, 12))).toBe("12 to 200");
    expect(promptsBehind(counted(200, 200))).toBe("200");
    expect(promptsBehind(counted())).toBeUndefined();
    expect(figureCsv(counted(200, 12))).toBe(
      "length,series,b,95% low,95% high,n\r\n2,B − D,1,0.5,1.5,200\r\n3,B − D,1,0.5,1.5,12\r\n4,B − D,,,,\r\n",
    );
  });

  it("of panels has a table of all of them", () => {
    const figure = { kind: "panels", title: "a", measure: "b", panels: [MATRIX] } as const;
    const { head, rows } = figureTable(figure);
    expect(head.slice(0, 2)).toEqual(["panel", "from \\ to"]);
    expect(rows[1]).toEqual(["A <script>", "=1+1", 0.5, 0.5, ""]);
  });

  it("shows shares short, and nothing as nothing", () => {
    expect([0.5, -0.25, 1, -0.001, 0].map(shownShare)).toEqual([
      ".50",
      "−.25",
      "1.00",
      ".00",
      ".00",
    ]);
  });

  it("is JSON with all its numbers and what they are of", () => {
    const json = JSON.parse(figureJson(MATRIX, { seed: 3 }));
    expect(json.values).toEqual(Array.from(MATRIX.values));
    expect(json.spec).toEqual({ seed: 3 });
  });

  it.each([
    MATRIX,
    {
      kind: "bars",
      title: "<b>",
      measure: "&",
      markTitle: "c",
      marks: [{ label: '"<i>', value: -1, low: -2, high: 0 }],
    },
    {
      kind: "lines",
      title: "a",
      measure: "b",
      xTitle: "length",
      x: ["2", "3"],
      series: [
        {
          name: "<s>",
          marks: [
            { label: "2", value: 1 },
            { label: "3", value: -1, low: -2, high: 0 },
          ],
        },
        { name: "to come", marks: [{ label: "2", value: Number.NaN }] },
      ],
    },
    { kind: "panels", title: "<s>", measure: "attention", panels: [MATRIX, MATRIX] },
  ] satisfies Figure[])("of kind $kind is SVG in which text is text", (figure) => {
    const svg = figureSvg(figure);
    expect(svg).toMatch(/^<svg xmlns/);
    expect(svg).not.toMatch(/<(script|b|i|s)>/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const open = svg.match(/<(?!\/)\w+[^>]*[^/]>/g)?.length;
    expect(svg.match(/<\/\w+>/g)?.length).toBe(open);
  });
});
