import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { headCircuits } from "./head-circuits.ts";
import { matrixProduct } from "./matrix.ts";

const { weights, config } = randomModel({ n_layers: 2, n_heads: 3, d_model: 6, d_head: 2 });
const circuits = headCircuits(weights, config);

function weight(key: string, ...[head, row, column]: readonly [number, number, number]): number {
  const { shape, data } = weights.get(key) ?? { shape: [], data: [] };
  const [, rows = 0, columns = 0] = shape;
  return data[(head * rows + row) * columns + column] as number;
}

describe("headCircuits", () => {
  it("has every head, layer by layer", () => {
    expect(circuits.map(({ layer, head }) => [layer, head])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
  });

  it("is made of the head's weights, and knows the norm of their product", () => {
    for (const { layer, head, OV, QK } of circuits) {
      const W = (letter: string, row: number, column: number) =>
        weight(`blocks.${layer}.attn.W_${letter}`, head, row, column);
      const [ov, qk] = [OV, QK].map(({ left, right }) => matrixProduct(left, right).data);
      const squares = { ov: 0, qk: 0 };
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < 6; j++) {
          const inOV = W("V", i, 0) * W("O", 0, j) + W("V", i, 1) * W("O", 1, j);
          const inQK = W("Q", i, 0) * W("K", j, 0) + W("Q", i, 1) * W("K", j, 1);
          expect(ov?.[i * 6 + j]).toBeCloseTo(inOV, 12);
          expect(qk?.[i * 6 + j]).toBeCloseTo(inQK, 12);
          squares.ov += inOV ** 2;
          squares.qk += inQK ** 2;
        }
      }
      expect(OV.norm).toBeCloseTo(Math.sqrt(squares.ov), 12);
      expect(QK.norm).toBeCloseTo(Math.sqrt(squares.qk), 12);
    }
  });

  it("refuses weights that do not fit the config", () => {
    expect(() => headCircuits(weights, { ...config, n_heads: 2 })).toThrow(
      expect.objectContaining({ code: "bad-weights" }),
    );
  });
});
