/** @file Rows and columns of a table by their numbers, as those of tokens. */

import { numpy as np } from "@jax-js/jax";
import { operation } from "./operation.ts";
import { Tensor } from "./tensor.ts";

function onDevice(ids: Int32Array, shape: readonly number[]): np.Array {
  return np.array(ids as Int32Array<ArrayBuffer>).reshape([...shape]);
}

/**
 * Rows of a table: `gatherRows(W_E, ids, [batch, pos])` is `[batch, pos, d_model]`. The ids must be
 * rows of the table; the caller has checked them.
 */
export function gatherRows(table: Tensor, ids: Int32Array, shape: readonly number[]): Tensor {
  const take = (from?: np.Array) => np.take(from as np.Array, onDevice(ids, shape), 0);
  return new Tensor(operation("gatherRows", [table], take));
}

/**
 * Named columns of each row: of `x [rows, n]` and `columns [rows, k]`, `[rows, k]`. The caller has
 * checked the columns.
 */
export function gatherColumns(x: Tensor, columns: Int32Array, k: number): Tensor {
  const at = [x.shape[0] ?? 0, k];
  const take = (from?: np.Array) => np.takeAlongAxis(from as np.Array, onDevice(columns, at), 1);
  return new Tensor(operation("gatherColumns", [x], take));
}
