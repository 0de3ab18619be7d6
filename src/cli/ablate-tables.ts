/** @file What ablations take away, as tables for the terminal. */

import type { HeadIndex } from "../model/heads.ts";
import { headLabel } from "../model/heads.ts";
import { effect, logits, withInterval } from "../report/format.ts";
import type { AblateMode } from "./ablate-plan.ts";
import type { AblatedEntry, AblatedLength } from "./ablate-result.ts";
import { type HeatTable, heatTableText } from "./heat-table.ts";
import type { Look } from "./terminal.ts";
import { textTable } from "./text-table.ts";

/** What the tables are made from. */
export interface AblateTableInput {
  readonly mode: AblateMode;
  readonly heads: readonly HeadIndex[];
  readonly lengths: readonly AblatedLength[];
}

/** Ablations that are listed with their intervals: of one length, and of each of several. */
const LISTED = { alone: 10, among: 3 } as const;

/** So many heads stand side by side, whatever their layers. */
const COLUMNS_TOGETHER = 9;

const TAKEN_AWAY = "taken away";

function effectOf({ entries }: AblatedLength, name: string): number {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`internal: nothing was measured of ${name}`);
  return entry.effect.mean;
}

/** Heads of one layer side by side. */
function byLayer(heads: readonly HeadIndex[]): HeadIndex[][] {
  return [...Map.groupBy(heads, ({ layer }) => layer).values()];
}

/** Every head alone: layers by heads for one length, or lengths by heads for each layer. */
export function headTables({ heads, lengths }: AblateTableInput): HeatTable[] {
  const layers = byLayer(heads);
  const [only] = lengths;
  if (lengths.length === 1 && only !== undefined) {
    return [
      {
        rows: layers.map(([first]) => `L${first?.layer}`),
        columns: layers[0]?.map(({ head }) => `H${head}`) ?? [],
        values: layers.map((layer) => layer.map((head) => effectOf(only, headLabel(head)))),
      },
    ];
  }
  return layers.map((layer) => ({
    rows: lengths.map(({ length }) => `length ${length}`),
    columns: layer.map(headLabel),
    values: lengths.map((row) => layer.map((head) => effectOf(row, headLabel(head)))),
  }));
}

/** Heads by heads at one length, many in blocks by layer; a head alone where it meets itself. */
export function pairTables(heads: readonly HeadIndex[], measured: AblatedLength): HeatTable[] {
  const rows = heads.map(headLabel);
  const order = new Map(rows.map((label, i) => [label, i]));
  const together = (a: string, b: string): number => {
    if (a === b) return effectOf(measured, a);
    const inOrder = (order.get(a) ?? 0) < (order.get(b) ?? 0) ? [a, b] : [b, a];
    return effectOf(measured, inOrder.join("+"));
  };
  const blocks = heads.length <= COLUMNS_TOGETHER ? [[...heads]] : byLayer(heads);
  return blocks.map((block) => {
    const columns = block.map(headLabel);
    return { rows, columns, values: rows.map((a) => columns.map((b) => together(a, b))) };
  });
}

/** Those of the largest effect; of pairs, those that differ most from their heads alone. */
function strongest(entries: readonly AblatedEntry[], count: number): AblatedEntry[] {
  const size = ({ interaction, effect: taken }: AblatedEntry) =>
    Math.abs((interaction ?? taken).mean);
  return entries.toSorted((a, b) => size(b) - size(a)).slice(0, count);
}

/** Entries of every length with their intervals; the length is told where there are several. */
function listing(
  what: string,
  lengths: readonly AblatedLength[],
  listed: (entries: readonly AblatedEntry[]) => readonly AblatedEntry[],
  width: number,
): string {
  const several = lengths.length > 1;
  const rows = lengths.flatMap(({ length, entries }) =>
    listed(entries).map(({ name, ablated, effect: taken, interaction }) => [
      ...(several ? [String(length)] : []),
      name,
      withInterval(ablated, logits),
      withInterval(taken, logits),
      ...(interaction ? [withInterval(interaction, logits)] : []),
    ]),
  );
  const heads = [...(several ? ["length"] : []), what, "ablated", TAKEN_AWAY];
  const isOfPairs = rows.some((row) => row.length > heads.length);
  return textTable([...heads, ...(isOfPairs ? ["beyond the two alone"] : [])], rows, {
    left: several ? [1] : [0],
    repeated: several ? 2 : 1,
    width,
  });
}

function cleanText(lengths: readonly AblatedLength[]): string {
  const lines = lengths.map(
    ({ length, clean }) =>
      `length ${length}: clean logit difference ${withInterval(clean, logits)}\n`,
  );
  return lines.join("");
}

/** One row a length: the run as it is, ablated, and what is taken away. */
function togetherText(lengths: readonly AblatedLength[], width: number): string {
  const rows = lengths.flatMap(({ length, clean, entries }) =>
    entries.map(({ ablated, effect: taken }) => [
      String(length),
      ...[clean, ablated, taken].map((measured) => withInterval(measured, logits)),
    ]),
  );
  return textTable(["length", "clean", "ablated", TAKEN_AWAY], rows, { left: [], width });
}

/** One row a length: the whole model, no heads, only the kept ones, and how far these go. */
function keepText(lengths: readonly AblatedLength[], width: number): string {
  const rows = lengths.map(({ length, clean, entries }) => {
    const [kept, none] = entries;
    const measured = [clean, none?.ablated, kept?.ablated];
    return [
      String(length),
      ...measured.map((value) => (value ? withInterval(value, logits) : "")),
      kept?.recovery ? withInterval(kept.recovery, effect) : "",
    ];
  });
  const heads = ["length", "clean", "no heads", "only these heads", "recovery"];
  return textTable(heads, rows, { left: [], width });
}

/** The tables, and the intervals of what they show. */
export function ablateTablesText(input: AblateTableInput, look: Look): string {
  const { mode, heads, lengths } = input;
  const { width } = look;
  if (mode === "together") return `\n${togetherText(lengths, width)}`;
  if (mode === "keep") {
    return `recovery: 0 is the model with all heads ablated, 1 the whole model\n\n${keepText(lengths, width)}`;
  }
  const scale = Math.max(
    ...lengths.flatMap(({ entries }) => entries.map((entry) => Math.abs(entry.effect.mean))),
  );
  const heat = (table: HeatTable) => `\n${heatTableText(table, { ...look, scale })}`;
  const count = lengths.length > 1 ? LISTED.among : LISTED.alone;
  const clean = cleanText(lengths);
  if (mode === "paths") {
    return `${clean}\n${listing("path", lengths, (entries) => entries, width)}`;
  }
  if (mode === "each") {
    const table = listing("head", lengths, (entries) => strongest(entries, count), width);
    return [clean, "\ntaken away:\n", ...headTables(input).map(heat), `\n${table}`].join("");
  }
  const pairs = (entries: readonly AblatedEntry[]) =>
    entries.filter(({ interaction }) => interaction !== undefined);
  const matrices = lengths.flatMap((measured) => [
    `\ntaken away at length ${measured.length}, by a head alone where it meets itself:\n`,
    ...pairTables(heads, measured).map(heat),
  ]);
  const table = listing("pair", lengths, (entries) => strongest(pairs(entries), count), width);
  return [clean, ...matrices, `\n${table}`].join("");
}
