/** @file What the strongest look-back head averages over: its attention on random tokens, lag by lag. */

import { runOptions } from "../experiments/context.ts";
import { lagAttention } from "../measures/lag-attention.ts";
import { type Estimate, estimate } from "../measures/statistics.ts";
import { headLabel } from "../model/heads.ts";
import { randomPrompts } from "../prompts/random.ts";
import type { HypothesisContext } from "./context.ts";

/** Random tokens behind BOS. */
export interface LookBackWindowSpec {
  readonly tokens: number;
  readonly batch: number;
  readonly seed: number;
}

/** As plain JSON. */
export interface LookBackWindowResult {
  readonly spec: LookBackWindowSpec;
  /** Null where the model has no look-back head; the rest is then empty. */
  readonly head: string | null;
  /** Share of attention on each lag from 0 on. */
  readonly byLag: readonly Estimate[];
  /** On lags 1 to 5 together: the previous 4 to 5 tokens of the post. */
  readonly within: Estimate | null;
  /** On lags 4 and 5 together: an average that leaves these out is one of fewer. */
  readonly furthest: Estimate | null;
}

/** The lags of the post's "previous 4 to 5 tokens". */
const WITHIN = { from: 1, to: 5 };
const FURTHEST = { from: 4, to: 5 };
const LAGS = Array.from({ length: 9 }, (_, lag) => lag);

/** Measures where the strongest look-back head looks. */
export async function lookBackWindow(
  context: HypothesisContext,
  spec: LookBackWindowSpec,
): Promise<LookBackWindowResult> {
  const { model, bos, circuit } = context;
  const [head] = circuit.lookBack;
  if (head === undefined) return { spec, head: null, byLag: [], within: null, furthest: null };
  const { tokens } = randomPrompts({
    length: spec.tokens,
    batch: spec.batch,
    seed: spec.seed,
    d_vocab: model.config.d_vocab,
    bos,
  });
  const name = `blocks.${head.layer}.attn.hook_pattern` as const;
  const byLag = LAGS.map((): number[] => []);
  const within: number[] = [];
  const furthest: number[] = [];
  for await (const { activations } of model.runChunks(tokens, {
    names: [name],
    ...runOptions(context),
  })) {
    const pattern = activations.get(name);
    for (const [lag, values] of byLag.entries()) {
      values.push(...(lagAttention(pattern, { from: lag, to: lag })[head.head] ?? []));
    }
    within.push(...(lagAttention(pattern, WITHIN)[head.head] ?? []));
    furthest.push(...(lagAttention(pattern, FURTHEST)[head.head] ?? []));
  }
  return {
    spec,
    head: headLabel(head),
    byLag: byLag.map((values) => estimate(values)),
    within: estimate(within),
    furthest: estimate(furthest),
  };
}
