/** @file Whether how far the heads below look sets how long a sequence can be. */

import type { ReachResult } from "../../hypothesis/reach.ts";
import { CHART } from "../drawing/chart.ts";
import type { ColourScale } from "../drawing/colour.ts";
import { heatmap } from "../drawing/heatmap.ts";
import { dashedKey, lineKey, scaleKey, seriesKey } from "../drawing/legend.ts";
import { type Series, seriesChart } from "../drawing/series-chart.ts";
import { effect, interval, logits, withInterval } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { sample } from "../prose.ts";
import { cutNote, HALF, isClear, leftOut, lookOfLength, numbers, sharePoint } from "./looks.ts";
import { paragraph, type VerdictSectionOf } from "./section.ts";

/** The least reach that still sees A from B. */
function needed(length: number): number {
  return length - 1;
}

function scaleOf({ rows }: ReachResult): ColourScale {
  const shares = rows
    .filter(({ whole }) => isClear(whole))
    .flatMap(({ cells }) => cells.map(({ kept }) => Math.abs(kept.mean)));
  return { kind: "diverging", max: Math.min(3, Math.ceil(Math.max(1, ...shares) * 10) / 10) };
}

/** The section of reach. */
export const reachSection: VerdictSectionOf = (result) => {
  const { reach } = result.parts;
  const { rows, layers, spec } = reach;
  const clear = rows.filter(({ whole }) => isClear(whole));
  const unclear = rows.filter(({ whole }) => !isClear(whole)).map(({ length }) => length);
  const lengths = rows.map(({ length }) => length);
  const scale = scaleOf(reach);
  const series = clear.map(
    ({ length, cells }): Series => ({
      ...lookOfLength(lengths, length),
      points: cells.map(({ reach: limit, kept }) =>
        sharePoint(limit - needed(length), kept, `length ${length}, reach ${limit}`, effect),
      ),
    }),
  );
  const section = { id: "verdict-reach", title: "How far back it must see" };
  const why =
    "In a sequence of length n, A stands n − 1 tokens before B. If what tells the two sequences apart comes to B’s key through heads that look back, they must look back that far.";
  if (layers.length === 0) {
    const nothing =
      "Here there are no heads below the induction heads whose reach could be limited.";
    return { ...section, body: html`${paragraph(why, nothing)}` };
  }
  return {
    ...section,
    body: html`
<p>${why} So the heads of layer${layers.length === 1 ? "" : "s"} ${numbers(layers)} are kept from looking further than some number of tokens, BOS excepted. The claim says that the answer survives a reach of n − 1 and does not survive one of n − 2.</p>
${paragraph(leftOut(unclear, "the whole logit difference"))}
${
  clear.length > 0 &&
  figure({
    id: "figure-v5",
    label: "Figure V5",
    title: "What is kept with a limited reach",
    caption: `Corrected logit difference with the reach limited, as a share of that without a limit, on the same prompts: 0 is nothing, 1 all; above 1 a limit helps. Left: the line is the prediction, to its right the answer should be kept. Right: the same against how far the reach is beyond n − 1; predicted is a step from below the dashed line, one half, to above it at 0. Means with 95% intervals; ${sample(spec)} at each length.${cutNote(series)}`,
    panels: [
      heatmap({
        title: "Share kept, by length and reach",
        description: rows
          .map(
            ({ length, cells }) =>
              `length ${length}: ${cells.map(({ kept, reach: r }) => `reach ${r} ${effect(kept.mean)}`).join(", ")}`,
          )
          .join("; "),
        rows: rows.map(({ length }) => String(length)),
        columns: spec.reaches.map(String),
        values: rows.map(({ cells, whole }) =>
          cells.map(({ kept }) => (isClear(whole) ? kept.mean : null)),
        ),
        scale,
        cell: { width: Math.floor(340 / spec.reaches.length), height: 34 },
        gap: 1,
        leastWidth: CHART.width,
        axes: {
          rows: "length",
          columns: "furthest token that heads below may look at, in tokens back",
        },
        frontier: rows.map(({ length }) => {
          const first = spec.reaches.findIndex((limit) => limit >= needed(length));
          return first === -1 ? spec.reaches.length : first;
        }),
        cellText: effect,
        tip: (r, c) => {
          const cell = rows[r]?.cells[c];
          return `length ${rows[r]?.length}, reach ${cell?.reach}: ${cell ? withInterval(cell.kept, effect) : ""}`;
        },
      }),
      ...(series.length > 0
        ? [
            seriesChart({
              title: "The same, from the predicted boundary",
              description: "One line a length; values in the table below.",
              x: {
                label: "reach less (length − 1)",
                ticks: [...new Set(series.flatMap(({ points }) => points.map((p) => p.x)))].sort(
                  (a, b) => a - b,
                ),
              },
              y: { label: "share kept" },
              threshold: HALF,
              dodge: 4,
              series,
            }),
          ]
        : []),
    ],
    layout: "chart",
    keys: [
      scaleKey(scale, "share kept", effect),
      lineKey("predicted boundary", "currentColor"),
      ...clear.map(({ length }) => {
        const { colour, symbol } = lookOfLength(lengths, length);
        return seriesKey(`length ${length}`, colour, { symbol });
      }),
      dashedKey("one half"),
    ],
    table: dataTable({
      caption: "Share kept, with 95% intervals",
      columns: [
        "Length",
        "Whole, nats",
        ...spec.reaches.flatMap((r) => [`Reach ${r}`, "95% interval"]),
      ],
      rows: rows.map(({ length, whole, cells }) => [
        length,
        withInterval(whole, logits),
        ...cells.flatMap(({ kept }) =>
          isClear(whole) ? [effect(kept.mean), interval(kept, effect)] : ["–", ""],
        ),
      ]),
    }),
    csv: "reach",
    part: "reach",
  })
}`,
  };
};
