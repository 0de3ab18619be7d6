/**
 * @file Numbers as a table whose cells are coloured by their value, for the terminal: white at 0,
 * blue towards the largest magnitude above it, orange below, as in the report and on the page. Without
 * colours it is a plain table.
 */

import { effect } from "../report/format.ts";

/** Numbers with a name for each row and column. */
export interface HeatTable {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** `[row][column]` */
  readonly values: readonly (readonly number[])[];
}

/** How a table is to look. */
export interface HeatTableOptions {
  readonly colours: boolean;
  /** The magnitude that has the full colour. */
  readonly scale: number;
  /** Characters in a line; columns that find no room go on in a table below. Default all in one. */
  readonly width?: number;
}

const BLUE = [33, 102, 172] as const;
const ORANGE = [179, 88, 6] as const;
const WHITE = [247, 247, 247] as const;

/** The share of the full colour from which white is easier to read on it than black. */
const DARK = 0.85;

/** The smallest magnitude that the cells show. */
export const SHOWS = 0.005;

/** Background for a share of the largest magnitude, -1 to 1, and a text colour that reads on it. */
function cellStyle(share: number): string {
  const towards = share < 0 ? ORANGE : BLUE;
  const strength = Math.min(1, Math.abs(share));
  const background = WHITE.map((from, i) =>
    Math.round(from + ((towards[i] ?? 0) - from) * strength),
  );
  const foreground = strength > DARK ? "255;255;255" : "0;0;0";
  return `\u001b[48;2;${background.join(";")}m\u001b[38;2;${foreground}m`;
}

const RESET = "\u001b[0m";

/** Columns in as many blocks as it takes, all about as wide. */
function columnBlocks(count: number, room: number): (readonly [from: number, to: number])[] {
  const blocks = Math.max(1, Math.ceil(count / Math.max(1, room)));
  const size = Math.max(1, Math.ceil(count / blocks));
  return Array.from({ length: blocks }, (_, i) => [i * size, (i + 1) * size] as const);
}

/** The table as lines of text. */
export function heatTableText(
  { rows, columns, values }: HeatTable,
  { colours, scale, width = Number.POSITIVE_INFINITY }: HeatTableOptions,
): string {
  const texts = values.map((row) => row.map(effect));
  const own = Math.max(...columns.map((name) => name.length), ...texts.flat().map((t) => t.length));
  const gutter = Math.max(...rows.map((name) => name.length));
  const cell = (text: string, value: number): string => {
    const padded = ` ${text.padStart(own)} `;
    return colours ? `${cellStyle(value / (scale || 1))}${padded}${RESET}` : padded;
  };
  const room = Math.floor((width - gutter) / (own + 2));
  return columnBlocks(columns.length, room)
    .map(([from, to]) => {
      const names = columns.slice(from, to).map((name) => ` ${name.padStart(own)} `);
      const lines = rows.map((name, r) => {
        const cells = values[r]?.slice(from, to) ?? [];
        return name.padEnd(gutter) + cells.map((value) => cell(effect(value), value)).join("");
      });
      const head = " ".repeat(gutter) + names.join("");
      return [head, ...lines].map((line) => `${line.trimEnd()}\n`).join("");
    })
    .join("\n");
}
