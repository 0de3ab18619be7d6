/**
 * @file The numbers of a result as CSV (RFC 4180) in long form: one measurement a line, with its unit,
 * its interval and the number of prompts behind it; six significant digits.
 */

import type { ReproduceResult } from "../../experiments/reproduce.ts";
import { sixDigits } from "../../six-digits.ts";
import { verdicts } from "../verdicts.ts";
import { companionTables } from "./companions.ts";
import { postTables } from "./post.ts";
import type { Cell, CsvName, CsvTable, NamedTable } from "./table.ts";

function field(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(sixDigits(cell));
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** A table as text, lines ending as the RFC has them. */
export function csvText({ columns, rows }: CsvTable): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function headsTable({ heads }: ReproduceResult): CsvTable {
  const { previousToken, lookBack, induction } = heads;
  return {
    columns: ["role", "head", "score (share of attention)", "named by the user"],
    rows: Object.entries({ previousToken, lookBack, induction }).map(
      ([role, { label, score, named }]) => [role, label, score, named ? "yes" : "no"],
    ),
  };
}

function comparisonsTable(result: ReproduceResult): CsvTable {
  return {
    columns: ["experiment", "quantity", "measured", "published", "tolerance", "pass"],
    rows: verdicts(result).flatMap(({ experiment, comparisons }) =>
      comparisons.map(({ quantity, measured, published, tolerance, pass }): Cell[] => [
        experiment,
        quantity,
        measured,
        published,
        tolerance,
        pass === null ? "not judged" : pass ? "yes" : "no",
      ]),
    ),
  };
}

/** Every table of a result as CSV, by name, in the order of the report. */
export function csvFiles(result: ReproduceResult): Map<CsvName, string> {
  const tables: NamedTable[] = [
    ["heads", headsTable(result)],
    ...postTables(result),
    ...companionTables(result),
    ["comparisons", comparisonsTable(result)],
  ];
  return new Map(
    tables.flatMap(([name, table]) => (table === null ? [] : [[name, csvText(table)]])),
  );
}
