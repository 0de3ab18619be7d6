/** @file A figure as data: what is drawn, what stands in the table behind it, and what is saved. */

import type { ColourScale } from "./colour.ts";

interface Titled {
  readonly title: string;
  /** What the numbers are. */
  readonly measure: string;
}

/** A matrix of numbers. */
export interface MatrixFigure extends Titled {
  readonly kind: "matrix";
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly rowTitle: string;
  readonly columnTitle: string;
  /** Row by row. */
  readonly values: ArrayLike<number>;
  readonly scale: ColourScale;
  /** Whether what lies above the diagonal cannot be: a token sees none that come later. */
  readonly causal?: boolean;
}

/** A mark, with its interval and what it is compared with where these are known. */
export interface Mark {
  readonly label: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  readonly other?: number;
}

/** Bars from zero, with intervals where these are known. */
export interface BarFigure extends Titled {
  readonly kind: "bars";
  readonly marks: readonly Mark[];
  /** What the other numbers of the marks are, such as published ones. */
  readonly otherName?: string;
}

/** Matrices side by side. */
export interface PanelsFigure extends Titled {
  readonly kind: "panels";
  readonly panels: readonly MatrixFigure[];
}

/** An axis that is a scale: places from 0, on the left, to 1. */
export interface PlacedAxis {
  readonly places: readonly number[];
  readonly ticks: readonly { readonly place: number; readonly label: string }[];
}

/** Curves over common places, with intervals. */
export interface LineFigure extends Titled {
  readonly kind: "lines";
  readonly xTitle: string;
  readonly x: readonly string[];
  /** Where these stand; without it as far from each other, each with its label. */
  readonly axis?: PlacedAxis;
  readonly series: readonly { readonly name: string; readonly marks: readonly Mark[] }[];
}

export type Figure = MatrixFigure | BarFigure | LineFigure | PanelsFigure;

/** A figure as a table; what is not known is an empty cell. */
export interface FigureTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** The table behind a figure. */
export function figureTable(figure: Figure): FigureTable {
  switch (figure.kind) {
    case "matrix": {
      const { rows, columns, rowTitle, columnTitle, values, causal } = figure;
      return {
        head: [
          `${rowTitle} \\ ${columnTitle}`,
          ...columns.map((label, i) => columnName(label, i, columns)),
        ],
        rows: rows.map((label, row) => [
          columnName(label, row, rows),
          ...columns.map((_, column) =>
            causal && column > row ? "" : (values[row * columns.length + column] ?? Number.NaN),
          ),
        ]),
      };
    }
    case "bars":
      return {
        head: [
          "",
          figure.measure,
          "95% low",
          "95% high",
          ...(figure.otherName === undefined ? [] : [figure.otherName]),
        ],
        rows: figure.marks.map((mark) => [
          ...markRow(mark),
          ...(figure.otherName === undefined ? [] : [known(mark.other)]),
        ]),
      };
    case "lines":
      return {
        head: [figure.xTitle, "series", figure.measure, "95% low", "95% high"],
        rows: figure.series.flatMap(({ name, marks }) =>
          marks.map((mark, i) => {
            const [, ...numbers] = markRow(mark);
            return [figure.x[i] ?? "", name, ...numbers];
          }),
        ),
      };
    case "panels": {
      const tables = figure.panels.map(figureTable);
      return {
        head: ["panel", ...(tables[0]?.head ?? [])],
        rows: tables.flatMap(({ rows }, i) =>
          rows.map((row) => [figure.panels[i]?.title ?? "", ...row]),
        ),
      };
    }
  }
}

function known(value: number | undefined): number | "" {
  return value === undefined || Number.isNaN(value) ? "" : value;
}

function markRow({ label, value, low, high }: Mark): (string | number)[] {
  return [label, known(value), known(low), known(high)];
}

/** Labels repeat in prompts that repeat, so they are told apart by their places. */
function columnName(label: string, index: number, all: readonly string[]): string {
  return all.indexOf(label) === all.lastIndexOf(label) ? label : `${index} ${label}`;
}

function csvField(value: string | number): string {
  if (typeof value === "number") return String(value);
  // A spreadsheet would take such a cell for a formula.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A figure's table as CSV. */
export function figureCsv(figure: Figure): string {
  const { head, rows } = figureTable(figure);
  return `${[head, ...rows].map((row) => row.map(csvField).join(",")).join("\r\n")}\r\n`;
}

/** A figure as JSON, indented. */
export function figureJson(figure: Figure, spec: unknown): string {
  // Typed arrays would become objects.
  const plain = (_: string, value: unknown) =>
    ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value;
  return `${JSON.stringify({ ...figure, spec }, plain, 2)}\n`;
}

/** A share as it stands in a small cell: two decimals, and no zero before the point. */
export function shownShare(value: number): string {
  return value
    .toFixed(2)
    .replace(/^-0\.00$/, "0.00")
    .replace("-", "−")
    .replace(/^(−?)0\./, "$1.");
}

/** A number as it stands in a table: three decimals, or where these are all zero two figures. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const text = Math.abs(value) >= 0.001 || value === 0 ? value.toFixed(3) : value.toExponential(1);
  return text.replace("-", "−");
}
