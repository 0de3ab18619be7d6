/**
 * @file Figures 1 and 2: where the induction head's layer looks in `A X B C X D A X`, averaged over
 * prompts; figure 2 is the row of the last X in the induction head.
 */

import { at, type Nested, toNested } from "../engine/ndarray.ts";
import { AttentionRow, type BatchMean, RunningMean } from "../measures/batch-mean.ts";
import type { Estimate } from "../measures/statistics.ts";
import { headLabel } from "../model/heads.ts";
import { repeatedPrompts } from "../prompts/repeated.ts";
import { type ExperimentContext, runOptions } from "./context.ts";
import { type Comparison, compare, published } from "./published.ts";

/** The prompts of figures 1 and 2. */
export interface InductionPatternSpec {
  readonly length: number;
  readonly batch: number;
  readonly seed: number;
}

/** A head's average attention. */
export interface HeadPattern {
  /** `L1H6` */
  readonly head: string;
  /** [query][key] */
  readonly mean: Nested;
  /** Standard error of each mean, [query][key]. */
  readonly se: Nested;
}

/** Average patterns of the induction head's layer. */
export interface Figure1Result {
  readonly spec: InductionPatternSpec;
  /** One label per position. */
  readonly labels: readonly string[];
  readonly layer: number;
  readonly heads: readonly HeadPattern[];
  readonly n: number;
}

/** One row of the induction head: attention from the position that is read. */
export interface Figure2Result {
  readonly spec: InductionPatternSpec;
  readonly head: string;
  /** Labels of the positions that the row can see. */
  readonly labels: readonly string[];
  readonly attention: readonly Estimate[];
  readonly comparisons: readonly Comparison[];
}

/** Every head of a layer as averages of `pattern [batch, head, query, key]`. */
export function headPatterns({ mean, se }: BatchMean, layer: number): HeadPattern[] {
  const [heads = 0, queries = 0, keys = 0] = mean.shape;
  const nested = (array: typeof mean, head: number) =>
    toNested([queries, keys], at(array, head).data);
  return Array.from({ length: heads }, (_, head) => ({
    head: headLabel({ layer, head }),
    mean: nested(mean, head),
    se: nested(se, head),
  }));
}

/** Figures 1 and 2 from one run. */
export async function figures1And2(
  context: ExperimentContext,
  spec: InductionPatternSpec,
): Promise<{ figure1: Figure1Result; figure2: Figure2Result }> {
  const { model, bos, heads } = context;
  const { layer, head } = heads.induction;
  const prompts = repeatedPrompts({ ...spec, d_vocab: model.config.d_vocab, bos });
  const name = `blocks.${layer}.attn.hook_pattern` as const;
  const labels = prompts.labels;
  const visible = prompts.read + 1;
  const mean = new RunningMean();
  const row = new AttentionRow(head, prompts.read, visible);
  const run = { names: [name], ...runOptions(context) };
  for await (const { activations } of model.runChunks(prompts.tokens, run)) {
    const pattern = activations.get(name); // [rows, head, query, key]
    mean.add(pattern);
    row.add(pattern);
  }
  const attention = row.estimates;

  const { figure2 } = published.post;
  const same =
    spec.length === figure2.length && spec.batch === figure2.batch && spec.seed === figure2.seed;
  const comparisons =
    spec.length === figure2.length
      ? compare(
          context.published && same,
          attention.map(({ mean }, key) => [
            `attention of the induction head on ${labels[key]} (position ${key})`,
            mean,
            figure2.attention[key],
          ]),
        )
      : [];
  return {
    figure1: {
      spec,
      labels,
      layer,
      heads: headPatterns(mean.result, layer),
      n: spec.batch,
    },
    figure2: {
      spec,
      head: heads.induction.label,
      labels: labels.slice(0, visible),
      attention,
      comparisons,
    },
  };
}
