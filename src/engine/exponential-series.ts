/**
 * @file exp of numbers that are not positive, in operations that the device does on four numbers at
 * once; its own exp takes one at a time.
 */

import type { Tensor } from "./tensor.ts";

/** Below this, exp(x) is so small beside exp(0) that a float32 sum of both cannot see it. */
const SMALLEST = -32;

/** How often the series is squared: exp(x) = exp(x / 32)^32. */
const SQUARINGS = 5;

/**
 * A polynomial for exp(y) on [-1, 0], 1 at 0, with the least largest relative error: 2.7e-8. (Found by
 * least squares, weighted anew until the error was even.)
 */
const COEFFICIENTS = [
  1, 0.999998547, 0.499973893, 0.166506215, 0.0412022975, 0.0076336971, 0.000841720148,
] as const;

/**
 * exp(x) for x <= 0, to 5e-6 of its value, and 2e-5 below exp(-16); of x below -32, exp(-32). Nearly
 * all of that is rounding, which squaring multiplies. The terms are grouped in pairs (Estrin's scheme),
 * so that they need not wait for one another.
 */
export function expAtMostZero(x: Tensor): Tensor {
  const [c0, c1, c2, c3, c4, c5, c6] = COEFFICIENTS;
  const y = x.atLeast(SMALLEST).mul(1 / 2 ** SQUARINGS);
  const y2 = y.square();
  const low = y.mul(c1).add(c0).add(y.mul(c3).add(c2).mul(y2));
  const high = y.mul(c5).add(c4).add(y2.mul(c6));
  let power = low.add(high.mul(y2.square()));
  for (let squaring = 0; squaring < SQUARINGS; squaring++) power = power.square();
  return power;
}
