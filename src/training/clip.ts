/** @file Gradients scaled down where they are too large together (Pascanu, Mikolov and Bengio, 2013). */

import { fuse } from "../engine/fuse.ts";
import type { Stages } from "../engine/stages.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import type { Weights } from "./weights.ts";

const squareSum = fuse((x: Tensor) => {
  const squares = x.square();
  return (squares.shape.length === 1 ? squares : squares.sum(0)).sum(0, true); // [1]
});

const scaled = fuse((x: Tensor, factor: Tensor) => x.mul(factor));

/**
 * Gradients whose norm, of all together, is at most `most`, and the norm that they had.
 *
 * @throws LookbackError `not-finite` where the norm is no number.
 */
export async function clipped(
  gradients: Weights,
  most: number,
  stages: Stages,
): Promise<{ gradients: Weights; norm: number }> {
  const sums = await stages.run(() =>
    [...gradients.values()].map((gradient) => squareSum(gradient)),
  );
  const parts = await Promise.all(sums.map((sum) => sum.read()));
  const norm = Math.sqrt(parts.reduce((total, { data }) => total + (data[0] ?? 0), 0));
  if (!Number.isFinite(norm)) {
    throw new LookbackError(
      "not-finite",
      `the norm of the gradients is ${norm}: training diverged; try a lower learning rate, or go on from weights of before`,
      { norm },
    );
  }
  if (norm <= most) return { gradients, norm };
  const smaller = await stages.run(() => {
    const factor = tensor({ shape: [1], data: Float32Array.of(most / norm) });
    return new Map([...gradients].map(([name, gradient]) => [name, scaled(gradient, factor)]));
  });
  return { gradients: smaller, norm };
}
