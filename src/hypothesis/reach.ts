/**
 * @file Does the reach of the heads below set how long a sequence can be matched? A copy of length n can
 * be told from the other only by A, which stands n - 1 back from B, where the key is formed. So the heads
 * of the layers below the induction heads are kept from looking further back than some lag: at n - 1 the
 * match should survive, at n - 2 it should not.
 */

import { type Tensor, tensor } from "../engine/tensor.ts";
import { type Estimate, estimate, estimateRatio } from "../measures/statistics.ts";
import type { HookEntry } from "../model/run-options.ts";
import { bothWays, checkLengths } from "./answer-logits.ts";
import { forEach, type HypothesisContext } from "./context.ts";

/** Which lengths and reaches, and the prompts of each. */
export interface ReachSpec {
  readonly lengths: readonly number[];
  /** The furthest lags that heads may look at; 1 is the token before. */
  readonly reaches: readonly number[];
  readonly batch: number;
  readonly seed: number;
}

/** One length with one reach; logit differences, corrected for recency, in nats. */
export interface ReachCell {
  readonly reach: number;
  readonly logitDiff: Estimate;
  /** Its share of what the model does with all of its reach, on the same prompts. */
  readonly kept: Estimate;
}

/** One length. */
export interface ReachRow {
  readonly length: number;
  /** With all of its reach. */
  readonly whole: Estimate;
  readonly cells: readonly ReachCell[];
}

/** As plain JSON. */
export interface ReachResult {
  readonly spec: ReachSpec;
  /** The layers whose heads were limited. */
  readonly layers: readonly number[];
  readonly rows: readonly ReachRow[];
}

/** One where a query may look: BOS, where heads rest, and lags up to the reach. [1, 1, P, P] */
function visible(length: number, reach: number): Tensor {
  const data = new Float32Array(length * length);
  for (let query = 0; query < length; query++) {
    for (let key = 0; key <= query; key++) {
      if (key === 0 || query - key <= reach) data[query * length + key] = 1;
    }
  }
  return tensor({ shape: [1, 1, length, length], data });
}

/**
 * Hides what lies further back than a reach. What is left of a row keeps its weight: let it sum up to one
 * again, and a head would not only see less, but say more of what it sees.
 */
export function limitReach(layers: readonly number[], reach: number): HookEntry[] {
  return layers.map((layer) => [
    `blocks.${layer}.attn.hook_pattern`,
    (pattern) => pattern.mul(visible(pattern.shape[2] ?? 0, reach)), // [B, H, P, P]
  ]);
}

/** Measures each length with each reach. */
export async function reach(context: HypothesisContext, spec: ReachSpec): Promise<ReachResult> {
  const { lengths, reaches, batch, seed } = spec;
  checkLengths(context, "lengths", lengths);
  const { induction } = context.circuit;
  // Without induction heads, all layers but the last.
  const top = induction.length > 0 ? induction : [{ layer: context.model.config.n_layers - 1 }];
  const below = Math.min(...top.map(({ layer }) => layer));
  const layers = Array.from({ length: below }, (_, layer) => layer);
  const rows = await forEach(context, lengths, async (part, length): Promise<ReachRow> => {
    const settings = [undefined, ...reaches];
    const scores = await forEach(part, settings, async (each, limit) => {
      const hooks = limit === undefined ? [] : limitReach(layers, limit);
      return (await bothWays(each, { length, batch, seed }, hooks)).corrected;
    });
    const [whole = new Float32Array(), ...limited] = scores;
    return {
      length,
      whole: estimate(whole),
      cells: limited.map((values, i) => ({
        reach: reaches[i] as number,
        logitDiff: estimate(values),
        kept: estimateRatio(values, whole),
      })),
    };
  });
  return { spec, layers, rows };
}
