/** @file Who tells whom: the effect of every path of the model at one length. */

import type { EdgeMatrix } from "../../hypothesis/edge-matrix.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import type { Estimate } from "../../measures/statistics.ts";
import { CHART } from "../drawing/chart.ts";
import type { ColourScale } from "../drawing/colour.ts";
import { type Heatmap, heatmap } from "../drawing/heatmap.ts";
import { holeKey, scaleKey } from "../drawing/legend.ts";
import { effect, logits, whole, withInterval } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, type Markup } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { sample, stated } from "../prose.ts";
import { circuitLabels, hasGap } from "./looks.ts";

/** Widest cells, and the room that all columns have together. */
const CELL = { most: 41, room: 330, height: 20 } as const;
/** Numbers stand in cells that are at least so wide, and only those that say something. */
const WIDE_ENOUGH = 34;
const LEAST_NUMBER = 0.05;
/** Rows of the table below. */
const MOST_ROWS = 30;

const INPUTS = [
  { suffix: ".q", title: "To queries" },
  { suffix: ".k", title: "To keys" },
  { suffix: ".v", title: "To values" },
] as const;

type Cell = { readonly from: string; readonly to: string; readonly effect: Estimate };

function matters(result: VerdictResult, matrix: EdgeMatrix): boolean {
  const { length } = result.parts.edges.spec;
  return hasGap(result, { side: matrix.side, length }, matrix);
}

function scaleOf(result: VerdictResult): ColourScale {
  const shares = result.parts.edges.matrices
    .filter((matrix) => matters(result, matrix))
    .flatMap(({ effects }) => effects.flat().map((cell) => Math.abs(cell?.mean ?? 0)));
  return { kind: "diverging", max: Math.ceil(Math.max(0.1, ...shares) * 10) / 10 };
}

function sizes(columns: number): Pick<Heatmap, "cell" | "lean"> & { numbers: boolean } {
  const width = Math.min(CELL.most, Math.floor(CELL.room / Math.max(1, columns)));
  return { cell: { width, height: CELL.height }, lean: width < 36, numbers: width >= WIDE_ENOUGH };
}

function shownNumber(value: number): string {
  return Math.abs(value) < LEAST_NUMBER ? "" : effect(value);
}

/** The paths to one kind of input. */
function inputPanel(
  result: VerdictResult,
  { effects }: EdgeMatrix,
  { suffix, title }: (typeof INPUTS)[number],
  scale: ColourScale,
): Markup {
  const { from, to } = result.parts.edges;
  const columns = to
    .map((label, i) => ({ label, i }))
    .filter(({ label }) => label.endsWith(suffix));
  const rows = from
    .map((label, i) => ({ label, i }))
    .filter(({ i }) => columns.some((column) => effects[i]?.[column.i]));
  const names = columns.map(({ label }) => label.slice(0, -suffix.length));
  const { cell, lean = false, numbers } = sizes(columns.length);
  const at = (r: number, c: number) => effects[rows[r]?.i ?? -1]?.[columns[c]?.i ?? -1] ?? null;
  return heatmap({
    title,
    description: "Rows send, columns read; the largest effects are in the table below.",
    rows: rows.map(({ label }) => label),
    columns: names,
    values: rows.map((_, r) => columns.map((__, c) => at(r, c)?.mean ?? null)),
    scale,
    cell,
    gap: 1,
    leastWidth: CHART.width,
    lean,
    emphasised: circuitLabels(result),
    ...(numbers && { cellText: shownNumber }),
    tip: (r, c) => {
      const found = at(r, c);
      return `${rows[r]?.label} to ${columns[c]?.label}: ${found ? withInterval(found, effect) : ""}`;
    },
  });
}

