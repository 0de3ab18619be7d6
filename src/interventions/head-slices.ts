/** @file Heads and positions of activations `[B, P, H, D]`: B rows, P positions, H heads, D d_head. */

import { concatenate, type Tensor } from "../engine/tensor.ts";

/** One head's slice of `[B, P, H, D]`, as [B, P, 1, D]. */
export function ofHead(x: Tensor, head: number): Tensor {
  return x.slice(null, null, [head, head + 1]);
}

/** `[B, P, H, D]` with some heads exchanged. */
export function withHeads(x: Tensor, heads: ReadonlyMap<number, Tensor>): Tensor {
  if (heads.size === 0) return x;
  const [, , count = 0] = x.shape;
  return concatenate(
    Array.from({ length: count }, (_, head) => heads.get(head) ?? ofHead(x, head)),
    2,
  );
}

/** The last so many of the positions that a tensor `[B, P, …]` has, or all where it has fewer. */
export function lastPositions(x: Tensor, count = 1): Tensor {
  const positions = x.shape[1] ?? 1;
  return positions <= count ? x : x.slice(null, [positions - count, positions]);
}
