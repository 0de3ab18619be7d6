import { describe, expect, it } from "vitest";
import { scoped } from "../engine/scope.ts";
import { tensor } from "../engine/tensor.ts";
import { type AdamWOptions, adamW, checkAdamW, stepNumbers } from "./adamw.ts";

const OPTIONS: AdamWOptions = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-3,
  weightDecay: 0.5,
};

/** AdamW on one number, as its paper writes it. */
function reference(weight: number, gradients: readonly number[]): number {
  const { learningRate, beta1, beta2, eps, weightDecay } = OPTIONS;
  let [theta, m, v] = [weight, 0, 0];
  for (const [i, g] of gradients.entries()) {
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const mHat = m / (1 - beta1 ** (i + 1));
    const vHat = v / (1 - beta2 ** (i + 1));
    theta -= learningRate * (mHat / (Math.sqrt(vHat) + eps) + weightDecay * theta);
  }
  return theta;
}

describe("adamW", () => {
  it("moves each weight as the paper says", async () => {
    const weights = [1, -2, 0.5, 0];
    const gradients = [
      [0.1, -3, 0, 2e-4],
      [-0.2, 1, 0, -1e-4],
      [0.3, 5, 0, 3e-4],
    ];
    const after = scoped(() => {
      const row = (numbers: readonly number[]) =>
        tensor({ shape: [numbers.length], data: Float32Array.from(numbers) });
      let moments = { weight: row(weights), mean: row([0, 0, 0, 0]), square: row([0, 0, 0, 0]) };
      for (const [i, gradient] of gradients.entries()) {
        moments = adamW(moments, row(gradient), stepNumbers(OPTIONS, i + 1));
      }
      return moments.weight;
    });
    const { data } = await after.read();
    after.free();
    for (const [i, weight] of weights.entries()) {
      const own = gradients.map((row) => row[i] as number);
      expect(data[i]).toBeCloseTo(reference(weight, own), 5);
    }
  });

  it("names an option that cannot be", () => {
    expect(() => checkAdamW(OPTIONS)).not.toThrow();
    expect(() => checkAdamW({ ...OPTIONS, beta1: 1.5 })).toThrow(/beta1 must be .* got 1.5/);
    expect(() => checkAdamW({ ...OPTIONS, eps: Number.POSITIVE_INFINITY })).toThrow(/eps/);
  });
});
