/**
 * @file The frame of a figure that brings its own data: pictures, keys, caption, the values as a table,
 * downloads. Figures of the report and of a verdict, whose data is the page's, have theirs in `figure.ts`.
 */

import type { CsvTable } from "../csv/table.ts";
import { type Child, html, type Markup } from "./markup.ts";
import { dataTable } from "./tables.ts";

/** A figure, and the data behind it. */
export interface DataFigure {
  /** By which its files are named: `losses`, or `losses-<run>` where there are several runs. */
  readonly name: string;
  readonly title: string;
  readonly caption: Child;
  readonly panels: readonly Markup[];
  readonly layout: "chart" | "single" | "wide";
  readonly keys: readonly Markup[];
  /** All values, for the file. */
  readonly table: CsvTable;
  /** The values, as JSON. */
  readonly json: unknown;
}

/** A table of more rows than this ends there and leaves the rest to the file. */
const MOST_ROWS = 400;

function shownCell(cell: string | number | null): string | number {
  if (cell === null) return "–";
  if (typeof cell === "string" || Number.isInteger(cell)) return cell;
  return String(Number(cell.toPrecision(4))).replace("-", "−");
}

/** Buttons that save a figure's data by its name, `label` being what they save; the page's script shows them. */
export function figureSavings(label: string, name: string): Markup {
  const kinds = [
    ["csv", "CSV"],
    ["figure", "JSON"],
    ["svg", "SVG"],
  ];
  return html`<p class="downloads" hidden>Save as ${kinds.map(
    ([kind, format]) =>
      html`<button type="button" data-save="${kind}" data-name="${name}" aria-label="Save ${label} as ${format}">${format}</button> `,
  )}</p>`;
}

/** The figure as HTML. */
export function dataFigure(figure: DataFigure, number: number): Markup {
  const { name, title, caption, panels, layout, keys, table } = figure;
  const label = `Figure ${number}`;
  const { columns, rows } = table;
  const shown = rows.slice(0, MOST_ROWS).map((row) => row.map(shownCell));
  return html`<figure id="${name}">
<div class="pictures" tabindex="0" role="group" aria-label="${label}: pictures; arrow keys read values">
<div class="panels ${layout}">${panels}</div>
<div class="keys">${keys}</div>
</div>
<figcaption><strong>${label}. ${title}.</strong> ${caption}</figcaption>
<details><summary>Values of ${label} as a table</summary>${dataTable({ caption: `${label}: ${title}`, columns: [...columns], rows: shown })}${
    rows.length > MOST_ROWS &&
    html`<p>These are ${MOST_ROWS} of ${rows.length} rows; the file of numbers has all.</p>`
  }</details>
${figureSavings(label, name)}
</figure>`;
}
