/** @file The files of a development, besides its JSON: the page, its pictures, and their numbers. */

import type { DevelopmentResult } from "../../development/across-runs.ts";
import { jsonInSixDigits } from "../../six-digits.ts";
import { csvText } from "../csv/csv.ts";
import { developmentFigures } from "./figures.ts";
import { type DevelopmentProvenance, renderDevelopment } from "./html.ts";
import { sheetSvg } from "./sheet.ts";

/**
 * `report.html`, and of every figure `figures/<name>.svg`, `data/<name>.csv` and `data/<name>.json`, by
 * path; the same result gives the same bytes.
 */
export async function developmentFiles(
  result: DevelopmentResult,
  provenance: DevelopmentProvenance,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map([["report.html", await renderDevelopment(result, provenance)]]);
  const { across, runs } = developmentFigures(result);
  for (const { name, table, json, panels, keys } of [
    ...across,
    ...runs.flatMap(({ figures }) => figures),
  ]) {
    files.set(`data/${name}.csv`, csvText(table));
    files.set(`data/${name}.json`, `${jsonInSixDigits(json, 2)}\n`);
    files.set(`figures/${name}.svg`, sheetSvg(panels, keys));
  }
  return files;
}
