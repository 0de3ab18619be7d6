import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { COMPOSITION_MODES, compositionScores } from "./composition.ts";
import { composingPairs, compositionBaseline } from "./composition-baseline.ts";

const shape = { n_layers: 2, n_heads: 8, d_model: 64, d_head: 8 };
const baseline = compositionBaseline(shape);
const { weights, config } = randomModel(shape);

describe("compositionBaseline", () => {
  it("is about 1 / √d_model, with a narrow spread", () => {
    for (const d_model of [16, 64, 256]) {
      const { mean, standardDeviation, quantile95, max } = compositionBaseline(
        { d_model, d_head: 8 },
        { draws: 100 },
      );
      expect(mean * Math.sqrt(d_model)).toBeGreaterThan(0.95);
      expect(mean * Math.sqrt(d_model)).toBeLessThan(1.05);
      expect(standardDeviation).toBeLessThan(mean / 4);
      expect(quantile95).toBeGreaterThan(mean);
      expect(max).toBeGreaterThanOrEqual(quantile95);
    }
  });

  it.each(COMPOSITION_MODES)("is what heads of random weights score, %s", (mode) => {
    const pairs = composingPairs(compositionScores(weights, config, mode), baseline);
    expect(pairs).toHaveLength(64);
    const mean = pairs.reduce((sum, { score }) => sum + score, 0) / 64;
    // Pairs share heads, so their mean is less certain than that of 64 draws.
    expect(Math.abs(mean - baseline.mean)).toBeLessThan(baseline.standardDeviation);
    const above = pairs.filter(({ score }) => score > baseline.quantile95).length;
    expect(above).toBeLessThan(13); // 3 expected of 64
    expect(pairs.every(({ deviations }) => Math.abs(deviations) < 6)).toBe(true);
  });

  it("is the same for one seed", () => {
    expect(compositionBaseline(shape)).toEqual(baseline);
    expect(compositionBaseline(shape, { seed: 1 }).mean).not.toBe(baseline.mean);
  });

  it("needs two draws", () => {
    expect(() => compositionBaseline(shape, { draws: 1 })).toThrow(/draws must be.*no spread/);
  });
});

describe("composingPairs", () => {
  it("puts a head whose keys read just what an earlier one writes first", () => {
    const [writes, reads] = ["blocks.0.attn.W_O", "blocks.1.attn.W_K"].map(
      (key) => weights.get(key) as NdArray,
    );
    const data = Float32Array.from(reads?.data ?? []);
    const size = 64 * 8;
    // W_K of L1H5 is W_Oᵀ of L0H2.
    for (let m = 0; m < 64; m++) {
      for (let d = 0; d < 8; d++) {
        data[5 * size + m * 8 + d] = writes?.data[2 * size + d * 64 + m] as number;
      }
    }
    const set = new Map(weights).set("blocks.1.attn.W_K", { shape: [8, 64, 8], data });
    const pairs = composingPairs(compositionScores(set, config, "K"), baseline);
    const [first, second] = pairs;
    expect(first).toMatchObject({ writer: "L0H2", reader: "L1H5" });
    expect(first?.ratio).toBeGreaterThan(2);
    expect(first?.deviations).toBeGreaterThan(10);
    expect(second?.deviations).toBeLessThan(6);
    expect(first?.ratio).toBeCloseTo((first?.score ?? 0) / baseline.mean, 12);
  });
});
