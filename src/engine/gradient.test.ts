import { beforeAll, describe, expect, it } from "vitest";
import { LookbackError } from "../errors.ts";
import { openDevice } from "./device.ts";
import { valueAndGradient } from "./gradient.ts";
import { maskFuture } from "./mask-future.ts";
import type { NdArray } from "./ndarray.ts";
import { scoped } from "./scope.ts";
import { liveTensors, type Tensor, tensor } from "./tensor.ts";

beforeAll(async () => {
  await openDevice();
});

const waves = (shape: readonly number[], phase: number): NdArray => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    Math.sin(phase + 1.7 * i),
  ),
});

async function gradientsOf(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly NdArray[],
): Promise<{ value: number; gradients: NdArray[] }> {
  const base = liveTensors();
  const { value, gradients } = scoped(() => valueAndGradient(fn, inputs.map(tensor)));
  const read = {
    value: (await value.read()).data[0] as number,
    gradients: await Promise.all(gradients.map((gradient) => gradient.read())),
  };
  for (const result of [value, ...gradients]) result.free();
  expect(liveTensors(), "only value and gradients came out").toBe(base);
  return read;
}

async function evaluate(fn: (...inputs: Tensor[]) => Tensor, inputs: readonly NdArray[]) {
  const value = scoped(() => fn(...inputs.map(tensor)));
  const { data } = await value.read();
  value.free();
  return data[0] as number;
}

describe("valueAndGradient", () => {
  it("is the softmax for logSumExp", async () => {
    const x: NdArray = { shape: [3], data: Float32Array.of(0, Math.log(2), 0) };
    const { value, gradients } = await gradientsOf((x) => x.logSumExp(), [x]);
    expect(value).toBeCloseTo(Math.log(4), 5);
    expect([...(gradients[0]?.data ?? [])]).toEqual(
      [0.25, 0.5, 0.25].map((share) => expect.closeTo(share, 5)),
    );
  });

  it("agrees with finite differences through LayerNorm, matmul, mask and softmax", async () => {
    const attention = (x: Tensor, w: Tensor): Tensor => {
      const centred = x.sub(x.mean(-1, true));
      const normalized = centred.div(centred.square().mean(-1, true).add(1e-5).sqrt()); // [1, 3, 4]
      const q = normalized.reshape(3, 4).matmul(w).reshape(1, 1, 3, 4);
      const pattern = maskFuture(q.matmul(x.permute(0, 2, 1).expand(1)), [0, 1, 2]).softmax();
      return pattern.matmul(x.expand(1)).square().slice(0, 0, 2).sum();
    };
    const inputs = [waves([1, 3, 4], 0.3), waves([4, 4], 1.1)];
    const { value, gradients } = await gradientsOf(attention, inputs);
    expect(value).toBeCloseTo(await evaluate(attention, inputs), 5);

    const step = 2 ** -7;
    for (const [which, gradient] of gradients.entries()) {
      expect(gradient.shape).toEqual(inputs[which]?.shape);
      for (const [i, slope] of gradient.data.entries()) {
        const shifted = (by: number) =>
          inputs.map(({ shape, data }, input) => ({
            shape,
            data: data.map((x, j) => (input === which && i === j ? x + by : x)),
          }));
        const ahead = await evaluate(attention, shifted(step));
        const behind = await evaluate(attention, shifted(-step));
        const difference = (ahead - behind) / (2 * step);
        expect(Math.abs(slope - difference), `input ${which}, element ${i}`).toBeLessThan(2e-3);
      }
    }
  });

  it("refuses to differentiate what is no scalar, and frees what was made", () => {
    const base = liveTensors();
    expect(() => scoped(() => valueAndGradient((x) => x.mul(2), [tensor(waves([2], 0))]))).toThrow(
      expect.objectContaining({ code: "bad-shape", message: expect.stringContaining("[2]") }),
    );
    expect(liveTensors()).toBe(base);
  });

  it("holds on to none of the tensors that the function used", () => {
    const w = scoped(() => tensor(waves([2], 0)));
    scoped(() => valueAndGradient((x) => x.mul(w).sum(), [tensor(waves([2], 1))]));
    expect(() => scoped(() => valueAndGradient((x) => x.mul(w), [tensor(waves([2], 1))]))).toThrow(
      LookbackError,
    );
    const array = w.array;
    expect(array.refCount, "of the tensor itself, and of this look").toBe(2);
    array.dispose();
    w.free();
  });
});
