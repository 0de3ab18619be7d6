/** @file The mask of attention: no token sees later ones. */

import { numpy as np } from "@jax-js/jax";
import { Tensor } from "./tensor.ts";

/**
 * Scores with the future hidden: `-Infinity` where key > query. Of `scores [batch, head, query, key]`,
 * the query axis holds the positions `queries`.
 */
export function maskFuture(scores: Tensor, queries: readonly number[]): Tensor {
  const keys = scores.shape.at(-1) ?? 0;
  const position = np.array(Int32Array.from(queries)).reshape([queries.length, 1]);
  const visible = position.greaterEqual(np.arange(0, keys, 1, { dtype: np.int32 }));
  return new Tensor(np.where(visible, scores.array, -Infinity));
}
