/** @file Columns of text for the terminal. */

const GAP = 2;

/** How a table is to look. */
export interface TextTableOptions {
  /** Columns that are aligned to the left. Default the first. */
  readonly left?: readonly number[];
  /** Characters in a line; columns that find no room go on in a table below. Default all in one. */
  readonly width?: number;
  /** First columns that each of these tables repeats. Default 1. */
  readonly repeated?: number;
}

/** The columns of each table, the repeated ones left out, so that none is wider than the terminal. */
function blocks(
  widths: readonly number[],
  { repeated, width }: { readonly repeated: number; readonly width: number },
): number[][] {
  const room = width - widths.slice(0, repeated).reduce((sum, own) => sum + own + GAP, -GAP);
  const found: number[][] = [];
  let left = 0;
  for (const [column, own] of widths.entries()) {
    if (column < repeated) continue;
    const block = found.at(-1);
    left -= own + GAP;
    if (block !== undefined && left >= 0) {
      block.push(column);
    } else {
      found.push([column]);
      left = room - own - GAP;
    }
  }
  return found;
}

/** Rows under their heads, columns as wide as their widest cell. */
export function textTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  { left = [0], width = Number.POSITIVE_INFINITY, repeated = 1 }: TextTableOptions = {},
): string {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], columns: readonly number[]) =>
    columns
      .map((column) => {
        const cell = cells[column] ?? "";
        const own = widths[column] ?? 0;
        return left.includes(column) ? cell.padEnd(own) : cell.padStart(own);
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  const first = heads.slice(0, repeated).map((_, column) => column);
  const table = (block: readonly number[]) =>
    [heads, ...rows].map((row) => `${line(row, [...first, ...block])}\n`).join("");
  const found = blocks(widths, { repeated: first.length, width });
  return (found.length === 0 ? [[]] : found).map(table).join("\n");
}
