/** @file Every activation of every golden model, from every weights file, raw and processed. */

import { describe, expect, it } from "vitest";
import type { NdArray } from "../../src/engine/ndarray.ts";
import type { HookedTransformer } from "../../src/model/model.ts";
import type { TokenBatch } from "../../src/model/tokens.ts";
import { expectAllClose } from "./compare.ts";
import {
  GOLDEN_MODELS,
  type GoldenModelName,
  goldenFile,
  goldenModel,
  loadGoldenModel,
  processedGoldenModel,
  type WeightsFile,
} from "./fixtures.ts";

const PREFIXES = [
  ["raw", (name: GoldenModelName, file: WeightsFile) => goldenModel(name, { file })],
  ["processed", processedGoldenModel],
] as const;

/** Everything that a run can give, under the names of the golden file. */
async function everything(
  model: HookedTransformer,
  tokens: TokenBatch,
  prefix: "raw" | "processed",
): Promise<Map<string, NdArray>> {
  const { logits, lossPerToken, activations } = await model.run(tokens, {
    names: ["*"],
    logits: true,
    positions: "all",
    lossPerToken: true,
  });
  const values = new Map<string, NdArray>();
  for (const [name, value] of activations) values.set(`${prefix}.cache.${name}`, value);
  if (logits !== undefined) values.set(`${prefix}.logits`, logits);
  // TransformerLens was asked for the loss of the raw model only.
  if (lossPerToken !== undefined && prefix === "raw")
    values.set("raw.loss_per_token", lossPerToken);
  return values;
}

describe.each(GOLDEN_MODELS)("%s", (name) => {
  it.each(["model.safetensors", "model_final.pth"] as const)("runs from %s", async (file) => {
    const golden = await goldenFile(name, "forward");
    const values = new Map<string, NdArray>();
    for (const [prefix, open] of PREFIXES) {
      using model = await open(name, file);
      for (const entry of await everything(model, golden.tokens("tokens"), prefix)) {
        values.set(...entry);
      }
    }
    expectAllClose(
      values,
      golden,
      golden.names.filter((tensor) => tensor !== "tokens"),
    );
  });

  it("has half-precision weights that are the rounded ones", async () => {
    const { weights } = await loadGoldenModel(name);
    const { weights: half } = await loadGoldenModel(name, "model_half.pth");
    expect([...half.keys()].sort()).toEqual([...weights.keys()].sort());
    for (const [key, { shape, data }] of weights) {
      const rounded = half.get(key);
      expect(rounded?.shape, key).toEqual(shape);
      // Half of the last of eleven bits; or of the smallest number that is.
      const wrong = data.findIndex(
        (x, i) =>
          !(Math.abs(x - (rounded?.data[i] ?? 0)) <= Math.max(Math.abs(x) * 2 ** -11, 2 ** -25)),
      );
      expect(wrong, key).toBe(-1);
    }
  });

  it.each(PREFIXES)("runs from half-precision weights (%s)", async (prefix, open) => {
    const golden = await goldenFile(name, "forward");
    using model = await open(name, "model_half.pth");
    const values = await everything(model, golden.tokens("tokens"), prefix);
    // Rounded weights are 3e-4 off, and two or three layers make some times that of it: compared by
    // the length of the whole tensor, since single elements can be off by more.
    for (const [tensor, { data }] of values) {
      const expected = golden.floats(tensor).data;
      let difference = 0;
      let length = 0;
      for (const [i, wanted] of expected.entries()) {
        const given = data[i] as number;
        // Masked scores are -Infinity on both sides.
        if (given === wanted && !Number.isFinite(wanted)) continue;
        difference += (wanted - given) ** 2;
        length += wanted ** 2;
      }
      expect(Math.sqrt(difference), tensor).toBeLessThanOrEqual(3e-3 * Math.sqrt(length));
    }
  });
});
