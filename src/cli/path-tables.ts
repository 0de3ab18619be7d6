/** @file The effects of paths, as tables for the terminal. */

import type { PathResult } from "../interventions/path.ts";
import type { Estimate } from "../measures/statistics.ts";
import { effect, hasInterval, interval } from "../report/format.ts";
import { type HeatTable, heatTableText, SHOWS } from "./heat-table.ts";
import type { Look } from "./terminal.ts";
import { textTable } from "./text-table.ts";

/** What the tables say of the paths. */
export interface PathTableInput {
  readonly from: readonly string[];
  /** Labels of the receivers; those of one list were patched together. */
  readonly to: readonly (readonly string[])[];
  readonly effects: PathResult["effects"];
  /** Names of the positions that were patched one after the other; undefined for all at once. */
  readonly positions: readonly string[] | undefined;
}

/** So many receivers stand side by side, whatever they are. */
const COLUMNS_TOGETHER = 9;

/** So many tables are shown whole; of more, only the rows in which there is something to see. */
const TABLES_WHOLE = 2;

/** Paths that are listed with their intervals. */
const PATHS_LISTED = 10;

/** Paths whose positions are shown; the rest are in the JSON. */
const PATHS_BY_POSITION = 24;

interface Column {
  readonly name: string;
  readonly index: number;
}

/** What the columns of one table have in common: the senders that they see, and what they read with. */
function kinship({ effects, to }: PathTableInput, index: number): string {
  const seen = effects.map((row) => (row[index] === null ? "-" : "+")).join("");
  const [label = ""] = to[index] ?? [];
  const kind = label.replace(/^(L\d+)H\d+/, "$1"); // L1H6.q -> L1.q
  return to.length <= COLUMNS_TOGETHER ? seen : `${kind} ${seen}`;
}

/** Receivers that were patched together are named above the tables. */
function columnName(labels: readonly string[]): string {
  return labels.length === 1 ? (labels[0] ?? "") : "together";
}

/** Senders by receivers, in blocks whose senders are seen by all of their receivers. */
export function receiverTables(input: PathTableInput): HeatTable[] {
  const { from, to, effects } = input;
  const columns = to.map((labels, index): Column => ({ name: columnName(labels), index }));
  const blocks = Map.groupBy(columns, ({ index }) => kinship(input, index));
  return [...blocks.values()].flatMap((block): HeatTable[] => {
    const rows = from.flatMap((name, i) => {
      const values = block.map(({ index }) => effects[i]?.[index]?.[0]?.mean);
      return values.every((value) => value !== undefined) ? [{ name, values }] : [];
    });
    if (rows.length === 0) return [];
    return [
      {
        rows: rows.map(({ name }) => name),
        columns: block.map(({ name }) => name),
        values: rows.map(({ values }) => values),
      },
    ];
  });
}

interface MeasuredPath {
  readonly name: string;
  readonly effects: readonly Estimate[];
}

const largest = ({ effects }: MeasuredPath) =>
  Math.max(...effects.map(({ mean }) => Math.abs(mean)));

/** Every path that there is, strongest first. */
function measuredPaths({ from, to, effects }: PathTableInput): MeasuredPath[] {
  const paths = from.flatMap((sender, i) =>
    to.flatMap((labels, j): MeasuredPath[] => {
      const measured = effects[i]?.[j] ?? null;
      if (measured === null) return [];
      return [{ name: `${sender} → ${columnName(labels)}`, effects: measured }];
    }),
  );
  return paths.toSorted((a, b) => largest(b) - largest(a));
}

function strongestText(paths: readonly MeasuredPath[], positions: readonly string[] | undefined) {
  const single = paths.flatMap(({ name, effects }) =>
    effects.map((measured, p) => ({ name, measured, position: positions?.[p] ?? "" })),
  );
  const strongest = single
    .toSorted((a, b) => Math.abs(b.measured.mean) - Math.abs(a.measured.mean))
    .filter(({ measured }, i) => i === 0 || Math.abs(measured.mean) >= SHOWS)
    .slice(0, PATHS_LISTED)
    .map(({ name, measured, position }) => [
      name,
      ...(positions ? [position] : []),
      effect(measured.mean),
      hasInterval(measured) ? interval(measured, effect) : "",
    ]);
  const heads = ["strongest paths", ...(positions ? ["position"] : []), "effect", "95% interval"];
  return textTable(heads, strongest, { left: positions ? [0, 1] : [0] });
}

/** Only the rows in which there is something to see. */
function withoutQuietRows({ rows, columns, values }: HeatTable): HeatTable {
  const shows = values.map((row) => row.some((value) => Math.abs(value) >= SHOWS));
  const loud = <T>(things: readonly T[]) => things.filter((_, i) => shows[i]);
  return { rows: loud(rows), columns, values: loud(values) };
}

function receiversText(input: PathTableInput, look: Look): string {
  const all = receiverTables(input);
  const isMany = all.length > TABLES_WHOLE;
  const shown = isMany ? all.map(withoutQuietRows).filter(({ rows }) => rows.length > 0) : all;
  const tables = shown.map((table) => `\n${heatTableText(table, { ...look, scale: 1 })}`);
  const note = `\nonly rows with an effect of ${SHOWS} or more; --json has them all\n`;
  return `${tables.join("")}${isMany ? note : ""}`;
}

/** The tables, and the strongest paths with their intervals. */
export function pathTablesText(input: PathTableInput, look: Look): string {
  const { positions } = input;
  const paths = measuredPaths(input);
  const strongest = `\n${strongestText(paths, positions)}`;
  if (positions === undefined) return receiversText(input, look) + strongest;
  const shown = paths.slice(0, PATHS_BY_POSITION);
  const left = paths.length - shown.length;
  const table = {
    rows: shown.map(({ name }) => name),
    columns: positions,
    values: shown.map(({ effects }) => effects.map(({ mean }) => mean)),
  };
  return [
    `\n${heatTableText(table, { ...look, scale: 1 })}`,
    left > 0 ? `and ${left} weaker paths; --json has them all\n` : "",
    strongest,
  ].join("");
}
