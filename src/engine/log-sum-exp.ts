/**
 * @file log Σ exp over a long axis, as fast as the processor allows. The array library's WebAssembly
 * kernels compute `exp` one number at a time, and so every reduction along the last axis with another
 * operation than a sum; but they add, multiply and take maxima of four numbers at once where a
 * reduction runs along an axis that is not the last. So the axis is folded to rows of {@link LANES},
 * reduced across the rows first, and `exp` is a polynomial: several times faster together
 * (`bench/formulations.ts`).
 */

import { expAtMostZero } from "./exponential-series.ts";
import { fuse } from "./fuse.ts";
import { type Tensor, zeros } from "./tensor.ts";

/** Width of the rows that a long axis is folded to. */
export const LANES = 64;

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
  return expAtMostZero(rows.sub(max.expand(max.shape.length)))
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
