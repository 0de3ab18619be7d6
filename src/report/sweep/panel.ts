/** @file One panel of a sweep: means with their intervals along one parameter, a line for each series. */

import * as Plot from "@observablehq/plot";
import { CHART, chart } from "../drawing/chart.ts";
import type { LineLook } from "../drawing/line-looks.ts";
import { intervalMarks, type Point } from "../drawing/marks.ts";
import { valuesAxis } from "../drawing/series-chart.ts";
import type { Markup } from "../page/markup.ts";

/** A line of a panel. */
export interface PanelLine extends LineLook {
  readonly points: readonly Point[];
}

/** Where the values of the horizontal axis stand. */
export interface XAxis {
  readonly label: string;
  readonly texts: readonly string[];
  /** The place of each value. */
  readonly places: readonly number[];
  /** Whether distances between places are distances between values. */
  readonly toScale: boolean;
}

/** A panel. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  /** What is measured, under the title. */
  readonly yLabel: string;
  readonly x: XAxis;
  readonly yDomain: readonly [low: number, high: number];
  readonly lines: readonly PanelLine[];
}

const MARGIN = { left: 48, right: 12 };
const PLOT_WIDTH = CHART.width - MARGIN.left - MARGIN.right;
/** Half a step is free on either side of the first and the last value. */
const FREE_STEPS = 1;
/** Least distance between neighbours for which numbers stand to scale, in pixels. */
const LEAST_STEP = 9;
const CHARACTER = 6.6;
const MOST_DODGE = 7;
/** Where a line has less room than this beside the others, intervals become bands. */
const LEAST_ROOM = 5;
/** Distance between neighbours below which dots are small. */
const SMALL_STEP = 14;

/** The least distance between neighbours, and the room that all values and the free ends take. */
function spacing(places: readonly number[]): { step: number; span: number } {
  const sorted = places.toSorted((a, b) => a - b);
  const steps = sorted.slice(1).map((place, i) => place - (sorted[i] as number));
  const step = Math.min(...steps, ...(steps.length === 0 ? [1] : []));
  const span = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0) + FREE_STEPS * step;
  return { step, span };
}

/** Numbers to scale where their neighbours leave room for it, and else one place after the other. */
export function xAxis(
  label: string,
  texts: readonly string[],
  numbers: readonly number[] | null,
): XAxis {
  const inTurn = texts.map((_, i) => i);
  if (numbers === null) return { label, texts, places: inTurn, toScale: true };
  const { step, span } = spacing(numbers);
  const sorted = numbers.every((value, i) => i === 0 || value > (numbers[i - 1] as number));
  const toScale = sorted && (step / span) * PLOT_WIDTH >= LEAST_STEP;
  return { label, texts, places: toScale ? numbers : inTurn, toScale };
}

/** Whether every `stride`-th name has room beside the next. */
function haveRoom({ texts, places }: XAxis, pixelsPerUnit: number, stride: number): boolean {
  const order = places.map((_, i) => i).filter((i) => i % stride === 0);
  order.sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  return order.every((i, k) => {
    const before = order[k - 1];
    if (before === undefined) return true;
    const distance = ((places[i] ?? 0) - (places[before] ?? 0)) * pixelsPerUnit;
    const characters = ((texts[i]?.length ?? 0) + (texts[before]?.length ?? 0)) / 2;
    return distance >= characters * CHARACTER + 4;
  });
}

/** Every value, or every second, third, …, so that names have room beside each other. */
function shownTicks(axis: XAxis, pixelsPerUnit: number): number[] {
  let stride = 1;
  while (!haveRoom(axis, pixelsPerUnit, stride)) stride++;
  return axis.places.map((_, i) => i).filter((i) => i % stride === 0);
}

/** Names of words that would overlap are set at a slant, all of them. */
function isSlanted(axis: XAxis, pixelsPerUnit: number): boolean {
  const areWords = axis.texts.some((text) => !/^\d+$/.test(text));
  return areWords && shownTicks(axis, pixelsPerUnit).length < axis.texts.length;
}

/** The domain of several panels, so that they can be compared: all intervals, and zero. */
export function sharedDomain(points: readonly Point[]): [low: number, high: number] {
  const values = points.flatMap(({ y, ci95 }) => [y, ...(ci95 ?? [])]);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  return low === high ? [0, 1] : [low, high];
}

/** Intervals as a band around the line, where bars would stand too close. */
function band(points: readonly Point[], colour: string, opacity: number) {
  return Plot.areaY(
    points.filter(({ ci95 }) => ci95 !== undefined),
    {
      x: "x",
      y1: (point: Point) => point.ci95?.[0],
      y2: (point: Point) => point.ci95?.[1],
      fill: colour,
      fillOpacity: opacity,
    },
  );
}

/** Draws the panel. */
export function sweepPanel({ title, description, yLabel, x, yDomain, lines }: Panel): Markup {
  const { step, span } = spacing(x.places);
  const pixelsPerUnit = PLOT_WIDTH / span;
  const stepPixels = step * pixelsPerUnit;
  const dense = stepPixels < LEAST_ROOM * lines.length;
  const dodge = dense ? 0 : Math.min(MOST_DODGE, (0.6 * stepPixels) / lines.length);
  const slanted = isSlanted(x, pixelsPerUnit);
  const shown = slanted ? x.texts.map((_, i) => i) : shownTicks(x, pixelsPerUnit);
  const names = new Map(shown.map((i) => [x.places[i], x.texts[i] ?? ""]));
  const marks: Plot.Markish[] = [
    ...valuesAxis(),
    Plot.axisX({
      label: x.label,
      labelArrow: "none",
      labelAnchor: "center",
      ticks: [...names.keys()].filter((place) => place !== undefined),
      tickFormat: (place: number) => names.get(place) ?? "",
      tickSize: 0,
      fontSize: 12,
      ...(slanted && { tickRotate: -20 }),
    }),
    Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.55 }),
  ];
  for (const [i, { colour, symbol, points }] of lines.entries()) {
    const dx = (i - (lines.length - 1) / 2) * dodge;
    marks.push(
      Plot.line(points, {
        x: "x",
        y: "y",
        stroke: colour,
        strokeWidth: 1.6,
        strokeOpacity: 0.7,
        dx,
      }),
      dense
        ? band(points, colour, Math.min(0.16, 0.5 / lines.length))
        : intervalMarks(points, { colour, dx }),
      Plot.dot(points, {
        x: "x",
        y: "y",
        r: dense || stepPixels < SMALL_STEP ? 2.2 : 3.4,
        symbol,
        fill: colour,
        title: "tip",
        dx,
      }),
    );
  }
  const first = Math.min(...x.places);
  const last = Math.max(...x.places);
  const free = (FREE_STEPS * step) / 2;
  return chart({
    title,
    description,
    yLabel,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    ...(slanted && { marginBottom: 58, height: CHART.height + 18 }),
    x: { domain: [first - free, last + free] },
    y: { nice: 5, domain: [...yDomain] },
    marks,
  });
}
