/**
 * @file Does a head tell in which order tokens came, or only which ones? The post supposes that the
 * look-back-two head stores an average of the tokens before, without their order. Here that is measured
 * on the head's own output: how much it changes when the same tokens come in another order, against how
 * much it changes when other tokens come.
 */

import type { NdArray } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";
import type { TokenBatch } from "../model/tokens.ts";
import { type Estimate, estimateRatio } from "./statistics.ts";

/** All orders of `0 … n - 1` that leave nothing in its place. */
export function derangements(n: number): number[][] {
  const found: number[][] = [];
  const extend = (order: readonly number[]): void => {
    if (order.length === n) {
      found.push([...order]);
      return;
    }
    for (let next = 0; next < n; next++) {
      if (next !== order.length && !order.includes(next)) extend([...order, next]);
    }
  };
  extend([]);
  return found;
}

/** The same prompts three times; they differ at the `width` positions before the last. */
export interface OrderPrompts {
  readonly original: TokenBatch;
  /** The tokens there in another order, none in its place; all such orders equally often. */
  readonly reordered: TokenBatch;
  /** Other tokens there. */
  readonly replaced: TokenBatch;
}

/**
 * Prompts to ask a head about order at their last position. The last token itself stays as it is.
 *
 * @param others The tokens to put in, row-major `[batch, width]`.
 * @throws LookbackError `bad-shape` unless prompts are longer than `width` and BOS, or where `others` do
 *   not fill `[batch, width]`.
 */
export function orderPrompts(tokens: TokenBatch, others: Int32Array, width: number): OrderPrompts {
  const { batch, length, ids } = tokens;
  if (width < 2 || length < width + 2 || others.length !== batch * width) {
    throw new LookbackError(
      "bad-shape",
      `order: ${others.length} other tokens for the ${width} before the last in ${batch} prompts of ${length} tokens; need at least 2 a prompt, and a prompt of BOS, these and the last`,
    );
  }
  const orders = derangements(width);
  const first = length - 1 - width;
  const changed = (tokenAt: (row: number, place: number) => number | undefined): TokenBatch => {
    const copy = ids.slice();
    for (let row = 0; row < batch; row++) {
      for (let place = 0; place < width; place++) {
        copy[row * length + first + place] = tokenAt(row, place) as number;
      }
    }
    return { batch, length, ids: copy };
  };
  return {
    original: tokens,
    reordered: changed((row, place) => {
      const from = orders[row % orders.length]?.[place] as number;
      return ids[row * length + first + from];
    }),
    replaced: changed((row, place) => others[row * width + place]),
  };
}

/** What a head gives at the last position of {@link OrderPrompts}: `z`, `[batch, d_head]` each. */
export interface OrderOutputs {
  readonly original: NdArray;
  readonly reordered: NdArray;
  readonly replaced: NdArray;
}

/** |(a - b) W_O|² for each row, by `gram = W_O W_Oᵀ`, `[d_head, d_head]`. */
function squaredChanges(a: NdArray, b: NdArray, gram: NdArray): Float64Array {
  const [batch = 0, d_head = 0] = a.shape;
  if (b.shape.join() !== a.shape.join() || gram.shape.join() !== [d_head, d_head].join()) {
    throw new LookbackError(
      "bad-shape",
      `order: outputs [${a.shape.join(", ")}] and [${b.shape.join(", ")}] do not go with [${gram.shape.join(", ")}]`,
    );
  }
  return Float64Array.from({ length: batch }, (_, row) => {
    const change = Float64Array.from(
      { length: d_head },
      (_, i) => Number(a.data[row * d_head + i]) - Number(b.data[row * d_head + i]),
    );
    let sum = 0;
    for (let i = 0; i < d_head; i++) {
      let product = 0;
      for (let j = 0; j < d_head; j++) {
        product += (gram.data[i * d_head + j] as number) * (change[j] as number);
      }
      sum += product * (change[i] as number);
    }
    return Math.max(0, sum); // rounding may take the square of nothing below zero
  });
}

/**
 * How much order matters to a head: the mean squared change of what it writes when the tokens before the
 * last come in another order, over the mean squared change when other tokens come. 0: a bag of tokens.
 * 1: another order is as good as other tokens, as for a head that attends to a single one of them. Null
 * where other tokens change nothing.
 *
 * Changes are measured in the residual stream, after W_O: a head's `z` can be turned, and W_O turned back,
 * without a change to the model. Above layer 0 the number is less clean, since the tokens there carry
 * what layer 0 has written of their neighbours: a head that is itself a bag may still see order.
 *
 * @param gram `W_O W_Oᵀ` of this head, `[d_head, d_head]`.
 * @throws LookbackError `bad-shape` unless outputs and gram fit each other.
 */
export function orderSensitivity(
  { original, reordered, replaced }: OrderOutputs,
  gram: NdArray,
): Estimate | null {
  const byOrder = squaredChanges(original, reordered, gram);
  const byTokens = squaredChanges(original, replaced, gram);
  return byTokens.every((change) => change === 0) ? null : estimateRatio(byOrder, byTokens);
}
