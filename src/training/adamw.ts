/** @file AdamW (Loshchilov and Hutter, 2019): Adam with weight decay apart from the gradient. */

import { fuse } from "../engine/fuse.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";

/** The numbers of AdamW, by the meaning that they have in `torch.optim.AdamW`. */
export interface AdamWOptions {
  /** `lr` */
  readonly learningRate: number;
  /** How slowly the mean of gradients forgets; `betas[0]`. */
  readonly beta1: number;
  /** How slowly the mean of their squares forgets; `betas[1]`. */
  readonly beta2: number;
  readonly eps: number;
  /** Part of every weight that is taken away in a step, over the learning rate; `weight_decay`. */
  readonly weightDecay: number;
}

/**
 * Checks options that come from outside.
 *
 * @throws LookbackError `bad-spec` naming the option.
 */
export function checkAdamW(options: AdamWOptions): void {
  const check = (name: keyof AdamWOptions, fits: (value: number) => boolean, what: string) => {
    const value: unknown = options[name];
    if (typeof value === "number" && fits(value)) return;
    throw new LookbackError("bad-spec", `AdamW's ${name} must be ${what}, got ${String(value)}`, {
      field: name,
      value,
    });
  };
  const finite = (value: number) => value >= 0 && value < Number.POSITIVE_INFINITY;
  const fraction = (value: number) => value >= 0 && value < 1;
  check("learningRate", finite, "a number that is not negative");
  check("beta1", fraction, "at least 0 and below 1");
  check("beta2", fraction, "at least 0 and below 1");
  check("eps", (value) => finite(value) && value > 0, "a positive number");
  check("weightDecay", finite, "a number that is not negative");
}

/** A weight and what AdamW remembers of its gradients; all of one shape. */
export interface Moments {
  readonly weight: Tensor;
  /** Mean of gradients. */
  readonly mean: Tensor;
  /** Mean of their squares. */
  readonly square: Tensor;
}

/** The numbers of one step, where kernels read them. */
export type StepNumbers = Tensor;

/** The numbers of step 1, 2, 3, … */
export function stepNumbers(
  { learningRate, beta1, beta2, eps, weightDecay }: AdamWOptions,
  step: number,
): StepNumbers {
  const numbers = [
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 - learningRate * weightDecay,
    learningRate / (1 - beta1 ** step),
    1 / Math.sqrt(1 - beta2 ** step),
    eps,
  ];
  return tensor({ shape: [numbers.length], data: Float32Array.from(numbers) });
}

const meanAfter = fuse((mean: Tensor, gradient: Tensor, step: StepNumbers) =>
  mean.mul(step.slice([0, 1])).add(gradient.mul(step.slice([1, 2]))),
);

const squareAfter = fuse((square: Tensor, gradient: Tensor, step: StepNumbers) =>
  square.mul(step.slice([2, 3])).add(gradient.square().mul(step.slice([3, 4]))),
);

const weightAfter = fuse((weight: Tensor, mean: Tensor, square: Tensor, step: StepNumbers) => {
  const root = square
    .sqrt()
    .mul(step.slice([6, 7]))
    .add(step.slice([7, 8]));
  return weight.mul(step.slice([4, 5])).sub(mean.mul(step.slice([5, 6])).div(root));
});

/** A weight and its moments after a step along its gradient. */
export function adamW(
  { weight, mean, square }: Moments,
  gradient: Tensor,
  step: StepNumbers,
): Moments {
  const nextMean = meanAfter(mean, gradient, step);
  const nextSquare = squareAfter(square, gradient, step);
  return {
    weight: weightAfter(weight, nextMean, nextSquare, step),
    mean: nextMean,
    square: nextSquare,
  };
}
