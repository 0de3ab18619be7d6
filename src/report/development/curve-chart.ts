/** @file Curves over training: lines with bands for their intervals, and the phase change behind them. */

import * as Plot from "@observablehq/plot";
import type { PhaseChange } from "../../development/phase-change.ts";
import { chart } from "../drawing/chart.ts";
import type { Point } from "../drawing/marks.ts";
import { type SeriesSymbol, valuesAxis } from "../drawing/series-chart.ts";
import type { Markup } from "../page/markup.ts";
import { type TokenAxis, tokenScale, tokenTicks } from "./token-axis.ts";

/** A curve. */
export interface Curve {
  readonly colour: string;
  readonly symbol?: SeriesSymbol;
  /** In the background: no marks, nothing to point at. */
  readonly isQuiet?: boolean;
  /** x in tokens. */
  readonly points: readonly Point[];
  /** Written at the end of the line. */
  readonly name?: string;
}

/** A chart of curves. */
export interface CurveChart {
  readonly title: string;
  readonly description: string;
  readonly yLabel: string;
  readonly axis: TokenAxis;
  readonly curves: readonly Curve[];
  /** A value that is of interest, as a dashed line. */
  readonly threshold?: number;
  readonly phaseChange?: PhaseChange | null;
  /** Values that the vertical axis has to show. */
  readonly shows?: readonly number[];
}

/** Room for the names at the ends of lines. */
const NAME_ROOM = 44;
/** Names at the ends of lines need so much of the height each. */
const NAME_SHARE = 0.065;

/** Names moved apart where their lines end close to each other, highest first. */
function namePlaces(
  curves: readonly Curve[],
  [low, high]: readonly [number, number],
): { x: number; y: number; name: string; colour: string }[] {
  const least = (high - low) * NAME_SHARE;
  const named = curves
    .flatMap(({ name, colour, points }) => {
      const end = points.at(-1);
      return name === undefined || end === undefined ? [] : [{ x: end.x, y: end.y, name, colour }];
    })
    .sort((a, b) => b.y - a.y);
  let above = Number.POSITIVE_INFINITY;
  return named.map((one) => {
    const y = Math.min(one.y, above - least);
    above = y;
    return { ...one, y };
  });
}

function extent(curves: readonly Curve[], shows: readonly number[]): [number, number] {
  const values = curves.flatMap(({ points, isQuiet }) =>
    points.flatMap(({ y, ci95 }) => (isQuiet ? [y] : [y, ...(ci95 ?? [])])),
  );
  const [low, high] = [Math.min(...shows, ...values), Math.max(...shows, ...values)];
  return low === high ? [low - 1, high + 1] : [low, high];
}

function curveMarks({ colour, symbol = "circle", isQuiet = false, points }: Curve): Plot.Markish[] {
  const line = Plot.line(points, {
    x: "x",
    y: "y",
    stroke: colour,
    strokeWidth: isQuiet ? 1 : 1.8,
    strokeOpacity: isQuiet ? 0.45 : 0.85,
  });
  if (isQuiet) return [line];
  return [
    Plot.areaY(
      points.filter(({ ci95 }) => ci95 !== undefined),
      {
        x: "x",
        y1: (point: Point) => point.ci95?.[0],
        y2: (point: Point) => point.ci95?.[1],
        fill: colour,
        fillOpacity: 0.16,
      },
    ),
    line,
    Plot.dot(points, { x: "x", y: "y", r: 2.3, symbol, fill: colour, title: "tip" }),
  ];
}

/** Draws the curves. */
export function curveChart(options: CurveChart): Markup {
  const { title, description, yLabel, axis, threshold, phaseChange, shows = [] } = options;
  const curves = options.curves.map((curve) => ({
    ...curve,
    points: curve.points.map((point) => ({ ...point, x: axis.place(point.x) })),
  }));
  const domain = extent(curves, shows);
  const marks: Plot.Markish[] = [];
  if (phaseChange) {
    const { from, to } = phaseChange;
    marks.push(
      Plot.rect([{ from: axis.place(from), to: axis.place(to) }], {
        x1: "from",
        x2: "to",
        fill: "currentColor",
        fillOpacity: 0.1,
      }),
    );
  }
  marks.push(...valuesAxis(), tokenTicks(axis));
  if (domain[0] <= 0) marks.push(Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.55 }));
  if (threshold !== undefined) {
    const dashes = { stroke: "currentColor", strokeOpacity: 0.7, strokeDasharray: "4 4" };
    marks.push(Plot.ruleY([threshold], dashes));
  }
  const quietFirst = curves.toSorted(
    (a, b) => Number(b.isQuiet ?? false) - Number(a.isQuiet ?? false),
  );
  marks.push(...quietFirst.flatMap(curveMarks));
  const names = namePlaces(curves, domain);
  if (names.length > 0) {
    marks.push(
      Plot.text(names, {
        x: "x",
        y: "y",
        text: "name",
        fill: "colour",
        dx: 6,
        textAnchor: "start",
        fontSize: 11,
        fontWeight: 600,
      }),
    );
  }
  return chart({
    title,
    description,
    yLabel,
    ...(names.length > 0 && { marginRight: NAME_ROOM }),
    x: tokenScale(axis),
    y: { nice: 5, domain },
    marks,
  });
}
