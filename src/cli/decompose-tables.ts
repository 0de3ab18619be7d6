/** @file Scores and logits as sums of their parts, as tables for the terminal. */

import type { LogitDifferenceDecomposition } from "../circuits/logit-decomposition.ts";
import type { ScoreContrast } from "../circuits/score-decomposition.ts";
import type { Estimate } from "../measures/statistics.ts";
import { headLabel } from "../model/heads.ts";
import { interval, logits, withInterval } from "../report/format.ts";
import { intervalsInWords, paragraphs } from "./heading.ts";
import { type HeatTable, heatTableText, SHOWS } from "./heat-table.ts";
import type { Look } from "./terminal.ts";
import { textTable } from "./text-table.ts";

/** Parts that are listed with their intervals. */
const PARTS_LISTED = 10;

const SUM = "sum";

/** Says that a table has left something out, so that nobody takes it for nothing. */
function leftOutText(what: string, isWhole: boolean): string {
  return isWhole ? "" : `only ${what} with a part of ${SHOWS} or more; --json has them all\n`;
}

const isLoud = (value: number) => Math.abs(value) >= SHOWS;

function largest(values: readonly (readonly number[])[]): number {
  return Math.max(...values.flat().map(Math.abs));
}

function strongestFirst<T extends { readonly part: Estimate }>(parts: readonly T[]): T[] {
  return parts.toSorted((a, b) => Math.abs(b.part.mean) - Math.abs(a.part.mean));
}

/** Sources at the query by sources at the keys, with their sums. */
export function scoreTable({ sources, parts, byQuery, byKey, total }: ScoreContrast): HeatTable {
  const means = parts.map((row) => row.map(({ mean }) => mean));
  const rows = sources.flatMap((_, q) => (means[q]?.some(isLoud) ? [q] : []));
  const columns = sources.flatMap((_, k) => (means.some((row) => isLoud(row[k] ?? 0)) ? [k] : []));
  const name = (source: number) => sources[source] ?? "";
  return {
    rows: [...rows.map(name), SUM],
    columns: [...columns.map(name), SUM],
    values: [
      ...rows.map((q) => [...columns.map((k) => means[q]?.[k] ?? 0), byQuery[q]?.mean ?? 0]),
      [...columns.map((k) => byKey[k]?.mean ?? 0), total.mean],
    ],
  };
}

/** How much more a query scores on one key than on another, and what that is made of. */
export function scoreText(contrast: ScoreContrast, heading: readonly string[], look: Look): string {
  const { sources, parts, byQuery, byKey, total } = contrast;
  const table = scoreTable(contrast);
  const isWhole = [table.rows, table.columns].every(({ length }) => length === sources.length + 1);
  const scale = largest(parts.map((row) => row.map(({ mean }) => mean)));
  const pairs = strongestFirst(
    parts.flatMap((row, q) =>
      row.map((part, k) => ({ query: sources[q] ?? "", key: sources[k] ?? "", part })),
    ),
  ).filter(({ part }, i) => i < PARTS_LISTED && (i === 0 || isLoud(part.mean)));
  const bySource = sources.flatMap((source, s) => {
    const [query, key] = [byQuery[s], byKey[s]];
    if (query === undefined || key === undefined) return [];
    if (!isLoud(query.mean) && !isLoud(key.mean)) return [];
    return [[source, withInterval(query, logits), withInterval(key, logits)]];
  });
  return [
    paragraphs(
      [
        ...heading,
        `score difference ${withInterval(total, logits)} before the softmax, the sum of all parts: what is at the query (rows) times what is at the keys (columns); ${intervalsInWords(total.n)}`,
      ],
      look.width,
    ),
    `\n${heatTableText(table, { ...look, scale })}`,
    leftOutText("sources", isWhole),
    "\n",
    textTable(
      ["at the query", "at the keys", "part", "95% interval"],
      pairs.map(({ query, key, part }) => [
        query,
        key,
        logits(part.mean),
        interval(part, logits) || "–",
      ]),
      { left: [0, 1], width: look.width },
    ),
    "\n",
    textTable(
      ["source", "at the query, in all", "at the keys, in all"],
      [...bySource, [SUM, withInterval(total, logits), withInterval(total, logits)]],
      { width: look.width },
    ),
  ].join("");
}

/** Heads by the positions that they read, with their sums. */
export function byKeyTable(
  { byKey }: LogitDifferenceDecomposition,
  positions: readonly string[],
): HeatTable {
  const heads = byKey.mean.flatMap((ofLayer, layer) =>
    ofLayer.map((values, head) => ({ label: headLabel({ layer, head }), values })),
  );
  const shown = heads.filter(({ values }) => values.some(isLoud));
  return {
    rows: shown.map(({ label }) => label),
    columns: [...positions, SUM],
    values: shown.map(({ values }) => [...values, values.reduce((sum, value) => sum + value, 0)]),
  };
}

/** A logit difference and what it is made of. */
export function logitsText(
  decomposition: LogitDifferenceDecomposition,
  heading: readonly string[],
  { positions, look }: { readonly positions: readonly string[]; readonly look: Look },
): string {
  const { sources, parts, total, byKey } = decomposition;
  const named = parts.map((part, s) => ({ source: sources[s] ?? "", part }));
  const [shown, quiet] = [true, false].map((loud) =>
    strongestFirst(named).filter(({ part }) => isLoud(part.mean) === loud),
  );
  const row = (name: string, part: Estimate) => [
    name,
    logits(part.mean),
    interval(part, logits) || "–",
  ];
  const rest = quiet?.reduce((sum, { part }) => sum + part.mean, 0) ?? 0;
  const table = byKeyTable(decomposition, positions);
  return [
    paragraphs(
      [
        ...heading,
        `mean logit difference ${withInterval(total, logits)} nats, the sum of all parts; ${intervalsInWords(total.n)}`,
      ],
      look.width,
    ),
    "\n",
    textTable(
      ["source", "part", "95% interval"],
      [
        ...(shown ?? []).map(({ source, part }) => row(source, part)),
        ...(quiet?.length ? [[`${quiet.length} others`, logits(rest), ""]] : []),
        row(SUM, total),
      ],
      { width: look.width },
    ),
    "\nheads by the position that they read:\n",
    table.rows.length === 0
      ? ""
      : `\n${heatTableText(table, { ...look, scale: largest(byKey.mean.flat()) })}`,
    leftOutText("heads", table.rows.length === byKey.mean.flat().length),
  ].join("");
}
