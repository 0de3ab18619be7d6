/**
 * @file Products of rows with weights, and the gradients of both. Shapes: R rows, I in, O out. The
 * three are written out, not derived, so that each is laid out as matmul likes it (`extents.ts`).
 */

import { fuse, fuseFor } from "../engine/fuse.ts";
import { concatenate, type Tensor } from "../engine/tensor.ts";

/** x [R, I] times a matrix [I, O]: [R, O]. */
export const product = fuse((x: Tensor, matrix: Tensor) => x.matmul(matrix));

/** A matrix [I, O] as [O, I], laid out afresh: a product with it is the gradient of the input. */
export const transposed = fuse((matrix: Tensor) => matrix.permute(1, 0));

/** How many of the inputs to take first: all but two where the rest of the rows would go by fours. */
function firstInputs(inputs: number): number {
  return inputs > 4 && inputs % 4 === 0 ? inputs - 2 : inputs;
}

/**
 * The gradient of a matrix, xᵀ d: of x [R, I] and d [R, O], [I, O]. The first rows, so many, hold all
 * there is to sum. The transposed view of x costs nothing here, since it is read number by number.
 */
export const matrixGradient = fuseFor((summedRows: number) => (x: Tensor, d: Tensor) => {
  const inputs = x.shape[1] ?? 0;
  const first = firstInputs(inputs);
  const ofInputs = (start: number, end: number) =>
    x
      .slice([0, summedRows], [start, end])
      .permute(1, 0)
      .matmul(d.slice([0, summedRows]));
  return first === inputs
    ? ofInputs(0, inputs)
    : concatenate([ofInputs(0, first), ofInputs(first, inputs)], 0);
});

/** The gradient of a bias: d [R, O] summed over rows, [O]. */
export const biasGradient = fuse((d: Tensor) => d.sum(0));
