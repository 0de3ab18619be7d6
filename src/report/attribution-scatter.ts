/** @file What gradients say of heads against what patching does: the picture of the comparison. */

import type { AttributionComparison } from "../interventions/attribution-comparison.ts";
import { COLOURS } from "./drawing/colour.ts";
import { lineKey, seriesKey } from "./drawing/legend.ts";
import { type ScatterSeries, scatterChart } from "./drawing/scatter-chart.ts";
import { effect } from "./format.ts";
import type { Markup } from "./page/markup.ts";

/** The chart and its keys, for a figure or a file of its own. */
export function attributionScatter(
  { heads }: Pick<AttributionComparison, "heads">,
  title = "Gradients against patching",
): {
  readonly chart: Markup;
  readonly keys: readonly Markup[];
} {
  const series: ScatterSeries[] = [
    {
      name: "attribution patching",
      colour: COLOURS.wrong,
      symbol: "triangle",
      points: heads.map(({ label, exact, attribution }) => ({ label, x: exact, y: attribution })),
    },
    {
      name: "integrated gradients",
      colour: COLOURS.right,
      points: heads.map(({ label, exact, integrated }) => ({ label, x: exact, y: integrated })),
    },
  ];
  return {
    chart: scatterChart({
      title,
      xLabel: "exact effect of patching the head's z",
      yLabel: "effect by gradients",
      series,
      format: effect,
    }),
    keys: [
      ...series.map(({ name, colour, symbol = "circle" }) => seriesKey(name, colour, { symbol })),
      lineKey("where both agree", "currentColor"),
    ],
  };
}
