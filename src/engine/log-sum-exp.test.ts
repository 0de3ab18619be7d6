import { beforeAll, describe, expect, it } from "vitest";
import { openDevice } from "./device.ts";
import { LANES, logSumExpOfSum } from "./log-sum-exp.ts";
import type { NdArray } from "./ndarray.ts";
import { scoped } from "./scope.ts";
import { type Tensor, tensor } from "./tensor.ts";

beforeAll(async () => {
  await openDevice("wasm");
});

async function computed(body: () => Tensor): Promise<NdArray> {
  const result = scoped(body);
  try {
    return await result.read();
  } finally {
    result.free();
  }
}

/** Numbers between -spread and spread, the same every time. */
function numbers(count: number, spread: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => spread * Math.sin(i * i + 1));
}

function logSumExp(values: readonly number[]): number {
  const max = Math.max(...values);
  return max + Math.log(values.reduce((sum, x) => sum + Math.exp(x - max), 0));
}

describe("logSumExpOfSum", () => {
  it.each([
    [LANES * 40, 3],
    [LANES * 3, 60],
    [LANES, 0.1],
    [50, 5],
    [1, 5],
  ])("over %i numbers of size %f is that of their sum with the bias", async (width, spread) => {
    const x = numbers(3 * width, spread);
    const bias = numbers(width, 2);
    const { shape, data } = await computed(() =>
      logSumExpOfSum(
        tensor({ shape: [3, width], data: x }),
        tensor({ shape: [width], data: bias }),
      ),
    );
    expect(shape).toEqual([3, 1]);
    for (const [row, value] of data.entries()) {
      const sums = Array.from(bias, (b, i) => b + (x[row * width + i] as number));
      expect(Math.abs(value - logSumExp(sums)) / Math.max(1, spread)).toBeLessThan(4e-6);
    }
  });

  it("needs no bias, keeps leading axes, and sees nothing of padding", async () => {
    const x = numbers(2 * 3 * LANES, 4);
    for (let i = 0; i < x.length; i++) if (i % LANES >= 10) x[i] = -1e30;
    const { shape, data } = await computed(() =>
      logSumExpOfSum(tensor({ shape: [2, 3, LANES], data: x })),
    );
    expect(shape).toEqual([2, 3, 1]);
    for (const [row, value] of data.entries()) {
      const own = Array.from(x.subarray(row * LANES, row * LANES + 10));
      expect(value).toBeCloseTo(logSumExp(own), 5);
    }
  });
});
