/**
 * @file Sums of exponentials over a long axis, as fast as the processor allows. The array library's
 * WebAssembly kernels compute `exp` one number at a time, and so every reduction along the last axis
 * with another operation than a sum; but they add, multiply and take maxima of four numbers at once
 * where a reduction runs along an axis that is not the last. So the axis is folded to rows of
 * {@link LANES}, reduced across the rows first, and `exp` is a polynomial of such operations: two and
 * a half times faster together (`bench/formulations.ts`).
 */

import { fuse } from "./fuse.ts";
import { type Tensor, zeros } from "./tensor.ts";

/** Width of the rows that a long axis is folded to. */
export const LANES = 64;

/** Below this, `exp(x)` is so small a part of a sum that holds `exp(0)` that float32 cannot see it. */
const SMALLEST = -32;

/** 1 / n! for n = 0 to 8: the Taylor series of exp, good to 3e-7 on [-1, 0]. */
const COEFFICIENTS = Array.from({ length: 9 }, (_, n) => {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return 1 / factorial;
});

/**
 * exp(x) for x <= 0, to 2e-6 of its value; of x below -32, exp(-32). By the series of
 * `exp(x / 32)`, squared five times.
 */
export function expOfNonPositive(x: Tensor): Tensor {
  const y = x.atLeast(SMALLEST).mul(1 / 32);
  let power = y.mul(COEFFICIENTS[8] as number).add(COEFFICIENTS[7] as number);
  for (let n = 6; n >= 0; n--) power = power.mul(y).add(COEFFICIENTS[n] as number);
  for (let squaring = 0; squaring < 5; squaring++) power = power.square();
  return power;
}

/** The last axis `[…, n]` folded to `[…, n / LANES, LANES]`; to `[…, n, 1]` where it does not divide. */
function folded(x: Tensor): Tensor {
  const n = x.shape.at(-1) ?? 0;
  const lanes = n % LANES === 0 ? LANES : 1;
  return x.reshape(...x.shape.slice(0, -1), n / lanes, lanes);
}

const maximum = fuse((x: Tensor, bias: Tensor) => {
  const rows = folded(x.add(bias));
  return rows.max(-2).max(-1, true);
});

const sumOfExponentials = fuse((x: Tensor, bias: Tensor, max: Tensor) => {
  const rows = folded(x.add(bias));
  return expOfNonPositive(rows.sub(max.expand(max.shape.length)))
    .sum(-2)
    .sum(-1, true);
});

const logarithm = fuse((sum: Tensor, max: Tensor) => sum.log().add(max));

/**
 * log Σ exp of `x + bias` over the last axis, which is kept with extent 1: `[…, n]` -> `[…, 1]`, to
 * 2e-6. `bias` broadcasts to `x`; its sum with `x` is never stored.
 */
export function logSumExpOfSum(x: Tensor, bias: Tensor = zeros([1])): Tensor {
  const max = maximum(x, bias);
  return logarithm(sumOfExponentials(x, bias, max), max);
}
