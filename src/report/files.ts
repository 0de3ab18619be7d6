/** @file The files of a report: the page, and its numbers as tables. */

import type { ReproduceResult } from "../experiments/reproduce.ts";
import type { VerdictResult } from "../hypothesis/verdict.ts";
import type { Provenance } from "./appendix.ts";
import { csvFiles } from "./csv/csv.ts";
import { renderReport } from "./html.ts";
import { verdictCsvFiles } from "./verdict/csv.ts";

/** File contents by path, relative to the folder of the report. */
export type ReportFiles = ReadonlyMap<string, string>;

/**
 * `report.html`, and every table as `data/<name>.csv`.
 *
 * @param verdict What `verdict` gave for the same model, where the report is to have its chapter.
 */
export async function reportFiles(
  result: ReproduceResult,
  provenance: Provenance,
  verdict?: VerdictResult,
): Promise<ReportFiles> {
  const files = new Map([["report.html", await renderReport(result, provenance, verdict)]]);
  const tables = [...csvFiles(result), ...(verdict ? verdictCsvFiles(verdict) : [])];
  for (const [name, text] of tables) files.set(`data/${name}.csv`, text);
  return files;
}
