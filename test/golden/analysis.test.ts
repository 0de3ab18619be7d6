/** @file Composition, head detectors, logit attribution, logit lens and position-only patterns. */

import { describe, it } from "vitest";
import { compositionScores } from "../../src/circuits/composition.ts";
import { directLogitAttribution } from "../../src/circuits/logit-attribution.ts";
import { logitLens } from "../../src/circuits/logit-lens.ts";
import { at, type NdArray, ndarray } from "../../src/engine/ndarray.ts";
import { type HeadKind, headScores } from "../../src/measures/head-scores.ts";
import { HookedTransformer, type ModelSource } from "../../src/model/model.ts";
import { batchRows } from "../../src/model/tokens.ts";
import { expectAllClose, fromNested } from "./compare.ts";
import { GOLDEN_MODELS, goldenFile, goldenModel, loadGoldenModel } from "./fixtures.ts";

const DETECTORS: readonly (readonly [name: string, kind: HeadKind])[] = [
  ["detect.previous_token", "previous-token"],
  ["detect.duplicate_token", "duplicate-token"],
  ["detect.induction", "induction"],
];

const INPUTS = ["repeat.tokens", "dla.answer"];

/**
 * TransformerLens leaves the final LayerNorm's weights out of attribution to logits where they are not
 * folded, as if there were none. What heads write does not depend on them.
 */
function withoutFinalWeights(source: ModelSource): ModelSource {
  const weights = new Map(source.weights);
  const w = weights.get("ln_final.w");
  if (w !== undefined) weights.set("ln_final.w", { ...w, data: w.data.map(() => 1) });
  return { ...source, weights };
}

describe.each(GOLDEN_MODELS)("%s", (name) => {
  it("is analysed as TransformerLens does", async () => {
    const golden = await goldenFile(name, "analysis");
    const values = new Map<string, NdArray>();
    const { weights, config } = await loadGoldenModel(name);
    for (const mode of ["Q", "K", "V"] as const) {
      const scores = compositionScores(weights, config, mode);
      values.set(`composition.${mode}`, fromNested(scores));
    }

    using model = await goldenModel(name);
    const tokens = golden.tokens("repeat.tokens");
    const patterns = { names: ["blocks.*.attn.hook_pattern"] };
    const firstRow = batchRows(tokens, 0, 1);
    const { activations } = await model.run(firstRow, patterns);
    for (const [tensor, kind] of DETECTORS) {
      const layers = [...activations].map(([, pattern]) =>
        headScores(pattern, firstRow, kind).flatMap((ofHead) => [...ofHead]),
      );
      values.set(tensor, fromNested(layers));
    }

    const positionOnly = await model.run(firstRow, { ...patterns, mode: "position-only" });
    for (const [hook, pattern] of positionOnly.activations) {
      values.set(`position_only.${hook}`, at(pattern, 0));
    }

    const answers = golden.integers("dla.answer").map((answer) => [answer]);
    using withoutWeights = await HookedTransformer.create(
      withoutFinalWeights(await loadGoldenModel(name)),
    );
    const attribution = await directLogitAttribution(withoutWeights, { tokens, answers });
    const { n_layers, n_heads } = config;
    values.set("dla.heads", ndarray([n_layers * n_heads, tokens.batch], attribution.data));
    values.set("logit_lens.logits", await logitLens(model, { tokens }));

    expectAllClose(
      values,
      golden,
      golden.names.filter((tensor) => !INPUTS.includes(tensor)),
    );
  });
});
