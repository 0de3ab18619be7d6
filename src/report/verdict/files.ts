/** @file The files of a verdict: the page, and its numbers as tables. */

import type { VerdictResult } from "../../hypothesis/verdict.ts";
import type { Provenance } from "../appendix.ts";
import { verdictCsvFiles } from "./csv.ts";
import { renderVerdict } from "./html.ts";

/** `report.html`, and every table as `data/<name>.csv`, by path; the same result gives the same bytes. */
export async function verdictFiles(
  result: VerdictResult,
  provenance: Provenance,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map([["report.html", await renderVerdict(result, provenance)]]);
  for (const [name, text] of verdictCsvFiles(result)) files.set(`data/${name}.csv`, text);
  return files;
}
