/**
 * @file The colours and shapes of a sweep's lines. Every line differs from every other in hue and in
 * lightness or shape, on light paper and on dark.
 */

import { COLOURS } from "../drawing/colour.ts";
import type { SeriesSymbol } from "../drawing/series-chart.ts";

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
];

const FIRST_LOOK: LineLook = { colour: COLOURS.right, symbol: "circle" };

/** The look of the line in one place of the series. */
export function lookOf(index: number): LineLook {
  return LINE_LOOKS[index] ?? FIRST_LOOK;
}

/** The colours that the rest of the report has no use for. */
export const LINE_STYLE =
  ":root{--fourth:light-dark(#8a2f8f,#dd9ae0);--fifth:light-dark(#5b6470,#c3cad2);--sixth:light-dark(#8a6a00,#e6c34a)}";
