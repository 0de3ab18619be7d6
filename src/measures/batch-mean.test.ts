import { describe, expect, it } from "vitest";
import type { NdArray } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";
import { AttentionRow, batchMean, RunningMean, rowEstimates } from "./batch-mean.ts";
import { estimate } from "./statistics.ts";

const shape = [7, 2, 3, 4];
const data = Float32Array.from({ length: 7 * 24 }, (_, i) => Math.sin(i * i) + 100);

/** Rows `[start, end)` of the batch. */
function part(start: number, end: number): NdArray {
  return { shape: [end - start, 2, 3, 4], data: data.subarray(start * 24, end * 24) };
}

describe("batchMean", () => {
  it("is the estimate of each element", () => {
    const { mean, se, n } = batchMean({ shape, data });
    expect(n).toBe(7);
    expect(mean.shape).toEqual([2, 3, 4]);
    for (let i = 0; i < 24; i++) {
      const expected = estimate(
        Array.from({ length: 7 }, (_, row) => data[row * 24 + i] as number),
      );
      expect(mean.data[i]).toBeCloseTo(expected.mean, 5);
      expect(se.data[i]).toBeCloseTo(expected.se, 7);
    }
  });

  it("of one row knows no spread", () => {
    expect(batchMean(part(0, 1)).se.data.every((se) => se === 0)).toBe(true);
  });
});

describe("RunningMean", () => {
  it("of parts is that of the whole", () => {
    const running = new RunningMean();
    for (const [start, end] of [[0, 1], [1, 4], [4, 7]] as const) running.add(part(start, end)); // biome-ignore format: ranges
    const whole = batchMean({ shape, data });
    expect(running.result.n).toBe(7);
    for (let i = 0; i < 24; i++) {
      expect(running.result.mean.data[i]).toBeCloseTo(whole.mean.data[i] as number, 6);
      expect(running.result.se.data[i]).toBeCloseTo(whole.se.data[i] as number, 8);
    }
  });
});

describe("AttentionRow", () => {
  it("of parts is that of the whole, cut to the keys that were asked for", () => {
    const row = new AttentionRow(1, 2, 3);
    for (const [start, end] of [[0, 5], [5, 7]] as const) row.add(part(start, end)); // biome-ignore format: ranges
    const whole = rowEstimates({ shape, data }, 1, 2);
    expect(whole).toHaveLength(4);
    expect(row.estimates).toEqual(whole.slice(0, 3));
    const key = (k: number) =>
      Array.from({ length: 7 }, (_, b) => data[b * 24 + 12 + 8 + k] as number);
    expect(whole[1]).toEqual(estimate(key(1)));
  });

  it("is of heads, queries and keys that there are", () => {
    for (const [head, query, keys] of [
      [2, 0, 1],
      [-1, 0, 1],
      [0, 3, 1],
      [0, -1, 1],
      [0, 0, 5],
    ] as const) {
      // biome-ignore format: rows
      expect(() => rowEstimates({ shape, data }, head, query, keys)).toThrow(LookbackError);
    }
    const running = new RunningMean();
    running.add(part(0, 2));
    expect(() => running.add({ shape: [2, 24], data: data.subarray(0, 48) })).toThrow(
      /does not go/,
    );
  });
});
