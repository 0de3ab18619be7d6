/** @file The frame of every figure: pictures, keys, caption, the values as a table, and downloads. */

import type { ExperimentName } from "../../experiments/reproduce-spec.ts";
import type { VerdictPart } from "../../hypothesis/verdict-parts.ts";
import type { CsvName } from "../csv/table.ts";
import type { VerdictCsvName } from "../verdict/csv-name.ts";
import { type Child, html, type Markup } from "./markup.ts";

/** The data that a figure's downloads hold: a CSV table, and the result of an experiment or a test. */
export type FigureData =
  | { readonly csv: CsvName; readonly json: ExperimentName }
  | { readonly csv: VerdictCsvName; readonly part: VerdictPart }
  | { readonly csv: "claims"; readonly claims: true };

/** What a figure shows. */
export interface FigureFrame {
  /** `figure-2` */
  readonly id: string;
  /** `Figure 2` */
  readonly label: string;
  readonly title: Child;
  readonly caption: Child;
  readonly panels: readonly Markup[];
  /** `small` panels stand four in a row, `chart` two, `single` alone; `wide` ones have all of the width. */
  readonly layout: "small" | "chart" | "single" | "wide";
  readonly keys: readonly Markup[];
  readonly table: Child;
}

/** A figure. */
export type Figure = FigureFrame & FigureData;

/** What the page's script can save; it shows the buttons, which without it would do nothing. */
export interface Saving {
  /**
   * `csv`, `json` and `part`, of the verdict, save by name, `svg` the figure around the button; the rest
   * is of the whole result or verdict.
   */
  readonly kind: "csv" | "json" | "part" | "svg" | "comparisons" | "result" | "claims" | "verdict";
  readonly name?: CsvName | VerdictCsvName | ExperimentName | VerdictPart;
  /** `CSV` */
  readonly format: string;
}

/** Buttons that save data, `label` being what they save. */
export function downloads(label: string, savings: readonly Saving[]): Markup {
  return html`<p class="downloads" hidden>Save as ${savings.map(
    ({ kind, name = "", format }) =>
      html`<button type="button" data-save="${kind}" data-name="${name}" aria-label="Save ${label} as ${format}">${format}</button> `,
  )}</p>`;
}

function jsonOf(data: FigureData): Saving {
  if ("json" in data) return { kind: "json", name: data.json, format: "JSON" };
  if ("part" in data) return { kind: "part", name: data.part, format: "JSON" };
  return { kind: "claims", format: "JSON" };
}

/** The figure as HTML. */
export function figure(options: Figure): Markup {
  const { id, label, title, caption, panels, layout, keys, table, csv } = options;
  return html`<figure id="${id}">
<div class="pictures" tabindex="0" role="group" aria-label="${label}: pictures; arrow keys read values">
<div class="panels ${layout}">${panels}</div>
<div class="keys">${keys}</div>
</div>
<figcaption><strong>${label}. ${title}.</strong> ${caption}</figcaption>
<details><summary>Values of ${label} as a table</summary>${table}</details>
${downloads(label, [
  { kind: "csv", name: csv, format: "CSV" },
  jsonOf(options),
  { kind: "svg", format: "SVG" },
])}
</figure>`;
}
