/** @file The logit difference of two answers, read straight off what the unembedding reads. */

import { fuse } from "../engine/fuse.ts";
import { gatherRows } from "../engine/gather.ts";
import type { Tensor } from "../engine/tensor.ts";
import { type ForwardModel, unembeddingDirections } from "../model/forward.ts";

/** The difference of the two answers' unembeddings in each row: [B, M] and [B]. */
export function answerDirection(model: ForwardModel, answers: Int32Array) {
  const batch = answers.length / 2;
  const directions = unembeddingDirections(model, answers, [batch, 2]); // [B, 2, M]
  const biases = gatherRows(model.weights.U.bias, answers, [batch, 2]);
  return {
    direction: directions.slice(null, 0).sub(directions.slice(null, 1)),
    bias: biases.slice(null, 0).sub(biases.slice(null, 1)),
  };
}

/** Logit differences of V variants of each row: [B * V, 1, M], [B, M], [B] -> [B * V]. */
export const logitDifference = fuse((input: Tensor, direction: Tensor, bias: Tensor) => {
  const [all = 0, , d_model = 0] = input.shape;
  const [batch = 1] = bias.shape;
  return input
    .reshape(batch, all / batch, d_model)
    .mul(direction.expand(1))
    .sum(2)
    .add(bias.expand(1))
    .reshape(all);
});
