/** @file The files of a development, besides its JSON: the page, its pictures, and their numbers. */

import type { DevelopmentResult } from "../../development/across-runs.ts";
import { csvText } from "../csv/csv.ts";
import { sixDigits } from "../format.ts";
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
  const digits = (_: string, item: unknown) => (typeof item === "number" ? sixDigits(item) : item);
  for (const { name, table, json, panels, keys } of [
    ...across,
    ...runs.flatMap(({ figures }) => figures),
  ]) {
    files.set(`data/${name}.csv`, csvText(table));
    files.set(`data/${name}.json`, `${JSON.stringify(json, digits, 2)}\n`);
    files.set(`figures/${name}.svg`, sheetSvg(panels, keys));
  }
  return files;
}
