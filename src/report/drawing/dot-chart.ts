/** @file Means under each other, each with its interval and, where there is one, the published value. */

import * as Plot from "@observablehq/plot";
import type { Estimate } from "../../measures/statistics.ts";
import { type Format, hasInterval, withInterval } from "../format.ts";
import type { Markup } from "../page/markup.ts";
import { chart } from "./chart.ts";
import { COLOURS } from "./colour.ts";

/** One line of the chart. */
export interface DotRow {
  readonly name: string;
  readonly estimate: Estimate;
  readonly colour?: string;
  readonly published?: number;
  /** Something measured beside it: a hollow dot below. */
  readonly beside?: { readonly name: string; readonly estimate: Estimate };
}

/** A chart of means. */
export interface DotChart {
  readonly title: string;
  readonly xLabel: string;
  readonly rows: readonly DotRow[];
  readonly format: Format;
  /** A value that is of interest, as a dashed line. */
  readonly reference?: number;
}

const ROW_HEIGHT = 34;
/** How far what is beside stands below, in pixels. */
const BELOW = 9;

/** The marks of what was measured beside. */
function besideMarks(rows: readonly DotRow[], format: Format): Plot.Markish[] {
  const besides = rows.flatMap(({ name: y, beside, colour }) =>
    beside === undefined ? [] : [{ y, ...beside, colour: colour ?? COLOURS.right }],
  );
  type Beside = (typeof besides)[number];
  if (besides.length === 0) return [];
  return [
    Plot.ruleY(
      besides.filter(({ estimate }) => hasInterval(estimate)),
      {
        y: "y",
        x1: (one: Beside) => one.estimate.ci95[0],
        x2: (one: Beside) => one.estimate.ci95[1],
        stroke: "colour",
        strokeWidth: 1.4,
        strokeOpacity: 0.8,
        dy: BELOW,
      },
    ),
    Plot.dot(besides, {
      y: "y",
      x: (one: Beside) => one.estimate.mean,
      r: 3.6,
      fill: "var(--paper)",
      stroke: "colour",
      strokeWidth: 1.5,
      title: (one: Beside) =>
        `${one.name}: ${withInterval(one.estimate, format)}, n = ${one.estimate.n}`,
      dy: BELOW,
    }),
  ];
}

/** Draws the means, with the line of zero. */
export function dotChart({ title, xLabel, rows, format, reference }: DotChart): Markup {
  const longest = Math.max(...rows.map(({ name }) => name.length));
  const withInterval95 = rows.filter(({ estimate }) => hasInterval(estimate));
  const withPublished = rows.filter(({ published }) => published !== undefined);
  return chart({
    title,
    description: rows
      .map(({ name, estimate, beside }) => {
        const own = `${name}: ${withInterval(estimate, format)}`;
        return beside ? `${own}; ${beside.name}: ${withInterval(beside.estimate, format)}` : own;
      })
      .join("; "),
    height: 84 + rows.length * ROW_HEIGHT,
    marginTop: 30,
    marginLeft: 14 + longest * 6.6,
    x: { nice: 4, zero: true },
    y: { type: "point", domain: rows.map(({ name }) => name), padding: 0.6 },
    marks: [
      Plot.gridX({ ticks: 4 }),
      Plot.axisX({ ticks: 4, label: xLabel, labelArrow: "none", labelAnchor: "center" }),
      Plot.axisY({ tickSize: 0, label: null }),
      Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.55 }),
      ...(reference === undefined
        ? []
        : [
            Plot.ruleX([reference], {
              stroke: "currentColor",
              strokeOpacity: 0.7,
              strokeDasharray: "4 4",
            }),
          ]),
      Plot.ruleY(withInterval95, {
        y: "name",
        x1: (row: DotRow) => row.estimate.ci95[0],
        x2: (row: DotRow) => row.estimate.ci95[1],
        stroke: (row: DotRow) => row.colour ?? COLOURS.right,
        strokeWidth: 1.8,
      }),
      Plot.dot(rows, {
        y: "name",
        x: (row: DotRow) => row.estimate.mean,
        r: 4.5,
        fill: (row: DotRow) => row.colour ?? COLOURS.right,
        title: (row: DotRow) =>
          `${row.name}: ${withInterval(row.estimate, format)}, n = ${row.estimate.n}`,
      }),
      ...besideMarks(rows, format),
      Plot.dot(withPublished, {
        y: "name",
        x: "published",
        symbol: "diamond",
        r: 4.5,
        stroke: COLOURS.published,
        strokeWidth: 1.5,
        fill: "var(--paper)",
        fillOpacity: 0.6,
        title: (row: DotRow) =>
          `${row.name}: ${format(row.published ?? 0)} (published, attn-only-2l)`,
      }),
    ],
  });
}
