/** @file Means against means, each with its interval, and the line on which both are the same. */

import * as Plot from "@observablehq/plot";
import type { Estimate } from "../../measures/statistics.ts";
import { type Format, hasInterval, withInterval } from "../format.ts";
import type { Markup } from "../page/markup.ts";
import { chart } from "./chart.ts";
import type { SeriesSymbol } from "./series-chart.ts";

/** One thing that was measured in two ways. */
export interface ScatterPoint {
  readonly label: string;
  readonly x: Estimate;
  readonly y: Estimate;
}

/** Points that belong together. */
export interface ScatterSeries {
  readonly name: string;
  readonly colour: string;
  readonly symbol?: SeriesSymbol;
  readonly points: readonly ScatterPoint[];
}

/** A scatter chart. */
export interface ScatterChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly ScatterSeries[];
  readonly format: Format;
}

/** Room on the right for the names of points at the edge, in pixels. */
const NAMES = 34;
const WIDTH = 388 + NAMES;
const HEIGHT = 400;
/** Names nearer to each other than these shares of the axes would overlap. */
const ROOM = { x: 0.11, y: 0.05 } as const;

/** How far a point is above the line on which both means are the same. */
function above({ x, y }: ScatterPoint): number {
  return y.mean - x.mean;
}

/** Each thing once, at its point that is furthest from the line. */
function furthest(series: readonly ScatterSeries[]): ScatterPoint[] {
  const byLabel = new Map<string, ScatterPoint>();
  for (const point of series.flatMap(({ points }) => points)) {
    const known = byLabel.get(point.label);
    if (known === undefined || Math.abs(above(point)) > Math.abs(above(known))) {
      byLabel.set(point.label, point);
    }
  }
  return [...byLabel.values()];
}

/** The points whose names have room, away from the crowd at zero and from each other. */
function named(series: readonly ScatterSeries[], span: number): ScatterPoint[] {
  const chosen: ScatterPoint[] = [];
  const size = ({ x, y }: ScatterPoint) => Math.max(Math.abs(x.mean), Math.abs(y.mean));
  for (const point of furthest(series).sort((a, b) => size(b) - size(a))) {
    const isFree = chosen.every(
      ({ x, y }) =>
        Math.abs(x.mean - point.x.mean) > ROOM.x * span ||
        Math.abs(y.mean - point.y.mean) > ROOM.y * span,
    );
    if (isFree && size(point) > ROOM.y * span) chosen.push(point);
  }
  return chosen;
}

/** Names on one side of the points: the one that faces away from the line. */
function names(points: readonly ScatterPoint[], side: "above" | "below"): Plot.Markish {
  return Plot.text(points, {
    x: (point: ScatterPoint) => point.x.mean,
    y: (point: ScatterPoint) => point.y.mean,
    text: "label",
    fontSize: 11,
    dx: side === "above" ? -7 : 7,
    dy: side === "above" ? -7 : 8,
    textAnchor: side === "above" ? "end" : "start",
  });
}

/** Draws the points on two axes of one scale; those that have room are named, each once. */
export function scatterChart({ title, xLabel, yLabel, series, format }: ScatterChart): Markup {
  const all = series.flatMap(({ points }) => points);
  const ends = all.flatMap(({ x, y }) => [...x.ci95, ...y.ci95, 0]);
  const margin = 0.06 * (Math.max(...ends) - Math.min(...ends) || 1);
  const domain = [Math.min(...ends) - margin, Math.max(...ends) + margin] as const;
  const span = domain[1] - domain[0];
  const labels = named(series, span);
  const marks = series.flatMap(({ name, colour, symbol = "circle", points }): Plot.Markish[] => {
    const tip = ({ label, x, y }: ScatterPoint) =>
      `${label}, ${name}: ${withInterval(y, format)}; ${xLabel} ${withInterval(x, format)}, n = ${x.n}`;
    const interval = { stroke: colour, strokeWidth: 1.4, strokeOpacity: 0.75 };
    return [
      Plot.ruleX(
        points.filter(({ y }) => hasInterval(y)),
        {
          x: (point: ScatterPoint) => point.x.mean,
          y1: (point: ScatterPoint) => point.y.ci95[0],
          y2: (point: ScatterPoint) => point.y.ci95[1],
          ...interval,
        },
      ),
      Plot.ruleY(
        points.filter(({ x }) => hasInterval(x)),
        {
          y: (point: ScatterPoint) => point.y.mean,
          x1: (point: ScatterPoint) => point.x.ci95[0],
          x2: (point: ScatterPoint) => point.x.ci95[1],
          ...interval,
        },
      ),
      Plot.dot(points, {
        x: (point: ScatterPoint) => point.x.mean,
        y: (point: ScatterPoint) => point.y.mean,
        r: 3.6,
        symbol,
        fill: colour,
        title: tip,
      }),
    ];
  });
  return chart({
    title,
    description: series
      .map(({ name, points }) => {
        const said = points.map(
          ({ label, x, y }) => `${label} ${format(x.mean)}, ${format(y.mean)}`,
        );
        return `${name}, ${xLabel} and ${yLabel}: ${said.join("; ")}`;
      })
      .join(". "),
    width: WIDTH,
    height: HEIGHT,
    marginRight: NAMES,
    yLabel,
    x: { domain: [...domain] },
    y: { domain: [...domain] },
    marks: [
      Plot.gridX({ ticks: 5 }),
      Plot.gridY({ ticks: 5 }),
      Plot.axisX({
        ticks: 5,
        label: xLabel,
        labelArrow: "none",
        labelAnchor: "center",
        tickSize: 0,
      }),
      Plot.axisY({ ticks: 5, label: null, tickSize: 0 }),
      Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.4 }),
      Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.4 }),
      Plot.line([domain[0], domain[1]], {
        x: (v: number) => v,
        y: (v: number) => v,
        stroke: "currentColor",
        strokeOpacity: 0.55,
      }),
      ...marks,
      names(
        labels.filter((point) => above(point) > 0),
        "above",
      ),
      names(
        labels.filter((point) => above(point) <= 0),
        "below",
      ),
    ],
  });
}
