/**
 * @file Verdicts on few prompts, for tests of what is made of verdicts: of a model whose circuit is planted,
 * and of one of random weights, which has no circuit.
 */

import { withEvery } from "../src/experiments/with-every.ts";
import { type VerdictResult, verdict } from "../src/hypothesis/verdict.ts";
import { DEFAULT_VERDICT_SPEC, type VerdictSpec } from "../src/hypothesis/verdict-spec.ts";
import { HookedTransformer } from "../src/model/model.ts";
import { PLANTED_BOS, plantedModel } from "./planted-model.ts";
import { randomModel } from "./random-model.ts";

const FEW: VerdictSpec = {
  ...withEvery(DEFAULT_VERDICT_SPEC, "batch", 16),
  recency: { lengths: [2, 3, 4, 5, 7], batch: 40, seed: 120 },
  reach: { lengths: [2, 3], reaches: [1, 2], batch: 40, seed: 121 },
  effects: { lengths: [3, 4], batch: 10, seed: 110 },
  edges: { length: 3, batch: 24, seed: 110 },
  scores: { lengths: [2, 3], batch: 8, seed: 110 },
  ablation: { lengths: [2, 3], kind: "resample", batch: 16, seed: 111 },
  order: { lengths: [3, 4], batch: 16, seed: 131 },
  attribution: { lengths: [3], batch: 8, seed: 110 },
  composition: { draws: 10, seed: 0 },
};

/** Of the planted circuit `bag`, with weights to compare. */
export async function plantedVerdict(): Promise<VerdictResult> {
  const source = plantedModel("bag");
  using model = await HookedTransformer.create(source);
  return await verdict(model, PLANTED_BOS, FEW, { source });
}

/** Of random weights: no head plays a role, and no weights to compare. */
export async function randomVerdict(name = "random"): Promise<VerdictResult> {
  const source = randomModel({ n_ctx: 32, d_vocab: 31 });
  using model = await HookedTransformer.create({ ...source, name, hash: "f".repeat(64) });
  return await verdict(model, 0, FEW);
}
