import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { checkWeights } from "../model/weights.ts";
import { initialWeights } from "./initial-weights.ts";

const { config } = randomModel({ n_layers: 2, n_heads: 4, d_model: 32, d_head: 8, n_ctx: 40 });
const START = { positions: 0.7, matchingKeys: 0 };

const dataOf = (weights: ReadonlyMap<string, NdArray>, name: string) => [
  ...(weights.get(name) as NdArray).data,
];

const deviation = (data: readonly number[]) =>
  Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);

describe("initialWeights", () => {
  const weights = initialWeights(config, START, 1);

  it("are those that the config calls for, in their sizes", () => {
    expect(() => checkWeights(weights, config)).not.toThrow();
    expect(deviation(dataOf(weights, "blocks.1.attn.W_V"))).toBeCloseTo(1 / Math.sqrt(32), 1);
    expect(deviation(dataOf(weights, "blocks.1.attn.W_O"))).toBeLessThan(0.005);
    expect(new Set(dataOf(weights, "blocks.0.ln1.w"))).toEqual(new Set([1]));
    expect(new Set(dataOf(weights, "blocks.0.attn.b_Q"))).toEqual(new Set([0]));
  });

  it("are the same for the same seed alone", () => {
    expect(initialWeights(config, START, 1)).toEqual(weights);
    expect(initialWeights(config, START, 2)).not.toEqual(weights);
  });

  it("have positions that differ from their neighbours, and less the slower they turn", () => {
    const rows = Array.from({ length: 40 }, (_, position) =>
      dataOf(weights, "pos_embed.W_pos").slice(position * 32, (position + 1) * 32),
    );
    const product = (a: number, b: number) =>
      (rows[a] as number[]).reduce((sum, x, m) => sum + x * (rows[b]?.[m] ?? 0), 0);
    // Sines and cosines in pairs: as long everywhere, and as near at the same distance.
    expect(product(3, 3)).toBeCloseTo(16 * 0.7 ** 2, 4);
    expect(product(3, 5)).toBeCloseTo(product(30, 32), 4);
    expect(product(3, 4)).toBeLessThan(product(3, 3));
  });

  it("put positions behind LayerNorm beside tokens that are smaller, and both together are of size one", () => {
    const shortformer = { ...config, shortformer_pos: true };
    const own = initialWeights(shortformer, { ...START, positions: 3 }, 1);
    const [tokens = 0] = dataOf(own, "blocks.1.ln1.w");
    const positions = deviation(dataOf(own, "pos_embed.W_pos"));
    expect(positions / tokens).toBeCloseTo(3 / Math.sqrt(2), 4);
    expect(Math.hypot(positions, tokens)).toBeCloseTo(1, 4);
    expect(new Set(dataOf(own, "ln_final.w"))).toEqual(new Set([1]));
  });

  it("have keys as like queries in layer 0 as they are told, and no others", () => {
    const like = (alike: number, layer: number) => {
      const own = initialWeights(config, { ...START, matchingKeys: alike }, 1);
      const [Q, K] = ["W_Q", "W_K"].map((w) => dataOf(own, `blocks.${layer}.attn.${w}`));
      const product = (Q as number[]).reduce((sum, q, i) => sum + q * (K?.[i] ?? 0), 0);
      const sizes = deviation(Q as number[]) * deviation(K as number[]);
      return product / (Q as number[]).length / sizes;
    };
    expect(like(1, 0)).toBeCloseTo(1, 5);
    expect(like(0.8, 0)).toBeCloseTo(0.8, 1);
    expect(like(0, 0)).toBeCloseTo(0, 1);
    expect(like(1, 1)).toBeCloseTo(0, 1);
  });
});
