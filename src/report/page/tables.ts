/** @file Tables of numbers: behind every picture, the values that it is drawn from. */

import type { Estimate } from "../../measures/statistics.ts";
import { type Format, interval, share } from "../format.ts";
import { type Child, html, type Markup } from "./markup.ts";

/** A table whose first cell of each row names the row. */
export interface DataTable {
  readonly caption: Child;
  readonly columns: readonly Child[];
  readonly rows: readonly (readonly Child[])[];
  /** Whether cells hold words rather than numbers. */
  readonly words?: boolean;
}

/** The table, in a frame that scrolls where the page is narrower. */
export function dataTable({ caption, columns, rows, words = false }: DataTable): Markup {
  const label = typeof caption === "string" ? caption : "table";
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}">
<table${words && html` class="in-words"`}><caption><span>${caption}</span></caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([name, ...cells]) =>
      html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

/** A mean and its interval, as two cells. */
export function estimateCells(estimate: Estimate, format: Format): [string, string] {
  return [format(estimate.mean), interval(estimate, format)];
}

/** A published value beside a measured one, or a dash where none was published. */
export function publishedCell(value: number | undefined, format: Format): string {
  return value === undefined ? "–" : format(value);
}

/** One row of an attention pattern, a line for each token. */
export function attentionTable({
  caption,
  labels,
  attention,
  published,
}: {
  readonly caption: string;
  readonly labels: readonly string[];
  readonly attention: readonly Estimate[];
  readonly published?: readonly number[] | undefined;
}): Markup {
  return dataTable({
    caption,
    columns: [
      "Position",
      "Token",
      "Attention",
      "95% interval",
      ...(published ? ["Published, attn-only-2l"] : []),
    ],
    rows: attention.map((estimate, key) => [
      key,
      labels[key],
      ...estimateCells(estimate, share),
      ...(published ? [publishedCell(published[key], share)] : []),
    ]),
  });
}

/** A matrix with a label for each row and column; what is masked has no number. */
export function matrixTable({
  caption,
  corner,
  rows,
  columns,
  values,
  format,
  causal = false,
}: {
  readonly caption: string;
  readonly corner: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly values: readonly (readonly number[])[];
  readonly format: Format;
  readonly causal?: boolean;
}): Markup {
  return dataTable({
    caption,
    columns: [corner, ...columns],
    rows: rows.map((row, r) => [
      row,
      ...columns.map((_, c) => (causal && c > r ? "" : format(values[r]?.[c] ?? 0))),
    ]),
  });
}
