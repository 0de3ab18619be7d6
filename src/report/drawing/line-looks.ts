/**
 * @file The colours and shapes of lines that stand beside each other. Every line differs from every other
 * in hue and in lightness or shape, on light paper and on dark.
 */

import type { Markup } from "../page/markup.ts";
import { COLOURS } from "./colour.ts";
import { seriesKey } from "./legend.ts";
import type { SeriesSymbol } from "./series-chart.ts";

/** A colour and a shape. */
export interface LineLook {
  readonly colour: string;
  readonly symbol: SeriesSymbol;
}

/** One look for each line of a panel. */
export const LINE_LOOKS: readonly LineLook[] = [
  { colour: COLOURS.right, symbol: "circle" },
  { colour: COLOURS.wrong, symbol: "square" },
  { colour: COLOURS.third, symbol: "triangle" },
  { colour: "var(--fourth)", symbol: "circle" },
  { colour: "var(--fifth)", symbol: "square" },
  { colour: "var(--sixth)", symbol: "triangle" },
  { colour: "var(--seventh)", symbol: "cross" },
  { colour: "var(--eighth)", symbol: "cross" },
];

const FIRST_LOOK: LineLook = { colour: COLOURS.right, symbol: "circle" };

/** The look of the line in one place of the series. */
export function lookOf(index: number): LineLook {
  return LINE_LOOKS[index] ?? FIRST_LOOK;
}

/** The look of one among so many: beyond eight, all are grey circles. */
export function lookAmong(index: number, count: number): LineLook {
  return count > LINE_LOOKS.length ? { colour: COLOURS.other, symbol: "circle" } : lookOf(index);
}

/** Keys to the lines of some names; beyond eight, one for all, which are each `any`. */
export function lineKeys(names: readonly string[], any: string): Markup[] {
  if (names.length > LINE_LOOKS.length) {
    return [seriesKey(any, COLOURS.other, { interval: false })];
  }
  return names.map((name, i) => {
    const { colour, symbol } = lookOf(i);
    return seriesKey(name, colour, { symbol, interval: false });
  });
}

/** The colours that the rest of the report has no use for. */
export const LINE_STYLE =
  ":root{--fourth:light-dark(#8a2f8f,#dd9ae0);--fifth:light-dark(#5b6470,#c3cad2);--sixth:light-dark(#8a6a00,#e6c34a);--seventh:light-dark(#00808a,#45b8b0);--eighth:light-dark(#8c1039,#ffb3c8)}";
