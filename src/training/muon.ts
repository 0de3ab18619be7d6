/**
 * @file Muon (Jordan et al., 2024): a matrix moves along its momentum with all singular values brought
 * near one, so that directions which gradients seldom point to move as far as the others. For matrices
 * inside the network; embeddings, biases and norms are AdamW's.
 */

import { fuse, fuseFor } from "../engine/fuse.ts";
import { reciprocal } from "../engine/reciprocal.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";

/** The numbers of Muon. Momentum is Nesterov's. */
export interface MuonOptions {
  readonly learningRate: number;
  /** How slowly the mean of gradients forgets. */
  readonly momentum: number;
  /** Newton-Schulz steps that bring singular values near one. */
  readonly iterations: number;
}

/**
 * Checks options that come from outside.
 *
 * @throws LookbackError `bad-spec` naming the option.
 */
export function checkMuon({ learningRate, momentum, iterations }: MuonOptions): void {
  const check = (field: keyof MuonOptions, value: unknown, fits: boolean, what: string) => {
    if (fits) return;
    throw new LookbackError("bad-spec", `Muon's ${field} must be ${what}, got ${String(value)}`, {
      field,
      value,
    });
  };
  const isRate = learningRate >= 0 && learningRate < Number.POSITIVE_INFINITY;
  check("learningRate", learningRate, isRate, "a number that is not negative");
  check("momentum", momentum, momentum >= 0 && momentum < 1, "at least 0 and below 1");
  const isCount = Number.isInteger(iterations) && iterations >= 1 && iterations <= 20;
  check("iterations", iterations, isCount, "a whole number from 1 to 20");
}

/** A matrix [inputs, outputs] and the mean of its gradients. */
export interface Momentum {
  readonly weight: Tensor;
  readonly mean: Tensor;
}

/** Coefficients of the quintic whose iteration pulls singular values from (0, 1] to about 0.7 to 1.2. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

/** Keeps a gradient of zeros from becoming NaN. */
const TINY = 1e-7;

const meanAfter = fuse((mean: Tensor, gradient: Tensor, step: Tensor) =>
  mean.mul(step.slice([0, 1])).add(gradient.mul(step.slice([1, 2]))),
);

const weightAfter = fuse((weight: Tensor, direction: Tensor, step: Tensor) =>
  weight.sub(direction.mul(step.slice([2, 3]))),
);

/** A matrix with its singular vectors, and singular values near one, after so many iterations. */
export const orthogonalized = fuseFor((iterations: number) => (x: Tensor) => {
  const [rows = 0, columns = 0] = x.shape;
  const isTall = rows > columns;
  let y = isTall ? x.permute(1, 0) : x; // the Gram matrix is of the shorter side
  const size = y.square().sum(0).sum(0, true).sqrt();
  y = y.mul(reciprocal(size.add(TINY)));
  for (let i = 0; i < iterations; i++) {
    const gram = y.matmul(y.permute(1, 0));
    y = y.mul(A).add(gram.mul(B).add(gram.matmul(gram).mul(C)).matmul(y));
  }
  return isTall ? y.permute(1, 0) : y;
});

/** The numbers of one step, where kernels read them. */
export function muonNumbers({ learningRate, momentum }: MuonOptions): Tensor {
  const data = Float32Array.of(momentum, 1 - momentum, learningRate);
  return tensor({ shape: [data.length], data });
}

/** A matrix and its momentum after a step along its gradient; `step` as {@link muonNumbers} has it. */
export function muon(
  { weight, mean }: Momentum,
  gradient: Tensor,
  step: Tensor,
  iterations: number,
): Momentum {
  const nextMean = meanAfter(mean, gradient, step);
  const ahead = meanAfter(nextMean, gradient, step); // Nesterov: as if this gradient came again
  const [rows = 1, columns = 1] = weight.shape;
  const direction = orthogonalized(iterations)(ahead);
  // Of more outputs than inputs each gets less of a direction of size one: larger steps make up for it.
  const scaled = columns > rows ? direction.mul(Math.sqrt(columns / rows)) : direction;
  return { weight: weightAfter(weight, scaled, step), mean: nextMean };
}
