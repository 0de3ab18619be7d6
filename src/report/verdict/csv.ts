/**
 * @file The numbers of a verdict as CSV (RFC 4180) in long form: one measurement a line, with its unit, its
 * interval and the number of prompts behind it; six significant digits.
 */

import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { csvText } from "../csv/csv.ts";
import type { Cell, CsvTable } from "../csv/table.ts";
import {
  inductionBug,
  lagProfiles,
  lookBackWindow,
  order,
  reach,
  recency,
  scorecard,
} from "./csv-behaviour.ts";
import {
  ablation,
  attributions,
  composition,
  edges,
  effects,
  faithfulness,
  paths,
  scores,
} from "./csv-circuit.ts";
import { measurementCells, measurementColumns } from "./csv-measurement.ts";
import type { VerdictCsvName } from "./csv-name.ts";

function claims({ claims: all, comparisons, confidence }: VerdictResult): CsvTable {
  const measured = measurementColumns("confidence", "comparisons");
  return {
    columns: ["claim", "statement", "verdict", "reason", ...measured],
    rows: all.flatMap(({ id, statement, verdict, reason, measurement }): Cell[][] => {
      const of = [id, statement, verdict, reason];
      if (measurement.length === 0) return [[...of, ...measured.map(() => null)]];
      return measurement.map((one) => [...of, ...measurementCells(one, confidence, comparisons)]);
    }),
  };
}

/** Every table of a verdict as CSV, by name, in the order of the page. */
export function verdictCsvFiles(result: VerdictResult): Map<VerdictCsvName, string> {
  const tables: Readonly<Record<VerdictCsvName, CsvTable>> = {
    claims: claims(result),
    scorecard: scorecard(result),
    "lag-profiles": lagProfiles(result),
    "look-back-window": lookBackWindow(result),
    "recency-by-length": recency(result),
    reach: reach(result),
    edges: edges(result),
    "effects-by-length": effects(result),
    "paths-by-length": paths(result),
    "score-contrasts": scores(result),
    "ablation-by-length": ablation(result),
    faithfulness: faithfulness(result),
    order: order(result),
    "induction-bug": inductionBug(result),
    attributions: attributions(result),
    composition: composition(result),
  };
  return new Map(
    (Object.entries(tables) as [VerdictCsvName, CsvTable][]).map(([name, table]) => [
      name,
      csvText(table),
    ]),
  );
}
