/** @file Verdicts side by side as CSV: a line for each quantity of each claim in each model. */

import type { AcrossModels } from "../../hypothesis/across-models.ts";
import { inWords } from "../../hypothesis/claim.ts";
import type { Cell, CsvTable } from "../csv/table.ts";
import { outcome } from "../verdict/claims.ts";

/** The measurements, in the order of the page. */
export function claimsTable({ models, claims }: AcrossModels): CsvTable {
  const rows = claims.flatMap(({ id, verdicts, measurement }) =>
    models.flatMap(({ name, confidence }, i): Cell[][] => {
      const of = [id, name, verdicts[i] ?? null];
      const own = measurement.flatMap(({ models: all }) => all[i] ?? []);
      if (own.length === 0) return [[...of, ...new Array<null>(11).fill(null)]];
      return own.map((one) => [
        ...of,
        inWords(one),
        one.unit,
        one.estimate.mean,
        one.estimate.se,
        ...one.interval,
        confidence,
        one.estimate.n,
        one.predicted.is,
        one.predicted.value,
        outcome(one),
      ]);
    }),
  );
  return {
    columns: [
      "claim",
      "model",
      "verdict",
      "quantity",
      "unit",
      "mean",
      "se",
      "interval low",
      "interval high",
      "confidence",
      "n (prompts)",
      "predicted",
      "threshold",
      "came out",
    ],
    rows,
  };
}

/** The means over models. */
export function meansTable({ claims }: AcrossModels): CsvTable {
  return {
    columns: ["claim", "quantity", "unit", "mean", "se", "ci95 low", "ci95 high", "n (models)"],
    rows: claims.flatMap(({ id, measurement }) =>
      measurement.flatMap(({ quantity, unit, mean }): Cell[][] =>
        mean === null ? [] : [[id, quantity, unit, mean.mean, mean.se, ...mean.ci95, mean.n]],
      ),
    ),
  };
}
