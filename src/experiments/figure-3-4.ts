/**
 * @file Figures 3 and 4: where the heads of layer 0 look on random tokens, averaged over prompts:
 * as the model is (figure 3), and with token embeddings set to zero, so that only positions are left
 * (figure 4).
 */

import { at } from "../engine/ndarray.ts";
import { RunningMean } from "../measures/batch-mean.ts";
import { type LagProfile, lagProfile } from "../measures/lag-profile.ts";
import { headLabel } from "../model/heads.ts";
import { randomPrompts } from "../prompts/random.ts";
import { type ExperimentContext, runOptions } from "./context.ts";
import { type HeadPattern, headPatterns } from "./figure-1-2.ts";

/** The prompts: BOS and so many random tokens. */
export interface RandomTokensSpec {
  readonly tokens: number;
  readonly batch: number;
  readonly seed: number;
}

/** Average patterns of layer 0, and how far back each head looks. */
export interface Layer0Result {
  readonly spec: RandomTokensSpec;
  readonly mode: "total" | "position-only";
  readonly labels: readonly string[];
  readonly heads: readonly (HeadPattern & { readonly lags: LagProfile })[];
  readonly n: number;
}

async function layer0(
  context: ExperimentContext,
  spec: RandomTokensSpec,
  mode: Layer0Result["mode"],
): Promise<Layer0Result> {
  const { model, bos } = context;
  // Without tokens every prompt is the same, so one is enough.
  const batch = mode === "position-only" ? 1 : spec.batch;
  const { tokens, labels } = randomPrompts({
    length: spec.tokens,
    batch,
    seed: spec.seed,
    d_vocab: model.config.d_vocab,
    bos,
  });
  const name = "blocks.0.attn.hook_pattern";
  const running = new RunningMean();
  const run = { names: [name], mode, ...runOptions(context) };
  for await (const { activations } of model.runChunks(tokens, run)) {
    running.add(activations.get(name)); // [rows, head, query, key]
  }
  const means = running.result;
  return {
    spec,
    mode,
    labels,
    heads: headPatterns(means, 0).map((pattern, head) => ({
      ...pattern,
      head: headLabel({ layer: 0, head }),
      lags: lagProfile(at(means.mean, head)),
    })),
    n: batch,
  };
}

/** Layer 0 on random tokens. The post names no seed; the companion post's 129 is the default. */
export function figure3(context: ExperimentContext, spec: RandomTokensSpec): Promise<Layer0Result> {
  return layer0(context, spec, "total");
}

/** Layer 0 by position alone. */
export function figure4(context: ExperimentContext, spec: RandomTokensSpec): Promise<Layer0Result> {
  return layer0(context, spec, "position-only");
}
