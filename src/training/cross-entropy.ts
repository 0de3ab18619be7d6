/**
 * @file The loss and what it says of the unembedding: mean cross-entropy of each next token. Logits
 * are the largest arrays of a training step, so they are formed in blocks of rows, turned to gradients
 * at once, and never held together. Shapes: B rows of a block, M d_model, V padded vocabulary.
 */

import { expAtMostZero } from "../engine/exponential-series.ts";
import { fuse } from "../engine/fuse.ts";
import { LANES } from "../engine/log-sum-exp.ts";
import { atPlaces, placeTable } from "../engine/places.ts";
import { reciprocal } from "../engine/reciprocal.ts";
import { select, type Tensor, tensor } from "../engine/tensor.ts";
import { add } from "../model/operations.ts";
import { biasGradient, matrixGradient, product, transposed } from "./projection.ts";

/** The unembedding on the device, and what each block needs of it. */
export interface Unembedding {
  /** [M, V] */
  readonly matrix: Tensor;
  /** [V] */
  readonly bias: Tensor;
  /** Transposed, [V, M]: a product with it is the gradient of what is unembedded. */
  readonly back: Tensor;
  /** 0, 1, 2, …, [V]. */
  readonly columns: Tensor;
}

/** Gradients of the unembedding, summed over the blocks so far. */
export interface BlockSums {
  /** The matrix's, transposed: [V, M]. */
  readonly transposed: Tensor;
  /** The bias's, [V]. */
  readonly bias: Tensor;
}

/** The next tokens of a block's rows, and how much each row counts. */
export interface BlockTargets {
  readonly tokens: Int32Array<ArrayBuffer>;
  readonly weights: Float32Array;
}

const folded = (x: Tensor) => {
  const [rows = 0, width = 0] = x.shape;
  return x.reshape(rows, width / LANES, LANES);
};

/** The largest logit of each row, bias added: [B]. */
export const largest = fuse((logits: Tensor, bias: Tensor) =>
  folded(logits.add(bias)).max(1).max(-1),
);

/** exp of logits, bias added, less the largest: [B, V]. */
export const exponentials = fuse((logits: Tensor, bias: Tensor, max: Tensor) =>
  expAtMostZero(logits.add(bias).sub(max.expand(1))),
);

/** One over the sum of a row's exponentials: [B]. */
export const inverseSum = fuse((exps: Tensor) => reciprocal(folded(exps).sum(1).sum(-1)));

/** log Σ exp less the target's logit: [B]. */
const lossOf = fuse((inverse: Tensor, max: Tensor, logit: Tensor, bias: Tensor) =>
  max.sub(inverse.log()).sub(logit).sub(bias),
);

/** Probabilities less one at the target, weighted: what the loss says of the logits, [B, V]. */
const gradientOfLogits = fuse(
  (exps: Tensor, inverse: Tensor, weights: Tensor, targets: Tensor, columns: Tensor) => {
    const probability = exps.mul(inverse.expand(1));
    const elsewhere = targets.expand(1).sub(columns);
    return select(elsewhere, probability, probability.sub(1)).mul(weights.expand(1));
  },
);

const addedColumnSums = fuse((x: Tensor, sum: Tensor) => x.sum(0).add(sum));

/**
 * A block's part in the gradients of the unembedding, added to those of the blocks before. That of the
 * matrix is formed transposed: dᵀ x reads the little x over and over, where xᵀ d would read all of d.
 */
export function addGradients(x: Tensor, d: Tensor, sums: BlockSums | undefined): BlockSums {
  const own = matrixGradient(x.shape[0] ?? 0)(d, x); // [V, M]
  return sums === undefined
    ? { transposed: own, bias: biasGradient(d) }
    : { transposed: add(sums.transposed, own), bias: addedColumnSums(d, sums.bias) };
}

/**
 * A block of rows x [B, M] as the unembedding reads it: the loss of each row [B], the gradient of x
 * [B, M] for the weighted loss, and the unembedding's gradients with this block's.
 */
export function lossBlock(
  x: Tensor,
  { tokens, weights }: BlockTargets,
  { matrix, bias, back, columns }: Unembedding,
  sums: BlockSums | undefined,
): { losses: Tensor; d: Tensor; sums: BlockSums } {
  const shape = [tokens.length];
  const vocabulary = bias.shape[0] ?? 0;
  const places = tokens.map((token, row) => row * vocabulary + token);

  const logits = product(x, matrix); // [B, V], no bias yet
  const max = largest(logits, bias); // [B]
  const exps = exponentials(logits, bias, max); // [B, V]
  const inverse = inverseSum(exps); // [B]
  const logit = atPlaces(logits, placeTable(places, shape)); // [B]
  const losses = lossOf(inverse, max, logit, atPlaces(bias, placeTable(tokens, shape)));
  const d = gradientOfLogits(
    exps,
    inverse,
    tensor({ shape, data: weights }),
    tensor({ shape, data: Float32Array.from(tokens) }),
    columns,
  ); // [B, V]
  return { losses, d: product(d, back), sums: addGradients(x, d, sums) };
}

/** Gradients of the unembedding [M, V] and its bias [V], once all blocks are summed. */
export function unembeddingGradients(sums: BlockSums) {
  return { matrix: transposed(sums.transposed), bias: sums.bias.alias() };
}
