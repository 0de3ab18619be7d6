/**
 * @file Matrices as coloured cells. What a causal model cannot see is hatched, so that it cannot be
 * taken for a zero; each cell says its value where the reader points.
 */

import { escaped, type Markup } from "../page/markup.ts";
import { picture } from "./chart.ts";
import { type ColourScale, colourClass, isMiddling, isStrong } from "./colour.ts";

/** A matrix to draw. */
export interface Heatmap {
  readonly title: string;
  readonly description: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** [row][column]; null where there is nothing, which is hatched as what is masked. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly scale: ColourScale;
  /** Whether columns behind the row's own are masked. */
  readonly causal?: boolean;
  /** What a cell says. */
  readonly tip: (row: number, column: number, value: number) => string;
  /** Writes the value into the cell. */
  readonly cellText?: (value: number) => string;
  /** Cells with a frame around them. */
  readonly outlined?: (row: number, column: number) => boolean;
  /** A line from top to bottom, in each row before this column. */
  readonly frontier?: readonly number[];
  /** Labels that stand out. */
  readonly emphasised?: ReadonlySet<string>;
  /** Paper between cells, in pixels, where most of them are nearly nothing. Default 0. */
  readonly gap?: number;
  /** Whether labels of columns lean, as they must where they are wider than cells. */
  readonly lean?: boolean;
  /** Every how many rows and columns have a label. Default 1. */
  readonly labelEvery?: number;
  /** Of the labels. Default 12. */
  readonly fontSize?: number;
  readonly cell: { readonly width: number; readonly height: number };
  /** Of the picture: a small matrix stays small where pages stretch pictures. Default as it comes. */
  readonly leastWidth?: number;
  /** Names of the axes, where the legend does not say them; that of rows may be empty. */
  readonly axes?: { readonly rows: string; readonly columns: string };
}

const TOP = 26;
const CHARACTER = 0.64;

function valueAt(values: Heatmap["values"], row: number, column: number): number | null {
  const value = values[row]?.[column];
  return value === undefined ? 0 : value;
}

function inkOn(value: number, scale: ColourScale): string {
  if (isStrong(value, scale)) return ' class="on-strong"';
  return isMiddling(value, scale) ? ' class="on-middling"' : "";
}

function cellPath(x: number, y: number, width: number, height: number): string {
  return `M${x} ${y}h${width}v${height}h-${width}z`;
}

function cells({
  rows,
  columns,
  values,
  scale,
  causal,
  tip,
  cellText,
  cell,
  gap = 0,
}: Heatmap): string {
  const parts: string[] = [];
  for (const [r] of rows.entries()) {
    for (const [c] of columns.entries()) {
      if (causal === true && c > r) continue;
      const value = valueAt(values, r, c);
      if (value === null) continue;
      const path = cellPath(c * cell.width, r * cell.height, cell.width - gap, cell.height - gap);
      const title = `<title>${escaped(tip(r, c, value))}</title>`;
      parts.push(`<path class="${colourClass(value, scale)}" d="${path}">${title}</path>`);
      if (cellText === undefined) continue;
      const ink = inkOn(value, scale);
      const x = (c + 0.5) * cell.width;
      const y = (r + 0.5) * cell.height;
      parts.push(
        `<text${ink} x="${x}" y="${y}" dy=".35em" font-size="11" pointer-events="none">${escaped(cellText(value))}</text>`,
      );
    }
  }
  return parts.join("");
}

/** The staircase of masked cells, and a stroke across each of them. */
function mask({ rows, columns, cell }: Heatmap): string {
  const { width: w, height: h } = cell;
  const strokes: string[] = [];
  let staircase = `M${w} 0`;
  for (let r = 0; r < rows.length - 1; r++) {
    staircase += `V${(r + 1) * h}H${(r + 2) * w}`;
    for (let c = r + 1; c < columns.length; c++) {
      strokes.push(`M${c * w} ${(r + 1) * h}l${w} -${h}`);
    }
  }
  return `<path class="mask" d="${staircase}V0z"/><path class="hatch" d="${strokes.join("")}"/>`;
}

/** Cells that hold nothing. */
function holes({ rows, columns, values, cell: { width: w, height: h } }: Heatmap): string {
  const places = rows.flatMap((_, r) =>
    columns.flatMap((_, c) => (valueAt(values, r, c) === null ? [{ x: c * w, y: r * h }] : [])),
  );
  if (places.length === 0) return "";
  const fields = places.map(({ x, y }) => `M${x} ${y}h${w}v${h}h-${w}z`);
  const strokes = places.map(({ x, y }) => `M${x} ${y + h}l${w} -${h}`);
  return `<path class="mask" d="${fields.join("")}"/><path class="hatch" d="${strokes.join("")}"/>`;
}

