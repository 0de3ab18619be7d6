/** @file What the scores of ablated runs say: logit differences, what is taken away, what is left. */

import type { AblatedScores } from "../interventions/ablate.ts";
import { receiverLabel, senderLabel } from "../interventions/edges.ts";
import {
  type Estimate,
  estimate,
  estimateNormalised,
  estimatePaired,
} from "../measures/statistics.ts";
import { headLabel } from "../model/heads.ts";
import type { AblatePlan, Target } from "./ablate-plan.ts";

/** One ablation at one length. */
export interface AblatedEntry {
  readonly name: string;
  /** Labels of the heads that are ablated; left out for a path. */
  readonly heads?: readonly string[];
  /** The path that is knocked out. */
  readonly path?: { readonly from: string; readonly to: string };
  /** Mean logit difference of the ablated run. */
  readonly ablated: Estimate;
  /** What the ablation takes away, clean - ablated, paired over prompts. */
  readonly effect: Estimate;
  /**
   * Of a pair: what it takes away beyond the sum of what its heads take away alone, paired over
   * prompts. Above 0 where one stands in for the other, below 0 where both serve one path.
   */
  readonly interaction?: Estimate;
  /**
   * Of heads that are kept: the share of the way from no heads at all, 0, to the whole model, 1, that
   * they go by themselves.
   */
  readonly recovery?: Estimate;
}

/** The ablations of prompts of one length. */
export interface AblatedLength {
  readonly length: number;
  /** The position that is read. */
  readonly read: number;
  /** Mean logit difference of the run as it is. */
  readonly clean: Estimate;
  readonly entries: readonly AblatedEntry[];
}

function labelsOf({ rewiring: { heads, edges } }: Target): Pick<AblatedEntry, "heads" | "path"> {
  const [edge] = edges ?? [];
  if (edge === undefined) return { heads: heads?.map(headLabel) ?? [] };
  return { path: { from: senderLabel(edge.from), to: receiverLabel(edge.to) } };
}

/** pair - (a + b) of what each takes away, prompt by prompt. */
function interaction(
  clean: Float32Array,
  pair: Float32Array,
  alone: readonly [Float32Array, Float32Array],
): Estimate {
  const [a, b] = alone;
  return estimate(
    Float64Array.from(clean, (score, i) => Number(a[i]) + Number(b[i]) - score - Number(pair[i])),
  );
}

/** The scores of a plan's targets as estimates. */
export function ablatedEntries(
  { mode, heads, targets }: AblatePlan,
  { clean, ablated }: AblatedScores,
): AblatedEntry[] {
  const alone = new Map(heads.map((head, i) => [headLabel(head), ablated[i]]));
  const none = ablated.at(-1);
  return targets.map((target, i): AblatedEntry => {
    const scores = ablated[i] as Float32Array;
    const labels = labelsOf(target);
    const [a, b] = (labels.heads ?? []).map((label) => alone.get(label));
    const isPair = mode === "pairs" && labels.heads?.length === 2;
    return {
      name: target.name,
      ...labels,
      ablated: estimate(scores),
      effect: estimatePaired(clean, scores),
      ...(isPair && a && b && { interaction: interaction(clean, scores, [a, b]) }),
      ...(mode === "keep" &&
        none !== undefined &&
        none !== scores && { recovery: estimateNormalised(scores, { clean, corrupted: none }) }),
    };
  });
}
