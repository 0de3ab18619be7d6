/** @file One over each number; at the end of a sum, it costs nothing. */

import { numpy as np } from "@jax-js/jax";
import { Tensor } from "./tensor.ts";

/** 1 / x. */
export function reciprocal(x: Tensor): Tensor {
  return new Tensor(np.reciprocal(x.array));
}
