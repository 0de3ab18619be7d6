/** @file Means along an axis, one or several series of them, with intervals and published values. */

import * as Plot from "@observablehq/plot";
import type { Markup } from "../page/markup.ts";
import { CHART, type ChartOptions, chart } from "./chart.ts";
import { intervalMarks, type Point, publishedMarks } from "./marks.ts";

/** What a series is drawn with, besides its colour. */
export type SeriesSymbol = "circle" | "square" | "triangle" | "cross";

/** Values that belong together. */
export interface Series {
  readonly colour: string;
  readonly symbol?: SeriesSymbol;
  /** Whether neighbours are joined. Default true. */
  readonly line?: boolean;
  /** Whether points have marks, or the line is all. Default true. */
  readonly dots?: boolean;
  readonly points: readonly Point[];
  readonly published?: readonly Point[];
}

/** An axis with names for its ticks. */
export interface Axis {
  readonly label: string;
  readonly ticks?: readonly number[];
  readonly names?: readonly string[];
}

/** A series chart. */
export interface SeriesChart {
  readonly title: string;
  readonly description: string;
  readonly x: Axis & { readonly rotate?: number };
  readonly y: { readonly label: string; readonly domain?: readonly [number, number] };
  readonly series: readonly Series[];
  readonly height?: number;
  readonly width?: number;
  /** Distance between series that share an x, in pixels. Default 7. */
  readonly dodge?: number;
  /** A value that is of interest, as a dashed line. */
  readonly threshold?: number;
}

/** Distance between series that share an x. */
const DODGE = 7;

/** The axis of places that have names or whole numbers. */
export function placesAxis({ label, ticks, names, rotate = 0 }: SeriesChart["x"], last: number) {
  return Plot.axisX({
    label,
    labelArrow: "none",
    labelAnchor: "center",
    ...(ticks && { ticks: [...ticks] }),
    ...(names && { tickFormat: (x: number) => names[x] ?? "" }),
    ...(!names && { tickFormat: (x: number) => String(x).replace("-", "−") }),
    tickRotate: rotate,
    fontSize: last > 12 && last < 24 ? 10 : 12,
    tickSize: last > 24 ? 3 : 0,
  });
}

/** The vertical axis: few lines; the chart has its name over it. */
export function valuesAxis(): Plot.Markish[] {
  return [Plot.gridY({ ticks: 5 }), Plot.axisY({ ticks: 5, label: null, tickSize: 0 })];
}

/** Draws the series, the zero line where zero is among the values, and diamonds on top. */
export function seriesChart({
  title,
  description,
  x,
  y,
  series,
  height = CHART.height,
  width = CHART.width,
  threshold,
  dodge = DODGE,
}: SeriesChart): Markup {
  const xs = series.flatMap(({ points, published = [] }) =>
    [...points, ...published].map((p) => p.x),
  );
  const first = Math.min(...xs);
  const last = Math.max(...xs);
  const marks: Plot.Markish[] = [
    ...valuesAxis(),
    placesAxis(x, last),
    Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.55 }),
  ];
  if (threshold !== undefined) {
    marks.push(
      Plot.ruleY([threshold], {
        stroke: "currentColor",
        strokeOpacity: 0.7,
        strokeDasharray: "4 4",
      }),
    );
  }
  const published: Plot.Markish[] = [];
  for (const [i, one] of series.entries()) {
    const dx = (i - (series.length - 1) / 2) * (one.points.some((p) => p.ci95) ? dodge : 0);
    const style = { colour: one.colour, dx };
    if (one.line ?? true) {
      marks.push(
        Plot.line(one.points, {
          x: "x",
          y: "y",
          stroke: one.colour,
          strokeWidth: 1.6,
          strokeOpacity: 0.7,
          dx,
        }),
      );
    }
    if (one.dots ?? true) {
      marks.push(
        intervalMarks(one.points, style),
        Plot.dot(one.points, {
          x: "x",
          y: "y",
          r: 3.4,
          symbol: one.symbol ?? "circle",
          fill: one.colour,
          title: "tip",
          dx,
        }),
      );
    }
    if (one.published !== undefined) {
      const colour = series.length > 1 ? { colour: one.colour } : {};
      published.push(publishedMarks(one.published, { ...colour, dx }));
    }
  }
  const options: ChartOptions = {
    title,
    description,
    height,
    ...(width !== CHART.width && { width, marginLeft: 34 }),
    yLabel: y.label,
    ...(x.rotate && { marginBottom: 64 }),
    x: { domain: [first - 0.5, last + 0.5] },
    y: { nice: 5, zero: true, ...(y.domain && { domain: [...y.domain] }) },
    marks: [...marks, ...published],
  };
  return chart(options);
}
