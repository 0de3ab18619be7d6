/**
 * @file The curves as pictures: measured times, and under them what the arithmetic alone would take. One
 * file for light pages and one for dark, for a page on GitHub does not style its pictures.
 */

import * as Plot from "@observablehq/plot";
import type { Seconds } from "../src/benchmark/seconds.ts";
import { CHART, chart, picture } from "../src/report/drawing/chart.ts";
import { COLOUR_STYLE, COLOURS } from "../src/report/drawing/colour.ts";
import { seriesKey } from "../src/report/drawing/legend.ts";
import { placesAxis, valuesAxis } from "../src/report/drawing/series-chart.ts";
import type { Markup } from "../src/report/page/markup.ts";

/** A question, by how it is drawn. */
export const QUESTIONS = {
  answers: { label: "probabilities of two answers", colour: COLOURS.right, symbol: "circle" },
  patching: { label: "every head patched", colour: COLOURS.wrong, symbol: "square" },
} as const;

export type Question = keyof typeof QUESTIONS;

/** A time, and where it was measured. */
export interface CurvePoint {
  readonly x: number;
  readonly question: Question;
  readonly seconds: Seconds;
  /** What the arithmetic that is needed takes at the machine's peak. */
  readonly atPeak: number;
}

/** Times along one axis, everything else fixed. */
export interface Curve {
  readonly title: string;
  readonly xLabel: string;
  readonly points: readonly CurvePoint[];
}

/** One curve of each question. */
function curveChart({ title, xLabel, points }: Curve): Markup {
  const xs = [...new Set(points.map(({ x }) => x))];
  const [first = 0, last = 1] = [Math.min(...xs), Math.max(...xs)];
  const margin = (last - first) * 0.04;
  const colourOf = ({ question }: CurvePoint) => QUESTIONS[question].colour;
  const marks = Object.entries(QUESTIONS).flatMap(([question, { colour, symbol }]) => {
    const own = points.filter((point) => point.question === question);
    return [
      Plot.line(own, {
        x: "x",
        y: "atPeak",
        stroke: colour,
        strokeWidth: 1.4,
        strokeDasharray: "2 3",
      }),
      Plot.line(own, {
        x: "x",
        y: (point: CurvePoint) => point.seconds.median,
        stroke: colour,
        strokeWidth: 1.6,
        strokeOpacity: 0.7,
      }),
      Plot.dot(own, {
        x: "x",
        y: (point: CurvePoint) => point.seconds.median,
        r: 3.4,
        symbol,
        fill: colour,
      }),
    ];
  });
  return chart({
    title,
    description: "",
    yLabel: "seconds",
    x: { domain: [first - margin, last + margin] },
    y: { nice: 5, zero: true },
    marks: [
      ...valuesAxis(),
      placesAxis({ label: xLabel, ticks: xs }, xs.length),
      Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.55 }),
      Plot.ruleX(points, {
        x: "x",
        y1: (point: CurvePoint) => point.seconds.min,
        y2: (point: CurvePoint) => point.seconds.max,
        stroke: colourOf,
        strokeWidth: 1.6,
      }),
      ...marks,
    ],
  });
}

const COLUMNS = 2;
const PADDING = 16;
const KEYS_HEIGHT = 34;

/** A picture at a place in another. */
function placed({ text }: Markup, x: number, y: number): string {
  return text.replace("<svg ", `<svg x="${x}" y="${y}" `);
}

/** The dashed lines' key. */
function dashedKey(text: string): Markup {
  const line = `<path d="M2 11h22" stroke="currentColor" stroke-width="1.4" stroke-dasharray="2 3"/>`;
  const label = `<text x="30" y="15" text-anchor="start">${text}</text>`;
  return picture(
    { title: "", description: text },
    { width: 32 + text.length * 7.2, height: 22, content: line + label },
  );
}

/** The keys, a column each. */
function keys(width: number): string {
  const all = [
    ...Object.values(QUESTIONS).map(({ label, colour, symbol }) =>
      seriesKey(label, colour, { symbol }),
    ),
    dashedKey("the arithmetic that is needed, at peak"),
  ];
  const column = (width - 2 * PADDING) / all.length;
  return all.map((key, i) => placed(key, PADDING + i * column, PADDING / 2)).join("");
}

/** Light and dark of each name of a colour. */
const NAMED = new Map(
  Array.from(
    COLOUR_STYLE.matchAll(/--(\w+):light-dark\((#\w+),(#\w+)\)/g),
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }] as const,
  ),
);

/** All curves in one SVG file, in the colours of a theme. */
export function curvesSvg(curves: readonly Curve[], theme: "light" | "dark"): string {
  const rows = Math.ceil(curves.length / COLUMNS);
  const width = COLUMNS * (CHART.width + PADDING) + PADDING;
  const height = rows * (CHART.height + PADDING) + KEYS_HEIGHT + PADDING;
  const charts = curves.map((curve, i) => {
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)];
    const x = PADDING + column * (CHART.width + PADDING);
    return placed(curveChart(curve), x, KEYS_HEIGHT + PADDING + row * (CHART.height + PADDING));
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" color="var(--ink)"><rect width="${width}" height="${height}" rx="10" fill="var(--paper)"/>${keys(width)}${charts.join("")}</svg>\n`;
  return svg.replace(/var\(--(\w+)\)/g, (_, name: string) => NAMED.get(name)?.[theme] ?? "none");
}
