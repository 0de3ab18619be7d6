import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { processWeights } from "../model/processing.ts";
import { type CompositionMode, compositionScores } from "./composition.ts";

const { weights, config } = randomModel({ n_layers: 3, n_heads: 2, d_model: 6, d_head: 3 });

type Dense = number[][];

function headMatrix(letter: string, layer: number, head: number): Dense {
  const { shape, data } = weights.get(`blocks.${layer}.attn.W_${letter}`) as NdArray;
  const [, rows = 0, columns = 0] = shape;
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => data[(head * rows + i) * columns + j] as number),
  );
}

const transposed = (a: Dense): Dense =>
  (a[0] ?? []).map((_, j) => a.map((row) => row[j] as number));
const product = (a: Dense, b: Dense): Dense =>
  a.map((row) =>
    transposed(b).map((column) => row.reduce((sum, x, k) => sum + x * (column[k] as number), 0)),
  );
const norm = (a: Dense) => Math.sqrt(a.flat().reduce((sum, x) => sum + x * x, 0));

/** The definition, with [d_model, d_model] matrices written out. */
function dense(mode: CompositionMode, [l1, h1, l2, h2]: readonly number[]): number {
  const of = (letter: string, layer: number | undefined, head: number | undefined) =>
    headMatrix(letter, layer ?? 0, head ?? 0);
  const ov = (layer?: number, head?: number) => product(of("V", layer, head), of("O", layer, head));
  const qk = product(of("Q", l2, h2), transposed(of("K", l2, h2)));
  const reader = { Q: qk, K: transposed(qk), V: ov(l2, h2) }[mode];
  const writer = ov(l1, h1);
  return norm(product(writer, reader)) / (norm(writer) * norm(reader));
}

describe.each(["Q", "K", "V"] as const)("%s-composition", (mode) => {
  it("is the definition with dense matrices, and zero unless the reader comes later", () => {
    const scores = compositionScores(weights, config, mode);
    let compared = 0;
    for (const [l1, layer] of scores.entries()) {
      for (const [h1, head] of layer.entries()) {
        for (const [l2, readers] of head.entries()) {
          for (const [h2, score] of readers.entries()) {
            const expected = l2 > l1 ? dense(mode, [l1, h1, l2, h2]) : 0;
            expect(score, `L${l1}H${h1} to L${l2}H${h2}`).toBeCloseTo(expected, 10);
            compared++;
          }
        }
      }
    }
    expect(compared).toBe((3 * 2) ** 2);
  });

  it("is the same whatever the scale of a head, and zero for a head that is zero", () => {
    const scaled = new Map(weights);
    const W_V = weights.get("blocks.0.attn.W_V") as NdArray;
    const half = W_V.data.length / 2;
    scaled.set("blocks.0.attn.W_V", {
      ...W_V,
      data: W_V.data.map((x, i) => (i < half ? 0 : 4 * x)),
    });
    const before = compositionScores(weights, config, mode);
    const after = compositionScores(scaled, config, mode);
    expect(after[0]?.[0]?.flat()).toEqual(Array(6).fill(0));
    for (const [i, score] of (after[0]?.[1]?.flat() ?? []).entries()) {
      expect(score).toBeCloseTo(before[0]?.[1]?.flat()[i] as number, 10);
    }
  });
});

describe("compositionScores", () => {
  it("refuses a mode that there is not", () => {
    const { weights, config } = randomModel();
    expect(() => compositionScores(weights, config, "q" as "Q")).toThrow(
      'mode: "q" is not one of Q, K, V',
    );
  });

  it("reads processed weights with the config that goes with them", () => {
    const processed = processWeights(weights, config, "default");
    const scores = compositionScores(processed.weights, processed.config, "K");
    expect(scores[0]?.[0]?.[1]?.[0]).toBeGreaterThan(0);
    expect(() => compositionScores(processed.weights, config, "K")).toThrow(
      expect.objectContaining({ code: "bad-weights" }),
    );
  });
});
