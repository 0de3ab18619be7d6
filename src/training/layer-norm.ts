/**
 * @file LayerNorm (Ba, Kiros and Hinton, 2016) and its gradient. Shapes: R rows, M d_model. Divisions
 * are done once a row; what is done for each number is what the device does four at a time.
 */

import { fuse, fuseFor } from "../engine/fuse.ts";
import { reciprocal } from "../engine/reciprocal.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Weights } from "./weights.ts";

/** What the gradient of a LayerNorm needs of its forward pass. */
export interface SavedNorm {
  /** [R, M], before the weights. */
  readonly normalized: Tensor;
  /** 1 / √(variance + ε), [R]. */
  readonly scale: Tensor;
}

const meanOf = fuse((x: Tensor) => x.mean(-1));

const scaleOf = fuseFor((eps: number) => (x: Tensor, mean: Tensor) => {
  const variance = x.sub(mean.expand(1)).square().mean(-1);
  return reciprocal(variance.add(eps).sqrt());
});

const normalize = fuse((x: Tensor, mean: Tensor, scale: Tensor) =>
  x.sub(mean.expand(1)).mul(scale.expand(1)),
);

/** The rows of x [R, M] normalised, and what the gradient will need. */
export function normForward(x: Tensor, eps: number): SavedNorm {
  const mean = meanOf(x); // [R]
  const scale = scaleOf(eps)(x, mean); // [R]
  return { normalized: normalize(x, mean, scale), scale };
}

const affine = fuse((x: Tensor, w: Tensor, b: Tensor) => x.mul(w).add(b));

/** LayerNorm's weights, where it has some, on what is normalised: [R, M]. `name` as in `blocks.0.ln1`. */
export function normWeighted(normalized: Tensor, weights: Weights, name: string): Tensor {
  const w = weights.get(`${name}.w`);
  const b = weights.get(`${name}.b`);
  return w === undefined || b === undefined ? normalized : affine(normalized, w, b);
}

const times = fuse((x: Tensor, w: Tensor) => x.mul(w));
const meanOfProduct = fuse((x: Tensor, y: Tensor) => x.mul(y).mean(-1));
const columnSums = fuse((x: Tensor) => x.sum(0));
const columnSumsOfProduct = fuse((x: Tensor, y: Tensor) => x.mul(y).sum(0));

const inputGradient = fuse(
  (d: Tensor, mean: Tensor, along: Tensor, normalized: Tensor, scale: Tensor) =>
    d
      .sub(mean.expand(1))
      .sub(normalized.mul(along.expand(1)))
      .mul(scale.expand(1)),
);

/**
 * The gradient of LayerNorm's input from that of its output, `d [R, M]`; those of its weights, where it
 * has some, go to `gradients`.
 */
export function normBackward(
  d: Tensor,
  { normalized, scale }: SavedNorm,
  weights: Weights,
  name: string,
  gradients: Map<string, Tensor>,
): Tensor {
  const w = weights.get(`${name}.w`);
  if (w !== undefined) {
    gradients.set(`${name}.w`, columnSumsOfProduct(d, normalized));
    gradients.set(`${name}.b`, columnSums(d));
  }
  const inner = w === undefined ? d : times(d, w); // [R, M]
  const mean = meanOf(inner); // [R]
  const along = meanOfProduct(inner, normalized); // [R]
  return inputGradient(inner, mean, along, normalized, scale);
}
