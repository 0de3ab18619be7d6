/**
 * @file Figure 5: which heads carry the answer at each length. The A that opens the last copy is
 * replaced by C; then one head's output at a time is put back from the clean run.
 */

import { patchScores } from "../interventions/patch.ts";
import { type Estimate, estimate, estimateNormalised } from "../measures/statistics.ts";
import { headLabel } from "../model/heads.ts";
import { repeatedPair } from "../prompts/repeated.ts";
import { type ExperimentContext, runOptions } from "./context.ts";
import { type Comparison, compare, published } from "./published.ts";

/** Which lengths, each with its number of prompts. */
export interface Figure5Spec {
  readonly rows: readonly { readonly length: number; readonly batch: number }[];
  readonly seed: number;
}

/** One length. */
export interface Figure5Row {
  readonly length: number;
  readonly batch: number;
  /** Logit difference of B and D on the clean prompts. */
  readonly clean: Estimate;
  /** The same on the corrupted prompts. */
  readonly corrupted: Estimate;
  /** With each head patched, 0 is corrupted and 1 is clean: [layer][head]. */
  readonly normalised: readonly (readonly Estimate[])[];
}

/** Figure 5, as plain JSON. */
export interface Figure5Result {
  readonly spec: Figure5Spec;
  /** [layer][head] labels. */
  readonly heads: readonly (readonly string[])[];
  readonly rows: readonly Figure5Row[];
  readonly comparisons: readonly Comparison[];
}

/** Patches every head at each length. */
export async function figure5(
  context: ExperimentContext,
  spec: Figure5Spec,
): Promise<Figure5Result> {
  const { model, bos } = context;
  const { n_layers, n_heads, d_vocab } = model.config;
  const layers = Array.from({ length: n_layers }, (_, layer) => layer);
  const rows: Figure5Row[] = [];
  for (const [i, { length, batch }] of spec.rows.entries()) {
    const pair = repeatedPair({ length, batch, seed: spec.seed, d_vocab, bos });
    const onProgress = (share: number) => context.onProgress?.((i + share) / spec.rows.length);
    const { clean, corrupted, patched } = await patchScores(model, {
      clean: pair.clean.tokens,
      corrupted: pair.corrupted.tokens,
      answers: pair.clean.answers,
      read: pair.clean.read,
      component: "z",
      by: "head",
      ...runOptions({ ...context, onProgress }),
    });
    const normalised = patched.map((scores) => estimateNormalised(scores, { clean, corrupted }));
    rows.push({
      length,
      batch,
      clean: estimate(clean),
      corrupted: estimate(corrupted),
      normalised: layers.map((layer) => normalised.slice(layer * n_heads, (layer + 1) * n_heads)),
    });
  }
  const heads = layers.map((layer) =>
    Array.from({ length: n_heads }, (_, head) => headLabel({ layer, head })),
  );
  return { spec, heads, rows, comparisons: comparisonsOf(context, spec, rows) };
}

/** The published figure names attn-only-2l's heads, so only that model is set beside it. */
function comparisonsOf(
  context: ExperimentContext,
  spec: Figure5Spec,
  rows: readonly Figure5Row[],
): Comparison[] {
  if (!context.published) return [];
  const { figure5: post } = published.post;
  return rows.flatMap((row) => {
    const i = post.lengths.indexOf(row.length);
    const values = post.normalised_logit_diff[i];
    if (values === undefined) return [];
    const judged = post.seed === spec.seed && post.batch[i] === row.batch;
    return compare(
      judged,
      row.normalised
        .flat()
        .map(({ mean }, head) => [
          `${post.heads[head]} patched, length ${row.length}`,
          mean,
          values[head],
        ]),
    );
  });
}
