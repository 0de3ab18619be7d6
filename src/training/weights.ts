/**
 * @file Weights laid out for training, by their names in a state dict: projections as matrices
 * `[d_model, head * d_head]`, and the vocabulary of the unembedding padded. What is added to gradients
 * or moments of weights has this layout too.
 */

import { LANES } from "../engine/log-sum-exp.ts";
import { type NdArray, ndarray } from "../engine/ndarray.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { ModelConfig } from "../model/config.ts";
import { weightShapes } from "../model/weights.ts";
import { spreadWidth } from "./extents.ts";

/** Tensors by the name of a weight, in the layout for training. */
export type Weights = ReadonlyMap<string, Tensor>;

/** As good as -Infinity, but softmax over padding alone stays a number. */
const PADDING_LOGIT = -1e30;

/** The vocabulary's extent as the unembedding has it. */
export function paddedVocab(config: ModelConfig): number {
  return spreadWidth(config.d_vocab, LANES);
}

const PER_HEAD = /\.W_[QKV]$/;
const HEAD_BIAS = /\.b_[QKV]$/;
const UNEMBEDDING = /^unembed\./;

/** `[a, b, …]` with the first two axes exchanged. */
function exchanged([a, b, inner]: readonly [number, number, number], data: Float32Array) {
  const out = new Float32Array(data.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      const at = (i * b + j) * inner;
      out.set(data.subarray(at, at + inner), (j * a + i) * inner);
    }
  }
  return out;
}

/** Rows of `from` numbers cut or widened to `to`, with `fill` behind. */
function rewidened(data: Float32Array, from: number, to: number, fill: number): Float32Array {
  const rows = data.length / from;
  const out = new Float32Array(rows * to).fill(fill);
  for (let row = 0; row < rows; row++) {
    out.set(data.subarray(row * from, row * from + Math.min(from, to)), row * to);
  }
  return out;
}

/**
 * A weight of a state dict in the layout for training, or a `memory` that an optimizer has of it, whose
 * padding is zeros.
 */
export function toTraining(
  name: string,
  { shape, data }: NdArray,
  config: ModelConfig,
  what: "weight" | "memory" = "weight",
): NdArray {
  const { n_heads, d_model, d_head, d_vocab } = config;
  const width = n_heads * d_head;
  if (PER_HEAD.test(name)) {
    return ndarray([d_model, width], exchanged([n_heads, d_model, d_head], data));
  }
  if (UNEMBEDDING.test(name)) {
    const padded = paddedVocab(config);
    const fill = what === "weight" && name === "unembed.b_U" ? PADDING_LOGIT : 0;
    return ndarray([...shape.slice(0, -1), padded], rewidened(data, d_vocab, padded, fill));
  }
  if (name.endsWith(".W_O")) return ndarray([width, d_model], data);
  return HEAD_BIAS.test(name) ? ndarray([width], data) : ndarray(shape, data);
}

/** The inverse of {@link toTraining}. */
export function fromTraining(name: string, { data }: NdArray, config: ModelConfig): NdArray {
  const { n_heads, d_model, d_head, d_vocab } = config;
  const shape = weightShapes(config).get(name);
  if (shape === undefined) throw new Error(`internal: ${name} is no weight of this model`);
  if (PER_HEAD.test(name)) return ndarray(shape, exchanged([d_model, n_heads, d_head], data));
  return UNEMBEDDING.test(name)
    ? ndarray(shape, rewidened(data, paddedVocab(config), d_vocab, 0))
    : ndarray(shape, data);
}
