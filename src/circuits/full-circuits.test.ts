import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { openDevice } from "../engine/device.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { liveTensors } from "../engine/tensor.ts";
import { HookedTransformer } from "../model/model.ts";
import { tokenBatch } from "../model/tokens.ts";
import { circuitEntries, vocabularyProducts } from "./full-circuits.ts";

/** One layer without LayerNorm, positions or biases: what it computes is its circuits and no more. */
const bare = (() => {
  const model = randomModel({ n_layers: 1, normalization: null });
  const weights = new Map(model.weights);
  for (const [key, { shape, data }] of weights) {
    if (/W_pos|\.b_/.test(key)) weights.set(key, { shape, data: data.map(() => 0) });
  }
  return { ...model, weights };
})();
const V = bare.config.d_vocab;
const all = Array.from({ length: V }, (_, id) => id);

describe("circuitEntries", () => {
  it("of QK are the scores that the model forms, but for √d_head", async () => {
    using model = await HookedTransformer.create(bare);
    const tokens = [3, 7, 0, 7];
    const { activations } = await model.run(tokenBatch([tokens]), {
      names: ["blocks.0.attn.hook_attn_scores"],
      positions: "all",
    });
    const scores = activations.get("blocks.0.attn.hook_attn_scores");
    for (const head of [0, 1]) {
      const { shape, data } = circuitEntries(bare.weights, bare.config, {
        head: `L0H${head}`,
        circuit: "QK",
        from: tokens,
        to: tokens,
      });
      expect(shape).toEqual([4, 4]);
      for (let query = 0; query < 4; query++) {
        for (let key = 0; key <= query; key++) {
          const score = scores.data[(head * 4 + query) * 4 + key] as number;
          expect((data[query * 4 + key] as number) / Math.sqrt(4)).toBeCloseTo(score, 4);
        }
      }
    }
  });

  it("of OV are what heads add to the logits of a token that attends to itself alone", async () => {
    using model = await HookedTransformer.create(bare);
    const { logits } = await model.run(tokenBatch(all.map((id) => [id])), { logits: true });
    const [W_E, W_U] = ["embed.W_E", "unembed.W_U"].map((key) => bare.weights.get(key) as NdArray);
    const heads = ["L0H0", "L0H1"].map((head) =>
      circuitEntries(bare.weights, bare.config, { head, circuit: "OV", from: all, to: [2, 10] }),
    );
    for (const token of all) {
      for (const [j, to] of [2, 10].entries()) {
        let straight = 0;
        for (let m = 0; m < 8; m++) {
          straight += (W_E?.data[token * 8 + m] as number) * (W_U?.data[m * V + to] as number);
        }
        const added = heads.reduce((sum, { data }) => sum + (data[token * 2 + j] as number), 0);
        expect(straight + added).toBeCloseTo(logits?.data[token * V + to] as number, 4);
      }
    }
  });

  it("names a head or token that is not there", () => {
    const ask = (head: string, token: number) => () =>
      circuitEntries(bare.weights, bare.config, { head, circuit: "OV", from: [0], to: [token] });
    expect(ask("L1H0", 0)).toThrow(expect.objectContaining({ code: "unknown-head" }));
    expect(ask("L0H0", V)).toThrow(/11 is no token of this vocabulary of 11/);
    expect(ask("L0H0", 0.5)).toThrow(expect.objectContaining({ code: "token-out-of-range" }));
  });
});

describe("vocabularyProducts", () => {
  const { weights, config } = randomModel({ d_vocab: 4099, d_model: 6 }); // three blocks

  it("are the sums over the vocabulary, and leave nothing on the device", async () => {
    await openDevice();
    const before = liveTensors();
    const progress: number[] = [];
    const { W_U_W_E, W_E_gram } = await vocabularyProducts(weights, config, {
      onProgress: (done) => progress.push(done),
    });
    expect(liveTensors()).toBe(before);
    expect(progress).toEqual([2048, 4096, 4099]);
    const [W_E, W_U] = ["embed.W_E", "unembed.W_U"].map((key) => weights.get(key) as NdArray);
    for (let i = 0; i < 6; i++) {
      for (let j = 0; j < 6; j++) {
        const sums = { both: 0, gram: 0 };
        for (let v = 0; v < 4099; v++) {
          const embedded = W_E?.data[v * 6 + j] as number;
          sums.both += (W_U?.data[i * 4099 + v] as number) * embedded;
          sums.gram += (W_E?.data[v * 6 + i] as number) * embedded;
        }
        expect(W_U_W_E.data[i * 6 + j]).toBeCloseTo(sums.both, 2);
        expect(W_E_gram.data[i * 6 + j]).toBeCloseTo(sums.gram, 2);
      }
    }
  });

  it("stop when cancelled, and refuse what overflows", async () => {
    const signal = AbortSignal.abort();
    await expect(vocabularyProducts(weights, config, { signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    const W_E = weights.get("embed.W_E") as NdArray;
    const huge = new Map(weights).set("embed.W_E", { ...W_E, data: W_E.data.map(() => 1e30) });
    await expect(vocabularyProducts(huge, config)).rejects.toMatchObject({ code: "not-finite" });
  });
});
