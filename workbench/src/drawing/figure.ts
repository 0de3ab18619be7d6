/** @file A figure as data: what is drawn, what stands in the table behind it, and what is saved. */

import type { Estimate } from "../../../src/measures/statistics.ts";
import type { ColourScale } from "./colour.ts";

/** A mark, with its interval and what it is compared with where these are known. */
export interface Mark {
  readonly label: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  readonly other?: number;
  /** Prompts behind it, where one mark may have others than the next. */
  readonly n?: number;
}

/** A number that stands in words beside a figure, for it is of another kind than those that are drawn. */
export interface Fact extends Mark {
  /** What it is. */
  readonly measure: string;
}

interface Titled {
  readonly title: string;
  /** What the numbers are. */
  readonly measure: string;
  /** Prompts behind the numbers, where it is not all of them that were asked for. */
  readonly n?: number;
  readonly facts?: readonly Fact[];
}

/** Ends of the 95% intervals of a matrix, row by row, where these are known. */
export interface Intervals {
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
}

/** A matrix of numbers. Cells whose interval holds zero are hatched. */
export interface MatrixFigure extends Titled, Intervals {
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

/** Bars from zero, with intervals where these are known. */
export interface BarFigure extends Titled {
  readonly kind: "bars";
  /** What a mark is of: a lag, a token, a head. */
  readonly markTitle: string;
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

/** Columns of the ends of an interval. */
const ENDS = ["95% low", "95% high"] as const;

/** The table behind a figure. */
export function figureTable(figure: Figure): FigureTable {
  switch (figure.kind) {
    case "matrix": {
      if (figure.low !== undefined) return cellTable(figure);
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
      return barTable(figure);
    case "lines":
      return lineTable(figure);
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

/** Has numbers of prompts where the marks have them. */
function lineTable({ xTitle, x, measure, series }: LineFigure): FigureTable {
  const hasCounts = series.some(({ marks }) => marks.some(({ n }) => n !== undefined));
  return {
    head: [xTitle, "series", measure, ...ENDS, ...(hasCounts ? ["n"] : [])],
    rows: series.flatMap(({ name, marks }) =>
      marks.map((mark, i) => {
        const [, ...numbers] = markRow(mark);
        return [x[i] ?? "", name, ...numbers, ...(hasCounts ? [counted(mark.n)] : [])];
      }),
    ),
  };
}

/** How many prompts are behind a figure's numbers, in words; undefined where it is all that were asked for. */
export function promptsBehind(figure: Figure): string | undefined {
  const ofMarks =
    figure.kind === "lines"
      ? figure.series.flatMap(({ marks }) => marks.flatMap(({ n }) => n ?? []))
      : [];
  if (ofMarks.length === 0) return figure.n?.toString();
  const [least, most] = [Math.min(...ofMarks), Math.max(...ofMarks)];
  return least === most ? `${least}` : `${least} to ${most}`;
}

/** A matrix with intervals has a row for each cell. */
function cellTable({ n, ...figure }: MatrixFigure): FigureTable {
  const { rows, columns, rowTitle, columnTitle, measure, values, low = [], high = [] } = figure;
  return {
    head: [rowTitle, columnTitle, measure, ...ENDS, "n"],
    rows: rows.flatMap((row, r) =>
      columns.map((column, c) => {
        const cell = r * columns.length + c;
        const numbers = [values, low, high].map((of) => known(of[cell]));
        return [columnName(row, r, rows), columnName(column, c, columns), ...numbers, counted(n)];
      }),
    ),
  };
}

/** Where there are facts, each row says what its number is. */
function barTable({ facts = [], markTitle, marks, measure, otherName }: BarFigure): FigureTable {
  const others = (mark: Mark) => (otherName === undefined ? [] : [known(mark.other)]);
  const otherHead = otherName === undefined ? [] : [otherName];
  if (facts.length === 0) {
    return {
      head: [markTitle, measure, ...ENDS, ...otherHead],
      rows: marks.map((mark) => [...markRow(mark), ...others(mark)]),
    };
  }
  const all: readonly Fact[] = [...facts, ...marks.map((mark) => ({ ...mark, measure }))];
  return {
    head: [markTitle, "measure", "mean", ...ENDS, ...otherHead],
    rows: all.map((mark) => {
      const [label = "", ...numbers] = markRow(mark);
      return [label, mark.measure, ...numbers, ...others(mark)];
    }),
  };
}

/**
 * Whether the interval of a matrix's cell holds zero, so that nothing may be there. Where that nothing is
 * there is sure, as where a patch cannot reach the answer, there is no interval to speak of.
 */
export function holdsZero({ low, high }: Intervals, cell: number): boolean {
  const [from = 1, to = -1] = [low?.[cell], high?.[cell]];
  return from <= 0 && to >= 0 && from < to;
}

function known(value: number | undefined): number | "" {
  return value === undefined || Number.isNaN(value) ? "" : value;
}

/** As text, for a table writes its numbers with decimals. */
function counted(n: number | undefined): string {
  return n === undefined ? "" : `${n}`;
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

/** A mean and its interval: `0.312 (0.250 to 0.374)`; of a single value there is none. */
export function shownEstimate(
  { mean, ci95, n }: Pick<Estimate, "mean" | "ci95" | "n">,
  shownNumber: (value: number) => string = shown,
): string {
  const [low, high] = ci95.map(shownNumber);
  return n > 1 ? `${shownNumber(mean)} (${low} to ${high})` : shownNumber(mean);
}

/** An estimate as a mark. */
export function markOf(label: string, { mean, ci95, n }: Estimate): Mark {
  return { label, value: mean, ...(n > 1 && { low: ci95[0], high: ci95[1] }) };
}
