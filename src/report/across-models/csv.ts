/** @file Verdicts side by side as CSV: a line for each quantity of each claim in each model. */

import type { AcrossModels } from "../../hypothesis/across-models.ts";
import type { Cell, CsvTable } from "../csv/table.ts";
import { measurementCells, measurementColumns } from "../verdict/csv-measurement.ts";

/** The measurements, in the order of the page. */
export function claimsTable({ models, claims }: AcrossModels): CsvTable {
  const measured = measurementColumns("confidence");
  const rows = claims.flatMap(({ id, verdicts, measurement }) =>
    models.flatMap(({ name, confidence }, i): Cell[][] => {
      const of = [id, name, verdicts[i] ?? null];
      const own = measurement.flatMap(({ models: all }) => all[i] ?? []);
      if (own.length === 0) return [[...of, ...measured.map(() => null)]];
      return own.map((one) => [...of, ...measurementCells(one, confidence)]);
    }),
  );
  return { columns: ["claim", "model", "verdict", ...measured], rows };
}

/** The means over models; of one model alone there is no interval. */
export function meansTable({ claims }: AcrossModels): CsvTable {
  return {
    columns: ["claim", "quantity", "unit", "mean", "se", "ci95 low", "ci95 high", "n (models)"],
    rows: claims.flatMap(({ id, measurement }) =>
      measurement.flatMap(({ quantity, unit, mean }): Cell[][] => {
        if (mean === null) return [];
        const spread = mean.n > 1 ? [mean.se, ...mean.ci95] : [null, null, null];
        return [[id, quantity, unit, mean.mean, ...spread, mean.n]];
      }),
    ),
  };
}
