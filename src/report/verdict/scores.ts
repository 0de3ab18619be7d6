/** @file Why the induction head looks at B more than at D: its scores taken apart. */

import type { ScoreContrastsResult } from "../../hypothesis/score-contrasts.ts";
import { CHART } from "../drawing/chart.ts";
import type { ColourScale } from "../drawing/colour.ts";
import { heatmap } from "../drawing/heatmap.ts";
import { scaleKey } from "../drawing/legend.ts";
import { logits, withInterval } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, listed } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { sample } from "../prose.ts";
import { circuitLabels } from "./looks.ts";
import { missingNote, type VerdictSectionOf } from "./section.ts";

/** Numbers stand in cells that are at least so wide. */
const WIDE_ENOUGH = 26;
/** Shares of the largest part below which a number would only be noise to read. */
const LEAST_NUMBER = 0.1;
const MOST_ROWS = 12;

/**
 * Full colour from the median of the pictures' largest parts on: one length may have a part many times
 * larger than all of another's, and would leave the other white.
 */
function scaleOf(rows: ScoreContrastsResult["rows"]): ColourScale {
  const largest = rows
    .map(({ parts }) => Math.max(...parts.flat().map(({ mean }) => Math.abs(mean))))
    .sort((a, b) => a - b);
  const median = largest[Math.floor(largest.length / 2)] ?? 1;
  return { kind: "diverging", max: Math.max(0.1, Number(median.toPrecision(2))) };
}

/** The section of score contrasts. */
export const scoresSection: VerdictSectionOf = (result) => {
  const { rows, spec } = result.parts.scores;
  const [first] = rows;
  const scale = scaleOf(rows);
  return {
    id: "verdict-scores",
    title: "Why B and not D",
    body: html`
<p>The induction head’s score on a key is a sum over pairs: something that made the query with something that made the key. Score on B less score on D, pair by pair, shows which match decides where it looks.</p>
${
  first === undefined
    ? missingNote(result)
    : html`<p>For ${first.head}, the strongest induction head, B’s score is ahead by ${listed(
        rows.map(({ length, total }) => `${withInterval(total, logits)} nats at length ${length}`),
      )}, before the softmax.</p>
${figure({
  id: "figure-v11",
  label: "Figure V11",
  title: `What makes ${first.head} look at B more than at D`,
  caption: `Attention score of the last token’s query on B less that on D, asked about B’s sequence, less the same asked about D’s, halved, so that what draws the head to either place however one asks cancels; as a sum over what the query (rows) and the key (columns) are made of: token embedding, position, each head below, biases. All cells of a picture sum to its total. Means over ${sample(spec)} at each length; full colour from ${logits(scale.max)} nats on; 95% intervals in the table. The circuit’s heads in bold.`,
  panels: rows.map(({ length, sources, parts, total }) => {
    const width = Math.floor(330 / sources.length);
    return heatmap({
      title: `Length ${length}: ${logits(total.mean)} nats in total`,
      description:
        "Rows made the query, columns the key; the largest parts are in the table below.",
      rows: sources,
      columns: sources,
      values: parts.map((row) => row.map(({ mean }) => mean)),
      scale,
      cell: { width, height: 20 },
      gap: 1,
      leastWidth: CHART.width,
      lean: true,
      axes: { rows: "in the query", columns: "in the key" },
      emphasised: circuitLabels(result),
      ...(width >= WIDE_ENOUGH && {
        cellText: (value: number) =>
          Math.abs(value) < LEAST_NUMBER * scale.max ? "" : value.toFixed(1).replace("-", "−"),
      }),
      tip: (r, c) => {
        const part = parts[r]?.[c];
        return `${sources[r]} in the query, ${sources[c]} in the key: ${part ? withInterval(part, logits) : ""} nats`;
      },
    });
  }),
  layout: "chart",
  keys: [scaleKey(scale, "score on B less score on D, nats", logits)],
  table: rows.map(({ length, sources, parts }) =>
    dataTable({
      caption: `Length ${length}: the largest parts in nats, with 95% intervals`,
      columns: ["In the query", "In the key", "B less D"],
      rows: parts
        .flatMap((row, q) => row.map((part, k) => ({ q, k, part })))
        .sort((a, b) => Math.abs(b.part.mean) - Math.abs(a.part.mean))
        .slice(0, MOST_ROWS)
        .map(({ q, k, part }) => [sources[q], sources[k], withInterval(part, logits)]),
    }),
  ),
  csv: "score-contrasts",
  part: "scores",
})}`
}`,
  };
};
