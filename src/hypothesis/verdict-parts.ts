/** @file The parts of a verdict by name, without what runs them: a list should not wait for the array library. */

/** The parts in the order in which they run: what others need first, then what is shown first. */
export const VERDICT_PARTS = [
  "scorecard",
  "recency",
  "lookBackWindow",
  "reach",
  "effects",
  "edges",
  "scores",
  "ablation",
  "order",
  "inductionBug",
  "attribution",
  "composition",
] as const;

/** The name of a part. */
export type VerdictPart = (typeof VERDICT_PARTS)[number];
