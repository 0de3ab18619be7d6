import { afterEach, describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { ruledText } from "../../test/training-text.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { liveTensors } from "../engine/tensor.ts";
import type { StateDict } from "../model/weights.ts";
import { type BigramStart, fitBigrams } from "./bigram-start.ts";
import { type BigramCounts, bigramEntropy, countBigrams } from "./bigrams.ts";

afterEach(() => {
  expect(liveTensors(), "tensors left").toBe(0);
});

const LENGTH = 6;
const VOCABULARY = 23;

/** The loss of a model of bigrams, in plain loops. */
function lossOf(weights: StateDict, { counts, total, d_vocab }: BigramCounts, eps: number): number {
  const of = (name: string) => (weights.get(name) as NdArray).data;
  const [W_E, W_U, b_U] = [of("embed.W_E"), of("unembed.W_U"), of("unembed.b_U")];
  const d_model = W_E.length / d_vocab;
  const [w, b] = [weights.get("ln_final.w")?.data, weights.get("ln_final.b")?.data];
  let loss = 0;
  for (let token = 0; token < d_vocab; token++) {
    let x = [...W_E.subarray(token * d_model, (token + 1) * d_model)];
    if (w !== undefined && b !== undefined) {
      const mean = x.reduce((sum, v) => sum + v, 0) / d_model;
      const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / d_model;
      x = x.map((v, m) => ((v - mean) / Math.sqrt(variance + eps)) * (w[m] ?? 0) + (b[m] ?? 0));
    }
    const logits = Array.from(b_U, (bias, y) =>
      x.reduce((sum, v, m) => sum + v * (W_U[m * d_vocab + y] ?? 0), bias),
    );
    const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    for (const [y, logit] of logits.entries()) {
      loss += ((counts[token * d_vocab + y] ?? 0) / total) * (logSum - logit);
    }
  }
  return loss;
}

describe.each([["LN"], [null]] as const)("fitBigrams with normalization %s", (normalization) => {
  const { config, weights } = randomModel({ normalization, d_vocab: VOCABULARY });
  const bigrams = countBigrams(ruledText(VOCABULARY, 50), LENGTH, VOCABULARY);
  const start: BigramStart = { steps: 120, rates: [0.05, 0.01], positions: false };

  it("says the loss that the weights have, and brings it down to the entropy", async () => {
    const losses: number[] = [];
    const fitted = await fitBigrams(config, weights, bigrams, start, {
      seed: 1,
      onStep: (_, loss) => losses.push(loss),
    });
    expect(losses[0]).toBeCloseTo(lossOf(weights, bigrams, config.eps), 4);
    const last = lossOf(fitted, bigrams, config.eps);
    expect(last).toBeLessThan(bigramEntropy(bigrams) + 0.1);
    expect(last).toBeGreaterThanOrEqual(bigramEntropy(bigrams) - 1e-6);
  });

  it("moves nothing but what bigrams can tell", async () => {
    const fitted = await fitBigrams(config, weights, bigrams, { ...start, steps: 1 }, { seed: 1 });
    for (const [name, weight] of weights) {
      const isFitted = /^(embed|unembed|ln_final)\./.test(name);
      if (isFitted) expect(fitted.get(name)?.data, name).not.toEqual(weight.data);
      else expect(fitted.get(name), name).toEqual(weight);
    }
  });

  it("fits for tokens at any position, where it is to", async () => {
    const there = { ...start, positions: true, steps: 2 };
    const losses = async (seed: number) => {
      const all: number[] = [];
      await fitBigrams(config, weights, bigrams, there, {
        seed,
        onStep: (_, loss) => all.push(loss),
      });
      return all;
    };
    expect(await losses(1)).toEqual(await losses(1));
    expect(await losses(1)).not.toEqual(await losses(2));
  });
});

describe("countBigrams", () => {
  it("counts within contexts, and not from one to the next", () => {
    const ids = Int32Array.of(0, 1, 2, 0, 1, 1);
    const source = { contexts: () => 2, read: () => ids };
    const { counts, total } = countBigrams(source, 3, 3);
    expect(total).toBe(4);
    expect([...counts]).toEqual([0, 2, 0, 0, 1, 1, 0, 0, 0]);
  });
});
