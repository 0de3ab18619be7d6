import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { at } from "../engine/ndarray.ts";
import { fromTraining, paddedVocab, toTraining } from "./weights.ts";

const { config, weights } = randomModel({ n_heads: 3, d_model: 8, d_head: 5, d_vocab: 70 });

describe("weights laid out for training", () => {
  it("are the same when they come back", () => {
    for (const [name, weight] of weights) {
      const there = toTraining(name, weight, config);
      expect(fromTraining(name, there, config), name).toEqual(weight);
    }
  });

  it("have projections as matrices, heads side by side", () => {
    const W_K = weights.get("blocks.0.attn.W_K");
    if (W_K === undefined) throw new Error("no W_K");
    const matrix = toTraining("blocks.0.attn.W_K", W_K, config);
    expect(matrix.shape).toEqual([8, 15]);
    expect(at(matrix, 4, 1 * 5 + 2).data).toEqual(at(W_K, 1, 4, 2).data);
  });

  it("have a padded vocabulary that no probability falls on", () => {
    const b_U = weights.get("unembed.b_U");
    if (b_U === undefined) throw new Error("no b_U");
    const { shape, data } = toTraining("unembed.b_U", b_U, config);
    expect(shape).toEqual([paddedVocab(config)]);
    expect(Math.max(...data.subarray(config.d_vocab))).toBeLessThan(-1e29);
  });
});
