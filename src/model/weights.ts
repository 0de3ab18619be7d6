/** @file The weights of a model by TransformerLens' names, with the shape each must have. */

import { type NdArray, sizeOf } from "../engine/ndarray.ts";
import { didYouMean, LookbackError } from "../errors.ts";
import type { ModelConfig } from "./config.ts";

/** Weights by state-dict key (`blocks.0.attn.W_Q`), float32, in TransformerLens' shapes. */
export type StateDict = ReadonlyMap<string, NdArray>;

/** A weight of a state dict that {@link checkWeights} has vouched for. */
export function checkedWeight(weights: StateDict, key: string): NdArray {
  const weight = weights.get(key);
  if (weight === undefined) throw new Error(`internal: weight ${key} was not checked`);
  return weight;
}

/** Buffers that TransformerLens saves beside the weights; they hold no weights and are passed over. */
const BUFFER = /^blocks\.\d+\.attn\.(mask|IGNORE)$/;

/** Whether a state-dict key is a buffer of TransformerLens (`mask`, `IGNORE`) and not a weight. */
export function isBuffer(key: string): boolean {
  return BUFFER.test(key);
}

/** Every weight that a config calls for, with its shape, in the order of the forward pass. */
export function weightShapes(config: ModelConfig): ReadonlyMap<string, readonly number[]> {
  const { n_layers, n_heads, d_model, d_head, n_ctx, d_vocab } = config;
  const shapes = new Map<string, readonly number[]>();
  shapes.set("embed.W_E", [d_vocab, d_model]);
  shapes.set("pos_embed.W_pos", [n_ctx, d_model]);
  for (let layer = 0; layer < n_layers; layer++) {
    const block = `blocks.${layer}`;
    if (config.normalization === "LN") {
      shapes.set(`${block}.ln1.w`, [d_model]);
      shapes.set(`${block}.ln1.b`, [d_model]);
    }
    for (const letter of ["Q", "K", "V"]) {
      shapes.set(`${block}.attn.W_${letter}`, [n_heads, d_model, d_head]);
      shapes.set(`${block}.attn.b_${letter}`, [n_heads, d_head]);
    }
    shapes.set(`${block}.attn.W_O`, [n_heads, d_head, d_model]);
    shapes.set(`${block}.attn.b_O`, [d_model]);
  }
  if (config.normalization === "LN") {
    shapes.set("ln_final.w", [d_model]);
    shapes.set("ln_final.b", [d_model]);
  }
  shapes.set("unembed.W_U", [d_model, d_vocab]);
  shapes.set("unembed.b_U", [d_vocab]);
  return shapes;
}

/** Number of weights of a model, biases included. */
export function parameterCount(config: ModelConfig): number {
  let count = 0;
  for (const shape of weightShapes(config).values()) count += sizeOf(shape);
  return count;
}

/**
 * The weights that the config calls for, buffers dropped.
 *
 * @throws LookbackError `bad-weights` when a weight is missing, foreign or misshapen, and
 *   `not-finite` when one holds NaN or infinity.
 */
export function checkWeights(weights: StateDict, config: ModelConfig): StateDict {
  const shapes = weightShapes(config);
  const checked = new Map<string, NdArray>();
  for (const key of weights.keys()) {
    if (!shapes.has(key) && !isBuffer(key)) {
      throw new LookbackError(
        "bad-weights",
        `weight "${key}" has no place in this config (attention-only, ${config.n_layers} layers, normalization ${JSON.stringify(config.normalization)})${didYouMean(key, shapes.keys())}`,
        { key },
      );
    }
  }
  for (const [key, shape] of shapes) {
    const weight = weights.get(key);
    if (weight === undefined) {
      throw new LookbackError(
        "bad-weights",
        `weight "${key}" [${shape.join(", ")}] is missing from the file${didYouMean(key, weights.keys())}`,
        { key },
      );
    }
    if (weight.shape.join() !== shape.join()) {
      throw new LookbackError(
        "bad-weights",
        `weight "${key}" has shape [${weight.shape.join(", ")}]; the config calls for [${shape.join(", ")}]`,
        { key, shape: weight.shape, expected: shape },
      );
    }
    const bad = firstNotFinite(weight.data);
    if (bad !== -1) {
      throw new LookbackError(
        "not-finite",
        `weight "${key}" holds ${weight.data[bad]} at element ${bad}; the file is damaged or training diverged`,
        { key, element: bad },
      );
    }
    checked.set(key, weight);
  }
  return checked;
}

/** Index of the first NaN or infinity, or -1; a plain loop, since it sees every weight of a model. */
function firstNotFinite(data: Float32Array): number {
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (value - value !== 0) return i;
  }
  return -1;
}
