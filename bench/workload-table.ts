/**
 * @file Writes what `lookback bench` measured into docs/cost.md:
 *
 *     npm run bench -- --out bench.json && node bench/workload-table.ts bench.json
 */

import { readFile } from "node:fs/promises";
import { markdownTable, writeMarked } from "../scripts/marked-page.ts";
import {
  type BenchResult,
  type BenchRow,
  cellsOf,
  HEADS,
  machineText,
} from "../src/cli/bench-table.ts";
import { COST_PAGE } from "./docs.ts";

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error("node bench/workload-table.ts <result of lookback bench>");
  process.exit(2);
}

const { machine, rows }: BenchResult = JSON.parse(await readFile(path, "utf8"));
const models = [...new Set(rows.map(({ model }) => model))];
const tableOf = (own: readonly BenchRow[]) => markdownTable(HEADS, own.map(cellsOf));
const tables = models.map(
  (model) => `${model}:\n\n${tableOf(rows.filter((row) => row.model === model))}`,
);
await writeMarked(COST_PAGE, "workloads", [machineText(machine).trim(), ...tables].join("\n\n"));
