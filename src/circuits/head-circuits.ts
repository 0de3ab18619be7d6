/**
 * @file What a head is apart from where it stands (Elhage et al., 2021): its QK circuit says what
 * attends to what, its OV circuit what is written once something is attended to. Both are
 * `[d_model, d_model]` but of rank d_head, so they stay in their two factors.
 */

import type { ModelConfig } from "../model/config.ts";
import { allHeads, type HeadIndex } from "../model/heads.ts";
import { checkedWeight, checkWeights, type StateDict } from "../model/weights.ts";
import { type FactoredMatrix, factored } from "./factored-matrix.ts";
import { type Matrix, transpose } from "./matrix.ts";

/** The two circuits of a head, `[d_model, d_model]` each, acting on row vectors of the stream. */
export interface HeadCircuits extends HeadIndex {
  /** W_V · W_O: what a source token holds to what is written at the destination. */
  readonly OV: FactoredMatrix;
  /** W_Q · W_Kᵀ: a destination (rows) and a source (columns) to their score, times √d_head. */
  readonly QK: FactoredMatrix;
}

/** One head's matrix out of `[head, rows, columns]`. */
function headMatrix(weights: StateDict, key: string, head: number): Matrix {
  const { shape, data } = checkedWeight(weights, key);
  const [, rows = 0, columns = 0] = shape;
  const size = rows * columns;
  return { rows, columns, data: Float64Array.from(data.subarray(head * size, (head + 1) * size)) };
}

/**
 * The circuits of every head, layer by layer.
 *
 * They are the weights and no more: biases are left out, and nothing is done about LayerNorm. Where
 * the model has one, pass `circuitWeights`, into which its weights are folded; its division by a scale,
 * which differs from position to position, belongs to no circuit. (`processWeights` gives the same but of
 * shortformer models, whose positions stand beside LayerNorm: they are read by W_Q and W_K as these are in
 * the file, the stream by W_Q and W_K with LayerNorm folded in.)
 *
 * @param weights As in the file or processed; the config must be the one that goes with them.
 * @throws LookbackError `bad-weights` or `not-finite` when the weights do not fit the config.
 */
export function headCircuits(weights: StateDict, config: ModelConfig): HeadCircuits[] {
  const checked = checkWeights(weights, config);
  return allHeads(config).map(({ layer, head }) => {
    const W = (letter: "Q" | "K" | "V" | "O") =>
      headMatrix(checked, `blocks.${layer}.attn.W_${letter}`, head);
    return { layer, head, OV: factored(W("V"), W("O")), QK: factored(W("Q"), transpose(W("K"))) };
  });
}
