/** @file What the weights alone say of who reads whom. */

import * as Plot from "@observablehq/plot";
import type { ComposingPair } from "../../circuits/composition-baseline.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { CHART, chart } from "../drawing/chart.ts";
import { COLOURS, type ColourScale } from "../drawing/colour.ts";
import { heatmap } from "../drawing/heatmap.ts";
import { dashedKey, holeKey, scaleKey } from "../drawing/legend.ts";
import { valuesAxis } from "../drawing/series-chart.ts";
import { effect, plain, share } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, listed, type Markup } from "../page/markup.ts";
import { note } from "../page/section.ts";
import { dataTable } from "../page/tables.ts";
import { circuitLabels } from "./looks.ts";
import type { VerdictSectionOf } from "./section.ts";

/** What the later head reads with. */
export const MODES = ["Q", "K", "V"] as const;
type Mode = (typeof MODES)[number];

const READS: Readonly<Record<Mode, string>> = { Q: "queries", K: "keys", V: "values" };
/** Pairs that the table lists of each kind, and that the picture names. */
const LISTED = 8;
const NAMED = 1;

const times = (value: number): string => `${effect(value)}×`;

function matrixPanel(result: VerdictResult, mode: Mode, scale: ColourScale): Markup {
  const pairs = result.parts.composition.pairs[mode];
  const inOrder = (labels: readonly string[]) =>
    [...new Set(labels)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const writers = inOrder(pairs.map(({ writer }) => writer));
  const readers = inOrder(pairs.map(({ reader }) => reader));
  const byPair = new Map(pairs.map((pair) => [`${pair.writer} ${pair.reader}`, pair]));
  const at = (r: number, c: number) => byPair.get(`${writers[r]} ${readers[c]}`);
  const width = Math.min(41, Math.floor(330 / readers.length));
  return heatmap({
    title: `${mode}: what ${READS[mode]} read`,
    description: "Rows write, columns read; the strongest pairs are in the table below.",
    rows: writers,
    columns: readers,
    values: writers.map((_, r) => readers.map((__, c) => at(r, c)?.ratio ?? null)),
    scale,
    cell: { width, height: 22 },
    gap: 1,
    leastWidth: CHART.width,
    lean: width < 36,
    emphasised: circuitLabels(result),
    ...(width >= 30 && { cellText: (value: number) => value.toFixed(1) }),
    tip: (r, c) => {
      const pair = at(r, c);
      return `${writers[r]} to ${readers[c]} by ${READS[mode]}: ${pair ? `${share(pair.score)}, ${times(pair.ratio)} the baseline` : ""}`;
    },
  });
}

function allPairs({ parts: { composition } }: VerdictResult) {
  return MODES.flatMap((mode, i) =>
    composition.pairs[mode].map((pair, rank) => ({ ...pair, mode, x: i, rank })),
  );
}

type Dot = ComposingPair & { mode: Mode; x: number; rank: number };

/** Every pair beside what chance brings. */
function scorePanel(result: VerdictResult): Markup {
  const { baseline } = result.parts.composition;
  const dots: Dot[] = allPairs(result);
  const shown = circuitLabels(result);
  // Spread by rank, so that neighbours in score stand apart.
  const place = ({ x, rank }: Dot) => x + ((rank % 9) - 4) * 0.05;
  const isOfCircuit = ({ writer, reader }: Dot) => shown.has(writer) && shown.has(reader);
  const named = dots.filter(({ rank }) => rank < NAMED);
  return chart({
    title: "Every pair beside chance",
    description: named
      .map(({ writer, reader, mode, score }) => `${mode}: ${writer} to ${reader} ${share(score)}`)
      .join("; "),
    yLabel: "composition score",
    x: { domain: [-0.5, 2.5], ticks: [0, 1, 2] },
    y: { nice: 5, zero: true },
    marks: [
      ...valuesAxis(),
      Plot.axisX({
        ticks: [0, 1, 2],
        tickFormat: (i: number) => READS[MODES[i] ?? "Q"],
        tickSize: 0,
        label: null,
      }),
      Plot.ruleY([baseline.mean], {
        stroke: "currentColor",
        strokeOpacity: 0.75,
        strokeDasharray: "4 4",
      }),
      Plot.dot(dots, {
        x: place,
        y: "score",
        r: 3.2,
        fill: (dot: Dot) => (isOfCircuit(dot) ? COLOURS.wrong : COLOURS.other),
        symbol: (dot: Dot) => (isOfCircuit(dot) ? "square" : "circle"),
        fillOpacity: 0.8,
        title: ({ writer, reader, mode, score, ratio }: Dot) =>
          `${writer} to ${reader} by ${READS[mode]}: ${share(score)}, ${times(ratio)} the baseline`,
      }),
      Plot.text(named, {
        x: "x",
        y: "score",
        text: ({ writer, reader }: Dot) => `${writer} → ${reader}`,
        dy: -11,
        fontSize: 11,
      }),
    ],
  });
}

/** The section of composition. */
export const compositionSection: VerdictSectionOf = (result) => {
  const { composition } = result.parts;
  const { baseline, pairs } = composition;
  const all = allPairs(result);
  const largest = Math.max(1, ...all.map(({ ratio }) => ratio));
  const scale: ColourScale = { kind: "sequential", max: Math.ceil(largest * 2) / 2 };
  const strongest = MODES.flatMap((mode) => {
    const [first] = pairs[mode];
    return first
      ? [`${first.writer} to ${first.reader} by ${READS[mode]}, ${times(first.ratio)} the baseline`]
      : [];
  });
  return {
    id: "verdict-composition",
    title: "What the weights say",
    body: html`
<p>Composition scores (Elhage et al., 2021) tell from weights alone how much of what one head writes a later head reads. Random weights of this model’s shape score ${share(baseline.mean)} on average, and one pair in twenty scores above ${share(baseline.quantile95)} (${baseline.draws} draws). A high score says that a path could be used, not that it is.</p>
${
  all.length === 0
    ? note(
        "Without the weights as they came from files, or without a second layer, there is nothing to score.",
      )
    : html`<p>Strongest: ${listed(strongest)}.</p>
${figure({
  id: "figure-v17",
  label: "Figure V17",
  title: "Composition of heads",
  caption: `Scores as multiples of the baseline’s mean, ${share(baseline.mean)}; rows write, columns read. Weights with LayerNorm folded in and centred. The baseline says what overlap chance brings, not what training brings. The circuit’s heads in bold; in the last picture, pairs of two of them are squares.`,
  panels: [...MODES.map((mode) => matrixPanel(result, mode, scale)), scorePanel(result)],
  layout: "chart",
  keys: [
    scaleKey(scale, "multiple of the baseline", plain),
    ...(result.model.config.n_layers > 2 ? [holeKey("no such path")] : []),
    dashedKey("baseline: random weights, mean"),
  ],
  table: MODES.map((mode) =>
    dataTable({
      caption: `The strongest pairs, by ${READS[mode]}; the CSV has all`,
      columns: ["Writes", "Reads", "Score", "Multiple", "Standard deviations above"],
      rows: pairs[mode]
        .slice(0, LISTED)
        .map(({ writer, reader, score, ratio, deviations }) => [
          writer,
          reader,
          share(score),
          times(ratio),
          plain(deviations),
        ]),
    }),
  ),
  csv: "composition",
  part: "composition",
})}`
}`,
  };
};
