/**
 * @file A matrix of low rank as the two factors that it is the product of. What is asked of it, its
 * norm or its product with another, goes through matrices as small as its rank.
 */

import { innerProduct, type Matrix, matrixProduct, transpose } from "./matrix.ts";

/** The matrix `left · right`, `[rows, rank] · [rank, columns]`. Make one with {@link factored}. */
export interface FactoredMatrix {
  readonly left: Matrix;
  readonly right: Matrix;
  /** leftᵀ left, [rank, rank] */
  readonly leftGram: Matrix;
  /** right rightᵀ, [rank, rank] */
  readonly rightGram: Matrix;
  /** Frobenius norm of `left · right`. */
  readonly norm: number;
}

/** The square root of a sum of squares, which rounding may have left below zero. */
function root(square: number): number {
  return Math.sqrt(Math.max(0, square));
}

/** The matrix `left · right`, which is never formed. */
export function factored(left: Matrix, right: Matrix): FactoredMatrix {
  const leftGram = matrixProduct(transpose(left), left);
  const rightGram = matrixProduct(right, transpose(right));
  // ‖LR‖² = tr(Rᵀ LᵀL R) = ⟨LᵀL, RRᵀ⟩
  return { left, right, leftGram, rightGram, norm: root(innerProduct(leftGram, rightGram)) };
}

/** The matrix with rows and columns exchanged. */
export function transposeFactored({
  left,
  right,
  leftGram,
  rightGram,
  norm,
}: FactoredMatrix): FactoredMatrix {
  return {
    left: transpose(right),
    right: transpose(left),
    leftGram: rightGram,
    rightGram: leftGram,
    norm,
  };
}

/** Frobenius norm of the product of two matrices, `L₁ M R₂` with `M = R₁ L₂`. */
export function productNorm(first: FactoredMatrix, second: FactoredMatrix): number {
  const middle = matrixProduct(first.right, second.left); // [rank, rank]
  // ‖L₁ M R₂‖² = ⟨L₁ᵀL₁ M, M R₂R₂ᵀ⟩
  return root(
    innerProduct(matrixProduct(first.leftGram, middle), matrixProduct(middle, second.rightGram)),
  );
}