/** Frames around cells, and the line between those before and those behind. */
function lines({ rows, columns, cell: { width: w, height: h }, ...options }: Heatmap): string {
  const { outlined, frontier } = options;
  const frames = rows.flatMap((_, r) =>
    columns.flatMap((_, c) =>
      outlined?.(r, c) ? [`M${c * w + 1} ${r * h + 1}h${w - 2}v${h - 2}h-${w - 2}z`] : [],
    ),
  );
  const steps = (frontier ?? []).map(
    (column, r) => `${r === 0 ? "M" : "L"}${column * w} ${r * h}v${h}`,
  );
  const path = (d: readonly string[], width: number) =>
    d.length === 0
      ? ""
      : `<path d="${d.join("")}" fill="none" stroke="currentColor" stroke-width="${width}" pointer-events="none"/>`;
  return path(frames, 1.4) + path(steps, 2.6);
}

/** Narrower columns than this have room for upright labels alone, and these must be small. */
const NARROW = 20;

/** How labels of columns lean. */
function leaning({ cell: { width }, fontSize = 12 }: Heatmap): { angle: number; size: number } {
  return width < NARROW
    ? { angle: 90, size: Math.max(7, Math.min(fontSize, width - 2)) }
    : { angle: 55, size: fontSize };
}

/** How far leaning labels reach below the cells. */
function depth(options: Heatmap): number {
  if (options.lean !== true) return 0;
  const longest = Math.max(0, ...options.columns.map((label) => label.length));
  const { angle, size } = leaning(options);
  return 6 + longest * CHARACTER * size * Math.sin((angle / 180) * Math.PI);
}

function labels(options: Heatmap, height: number): string {
  const { rows, columns, cell, labelEvery = 1, fontSize = 12, lean = false, emphasised } = options;
  const { angle, size } = leaning(options);
  const shown = (i: number) => i % labelEvery === 0;
  const weight = (label: string) => (emphasised?.has(label) ? ' font-weight="700"' : "");
  const ofRows = rows.map((label, r) =>
    shown(r)
      ? `<text x="-5" y="${(r + 0.5) * cell.height}" dy=".35em" text-anchor="end"${weight(label)}>${escaped(label)}</text>`
      : "",
  );
  const ofColumns = columns.map((label, c) => {
    if (!shown(c)) return "";
    const x = (c + 0.5) * cell.width;
    const y = height + 3 + fontSize;
    const place = lean
      ? `transform="translate(${x + 4} ${height + 10 - (angle === 90 ? 4 : 0)}) rotate(-${angle})" text-anchor="end" font-size="${size}"`
      : `x="${x}" y="${y}"`;
    return `<text ${place}${weight(label)}>${escaped(label)}</text>`;
  });
  return `<g font-size="${fontSize}">${ofRows.join("")}${ofColumns.join("")}</g>`;
}

/** Draws the matrix, first row on top. */
export function heatmap(options: Heatmap): Markup {
  const { rows, columns, cell, axes, lean = false, fontSize = 12, leastWidth = 0 } = options;
  const longest = Math.max(...rows.map((label) => label.length));
  const left =
    8 + longest * CHARACTER * fontSize + (axes?.rows ? (options.emphasised ? 22 : 16) : 0);
  const width = columns.length * cell.width;
  const height = rows.length * cell.height;
  const below = lean ? height + depth(options) : height;
  const ofRows = axes?.rows
    ? `<text transform="translate(${14 - left} ${height / 2}) rotate(-90)">${escaped(axes.rows)}</text>`
    : "";
  const names =
    axes === undefined
      ? ""
      : `<g font-size="11"><text x="${width / 2}" y="${below + (lean ? 18 : 32)}">${escaped(axes.columns)}</text>${ofRows}</g>`;
  const masked = options.causal === true ? mask(options) : "";
  const foot = lean ? (axes ? 26 : 6) : axes ? 40 : fontSize + 9;
  return picture(options, {
    width: Math.max(leastWidth, Math.ceil(left + width + 6)),
    height: Math.ceil(TOP + below + foot),
    content: `<g transform="translate(${left} ${TOP})">${masked}${holes(options)}<g shape-rendering="crispEdges">${cells(options)}</g>${lines(options)}${labels(options, height)}${names}</g>`,
  });
}