/** The direct paths to the logits, layer by layer. */
function logitsPanel(result: VerdictResult, { effects }: EdgeMatrix, scale: ColourScale): Markup {
  const { from, to } = result.parts.edges;
  const { n_layers, n_heads } = result.model.config;
  const place = to.indexOf("logits");
  const at = (label: string) => effects[from.indexOf(label)]?.[place] ?? null;
  const layers = Array.from({ length: n_layers }, (_, layer) => layer);
  const heads = Array.from({ length: n_heads }, (_, head) => head);
  const labels = [
    heads.map((head) => (head === 0 ? "embed" : "")),
    ...layers.map((layer) => heads.map((head) => `L${layer}H${head}`)),
  ];
  const { cell, numbers } = sizes(n_heads);
  return heatmap({
    title: "To the logits, directly",
    description: "One row a layer; the largest effects are in the table below.",
    rows: ["embed", ...layers.map((layer) => `L${layer}`)],
    columns: heads.map((head) => `H${head}`),
    values: labels.map((row) => row.map((label) => at(label)?.mean ?? null)),
    scale,
    cell,
    gap: 1,
    leastWidth: CHART.width,
    ...(numbers && { cellText: shownNumber }),
    tip: (r, c) => {
      const label = labels[r]?.[c] ?? "";
      const found = at(label);
      return `${label} to the logits: ${found ? withInterval(found, effect) : ""}`;
    },
  });
}

function cellsOf(result: VerdictResult, { effects }: EdgeMatrix): Cell[] {
  const { from, to } = result.parts.edges;
  return effects.flatMap((row, r) =>
    row.flatMap((cell, c) =>
      cell === null ? [] : [{ from: from[r] ?? "", to: to[c] ?? "", effect: cell }],
    ),
  );
}

/** What each side's corruption is called, in short. */
export const SIDE_NAMES = {
  query: "what asks is changed",
  keys: "what is found is changed",
} as const;

const SIDES = {
  query: {
    id: "figure-v6",
    label: "Figure V6",
    title: "Who tells whom, when what asks is changed",
    what: "the A that opens the last copy becomes C",
  },
  keys: {
    id: "figure-v7",
    label: "Figure V7",
    title: "Who tells whom, when what is found is changed",
    what: "the A and C that open the earlier copies trade places",
  },
} as const;

/** The figure of one side, or why there is none. */
export function edgeFigure(result: VerdictResult, side: keyof typeof SIDES): Markup | null {
  const matrix = result.parts.edges.matrices.find((one) => one.side === side);
  if (matrix === undefined) return null;
  const { id, label, title, what } = SIDES[side];
  const { spec } = result.parts.edges;
  if (!matters(result, matrix)) {
    return html`<p id="${id}">Where ${what}, at length ${spec.length}, the logit difference is ${stated(matrix.clean, logits)} before and ${stated(matrix.corrupted, logits)} after: there is nothing to give back, so no path is shown.</p>`;
  }
  const scale = scaleOf(result);
  const cells = cellsOf(result, matrix);
  const largest = cells.toSorted((a, b) => Math.abs(b.effect.mean) - Math.abs(a.effect.mean));
  const hasHoles = result.model.config.n_layers > 2 || result.model.config.n_heads > 1;
  return figure({
    id,
    label,
    title,
    caption: `Corrupted: ${what}, at length ${spec.length}; logit difference ${withInterval(matrix.clean, logits)} clean and ${withInterval(matrix.corrupted, logits)} corrupted. One path at a time gets what its sender (row) put out on the clean prompt, and only its reader (column) sees it. 0 is the corrupted logit difference, 1 the clean one; numbers from ${LEAST_NUMBER} on. Means, ${sample(spec)}. The circuit’s heads in bold.`,
    panels: [
      ...INPUTS.map((input) => inputPanel(result, matrix, input, scale)),
      logitsPanel(result, matrix, scale),
    ],
    layout: "chart",
    keys: [
      scaleKey(scale, "effect, 0 corrupted to 1 clean", effect),
      ...(hasHoles ? [holeKey("no such path")] : []),
    ],
    table: dataTable({
      caption: `The ${Math.min(MOST_ROWS, cells.length)} largest of ${whole(cells.length)} effects when ${SIDE_NAMES[side]}; the CSV has all`,
      columns: ["From", "To", "Effect, with 95% interval"],
      rows: largest
        .slice(0, MOST_ROWS)
        .map((cell) => [cell.from, cell.to, withInterval(cell.effect, effect)]),
    }),
    csv: "edges",
    part: "edges",
  });
}
