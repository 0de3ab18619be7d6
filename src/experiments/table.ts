/**
 * @file The post's table: how long a repeated sequence can be before the model no longer tells B from
 * D, whose only difference is the token that opens their copies.
 */

import type { Estimate } from "../measures/statistics.ts";
import { askedBothWays } from "../prompts/repeated.ts";
import { isPositive, measureBothWays, type Sign } from "./answers.ts";
import type { ExperimentContext } from "./context.ts";
import { type Comparison, compare, published } from "./published.ts";

/** Which rows, and the prompts of each. */
export interface TableSpec {
  /** Tokens of one copy, each at least 2. */
  readonly lengths: readonly number[];
  readonly batch: number;
  readonly seed: number;
}

/** One row of the table. */
export interface TableRow {
  readonly length: number;
  /** logit(B) - logit(D) */
  readonly logitDiff: Estimate;
  readonly pB: Estimate;
  readonly pD: Estimate;
  /** As in the post: a positive mean logit difference. */
  readonly canPerform: boolean;
  /** The same asked of the 95% interval. */
  readonly clear: Sign;
  /**
   * The mean of `logitDiff` and of logit(D) - logit(B) on the same prompts with D's sequence begun
   * instead, paired over prompts: what a model prefers of places and of tokens cancels. Not in the post.
   */
  readonly bothWays: Estimate;
}

/** The table, as plain JSON. */
export interface TableResult {
  readonly spec: TableSpec;
  readonly rows: readonly TableRow[];
  readonly comparisons: readonly Comparison[];
}

/**
 * Measures P(B), P(D) and their logit difference for each length, and the difference asked both ways.
 *
 * @param onRow called with each row as it comes in.
 */
export async function table(
  context: ExperimentContext,
  spec: TableSpec,
  onRow?: (row: TableRow) => void,
): Promise<TableResult> {
  const rows: TableRow[] = [];
  for (const [i, length] of spec.lengths.entries()) {
    const { batch, seed } = spec;
    const { d_vocab } = context.model.config;
    const prompts = askedBothWays({ length, batch, seed, d_vocab, bos: context.bos });
    const onProgress = (share: number) => context.onProgress?.((i + share) / spec.lengths.length);
    const { pRight, pWrong, logitDiff, bothWays } = await measureBothWays(
      { ...context, onProgress },
      prompts,
    );
    const row: TableRow = {
      length,
      logitDiff,
      pB: pRight,
      pD: pWrong,
      canPerform: logitDiff.mean > 0,
      clear: isPositive(logitDiff),
      bothWays,
    };
    rows.push(row);
    onRow?.(row);
  }
  const { seed, batch, rows: publishedRows } = published.post.table;
  const judged = context.published && spec.seed === seed && spec.batch === batch;
  const comparisons = publishedRows.flatMap(([length, logitDiff, pB, pD]) => {
    const row = rows.find((candidate) => candidate.length === length);
    if (row === undefined) return [];
    return compare(judged, [
      [`logit difference, length ${length}`, row.logitDiff.mean, logitDiff],
      [`P(B), length ${length}`, row.pB.mean, pB],
      [`P(D), length ${length}`, row.pD.mean, pD],
    ]);
  });
  return { spec, rows, comparisons };
}
