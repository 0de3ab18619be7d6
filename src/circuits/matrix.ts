/** @file Small matrices in float64, for reading weights where no device is needed. */

import { LookbackError } from "../errors.ts";

/** A matrix in row-major order. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

const shape = ({ rows, columns }: Matrix) => `[${rows}, ${columns}]`;

/**
 * The matrix product `a · b`.
 *
 * @throws LookbackError `bad-shape` unless `a` has as many columns as `b` has rows.
 */
export function matrixProduct(a: Matrix, b: Matrix): Matrix {
  if (a.columns !== b.rows) {
    throw new LookbackError(
      "bad-shape",
      `a product of matrices ${shape(a)} and ${shape(b)}: the inner dimensions differ`,
    );
  }
  const data = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++) {
    const row = i * b.columns;
    // The middle axis outside, so that memory is read in its own order.
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[i * a.columns + k] as number;
      const from = k * b.columns;
      for (let j = 0; j < b.columns; j++) {
        data[row + j] = (data[row + j] as number) + factor * (b.data[from + j] as number);
      }
    }
  }
  return { rows: a.rows, columns: b.columns, data };
}

/** The matrix with rows and columns exchanged. */
export function transpose({ rows, columns, data }: Matrix): Matrix {
  const transposed = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) transposed[j * rows + i] = data[i * columns + j] as number;
  }
  return { rows: columns, columns: rows, data: transposed };
}

/**
 * The sum of the products of equal places, `⟨a, b⟩ = tr(aᵀ b)`.
 *
 * @throws LookbackError `bad-shape` unless both have the same shape.
 */
export function innerProduct(a: Matrix, b: Matrix): number {
  if (a.rows !== b.rows || a.columns !== b.columns) {
    throw new LookbackError(
      "bad-shape",
      `an inner product of matrices ${shape(a)} and ${shape(b)}: the shapes differ`,
    );
  }
  let sum = 0;
  for (const [i, value] of a.data.entries()) sum += value * (b.data[i] as number);
  return sum;
}
