/** @file The tables of a verdict, by the name of their file. None has the name of a table of the report. */

/** The name of a verdict's table. */
export type VerdictCsvName =
  | "claims"
  | "scorecard"
  | "lag-profiles"
  | "look-back-window"
  | "recency-by-length"
  | "reach"
  | "edges"
  | "effects-by-length"
  | "paths-by-length"
  | "score-contrasts"
  | "ablation-by-length"
  | "faithfulness"
  | "order"
  | "induction-bug"
  | "attributions"
  | "composition";
