/** @file The files of several verdicts side by side: the page, and its numbers as tables. */

import type { AcrossModels } from "../../hypothesis/across-models.ts";
import { csvText } from "../csv/csv.ts";
import { claimsTable, meansTable } from "./csv.ts";
import { type AcrossModelsProvenance, renderAcrossModels } from "./html.ts";
import { lengthsTable } from "./lengths-figure.ts";

/** `report.html`, and `data/lengths.csv`, `data/claims.csv` and `data/means.csv`; the same result gives the same bytes. */
export async function acrossModelsFiles(
  result: AcrossModels,
  provenance: AcrossModelsProvenance,
): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["report.html", await renderAcrossModels(result, provenance)],
    ["data/lengths.csv", csvText(lengthsTable(result))],
    ["data/claims.csv", csvText(claimsTable(result))],
    ["data/means.csv", csvText(meansTable(result))],
  ]);
}
