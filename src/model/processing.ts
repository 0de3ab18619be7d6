/**
 * @file Rewriting weights without changing what the model predicts, as TransformerLens does by
 * default (`HookedTransformer.process_weights_`): LayerNorm folded into the weights that read it,
 * weights that write to the residual stream centred, value biases folded into output biases, and
 * the unembedding centred.
 *
 * Beside shortformer positions not all of it can be done. They are added behind LayerNorm, where queries
 * and keys read them: what scales or centres W_Q and W_K would scale or centre them too, which LayerNorm
 * never did. TransformerLens' `from_pretrained` leaves all folding and centring out there, and its
 * `process_weights_` does it all and makes another model. Here the part that changes nothing is done.
 */

import { checkChoice } from "../errors.ts";
import type { ModelConfig } from "./config.ts";
import { checkedWeight, type StateDict } from "./weights.ts";

/**
 * - `none`: weights as in the file;
 * - `default`: TransformerLens' default processing, under which the model predicts what it did.
 *   LayerNorm's weights are folded into what reads them (`normalization` becomes `LNPre`), and writing
 *   weights and the unembedding are centred. With shortformer positions, which queries and keys read
 *   beside LayerNorm, `ln1.w` stays where it is and W_Q, W_K, W_V and W_pos are not centred
 *   (`normalization` stays `LN`): only what is exact is done.
 */
export type Processing = "none" | "default";

export const PROCESSINGS: readonly Processing[] = ["none", "default"];

/** A matrix seen as `[outer, n, inner]`, for sums over the middle axis. */
interface MiddleAxis {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

/** Subtracts from each line along the middle axis its mean, in place. */
function centre(data: Float32Array, { outer, n, inner }: MiddleAxis): void {
  for (let o = 0; o < outer; o++) {
    const means = new Float64Array(inner);
    for (let j = 0; j < n; j++) {
      const row = (o * n + j) * inner;
      for (let i = 0; i < inner; i++) means[i] = (means[i] as number) + (data[row + i] as number);
    }
    for (let j = 0; j < n; j++) {
      const row = (o * n + j) * inner;
      for (let i = 0; i < inner; i++) {
        data[row + i] = (data[row + i] as number) - (means[i] as number) / n;
      }
    }
  }
}

/** Σ over the middle axis of `factor[j] * data[o, j, i]`, added to `out[o, i]`. */
function addWeightedSum(
  out: Float32Array,
  data: Float32Array,
  factor: Float32Array,
  { outer, n, inner }: MiddleAxis,
): void {
  for (let o = 0; o < outer; o++) {
    const sums = new Float64Array(inner);
    for (let j = 0; j < n; j++) {
      const row = (o * n + j) * inner;
      const f = factor[j] as number;
      for (let i = 0; i < inner; i++) {
        sums[i] = (sums[i] as number) + f * (data[row + i] as number);
      }
    }
    for (let i = 0; i < inner; i++) {
      out[o * inner + i] = (out[o * inner + i] as number) + (sums[i] as number);
    }
  }
}

/** Multiplies `data[o, j, i]` by `factor[j]`, in place. */
function scale(data: Float32Array, factor: Float32Array, { outer, n, inner }: MiddleAxis): void {
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < n; j++) {
      const row = (o * n + j) * inner;
      const f = factor[j] as number;
      for (let i = 0; i < inner; i++) data[row + i] = (data[row + i] as number) * f;
    }
  }
}

/** What a LayerNorm scales and adds, `[d_model]` each, where there still is something to fold. */
interface Norm {
  readonly w: Float32Array;
  readonly b: Float32Array;
}

/** A matrix that reads the stream, the bias behind it, and its axes with d_model in the middle. */
interface Reader {
  readonly matrix: Float32Array;
  readonly bias: Float32Array;
  readonly axes: MiddleAxis;
}

/** Moves what LayerNorm adds into the bias behind it. */
function foldBias({ matrix, bias, axes }: Reader, norm: Norm | undefined): void {
  if (norm !== undefined) addWeightedSum(bias, matrix, norm.b, axes);
}

/** Moves LayerNorm into a matrix that reads nothing else. */
function fold(reader: Reader, norm: Norm | undefined): void {
  foldBias(reader, norm);
  if (norm !== undefined) scale(reader.matrix, norm.w, reader.axes);
  // What LayerNorm gives has mean zero, so a constant over d_model in a reader does nothing.
  centre(reader.matrix, reader.axes);
}

/**
 * The weights and config of the same model after processing: its log-probabilities stay the same, and
 * its logits but for a constant over the vocabulary. The weights given are not changed; those that
 * processing leaves alone are shared.
 *
 * @throws LookbackError `bad-spec` for a kind of processing that there is not.
 */
export function processWeights(
  weights: StateDict,
  config: ModelConfig,
  processing: Processing,
): { weights: StateDict; config: ModelConfig } {
  checkChoice("processing", processing, PROCESSINGS);
  if (processing === "none") return { weights, config };
  return rewritten(weights, config, !config.shortformer_pos);
}

/**
 * Weights to read circuits off ({@link headCircuits}, composition scores): LayerNorm's weights are in all
 * that reads the stream, shortformer positions or not. Of a shortformer with LayerNorm they are what heads
 * read of the residual stream, and no model to run: queries and keys would read positions through them too.
 * Of every other model this is {@link processWeights} by `default`.
 */
export function circuitWeights(
  weights: StateDict,
  config: ModelConfig,
): { weights: StateDict; config: ModelConfig } {
  return rewritten(weights, config, true);
}

/** @param foldsReaders whether LayerNorm goes into queries, keys and values. */
function rewritten(
  weights: StateDict,
  config: ModelConfig,
  foldsReaders: boolean,
): { weights: StateDict; config: ModelConfig } {
  const { n_layers, n_heads, d_model, d_head, d_vocab, normalization } = config;
  const processed = new Map(weights);
  const owned = (key: string): Float32Array => {
    const { shape, data } = checkedWeight(processed, key);
    const copy = data.slice();
    processed.set(key, { shape, data: copy });
    return copy;
  };
  const normOf = (name: string): Norm | undefined =>
    normalization === "LN"
      ? { w: checkedWeight(weights, `${name}.w`).data, b: checkedWeight(weights, `${name}.b`).data }
      : undefined;
  const layers = Array.from({ length: n_layers }, (_, layer) => `blocks.${layer}`);

  const unembed: Reader = {
    matrix: owned("unembed.W_U"),
    bias: owned("unembed.b_U"),
    axes: { outer: 1, n: d_model, inner: d_vocab },
  };
  if (normalization !== null) {
    for (const block of layers) {
      const norm = normOf(`${block}.ln1`);
      for (const letter of ["Q", "K", "V"]) {
        const reader: Reader = {
          matrix: owned(`${block}.attn.W_${letter}`),
          bias: owned(`${block}.attn.b_${letter}`),
          axes: { outer: n_heads, n: d_model, inner: d_head },
        };
        if (foldsReaders) fold(reader, norm);
        else foldBias(reader, norm);
      }
      if (norm !== undefined && !foldsReaders) owned(`${block}.ln1.b`).fill(0);
      centre(owned(`${block}.attn.W_O`), { outer: n_heads * d_head, n: d_model, inner: 1 });
      centre(owned(`${block}.attn.b_O`), { outer: 1, n: d_model, inner: 1 });
    }
    const norm = normOf("ln_final");
    fold(unembed, norm);
    if (norm !== undefined && !foldsReaders) {
      owned("ln_final.w").fill(1);
      owned("ln_final.b").fill(0);
    }
    centre(owned("embed.W_E"), { outer: d_vocab, n: d_model, inner: 1 });
    // Shortformer positions go through no LayerNorm that would take their mean off.
    if (!config.shortformer_pos) {
      centre(owned("pos_embed.W_pos"), { outer: config.n_ctx, n: d_model, inner: 1 });
    }
  }
  // Softmax does not see a constant over the vocabulary.
  centre(unembed.matrix, { outer: d_model, n: d_vocab, inner: 1 });
  centre(unembed.bias, { outer: 1, n: d_vocab, inner: 1 });

  // Attention sums to one, so a value bias is the same as an output bias.
  for (const block of layers) {
    const b_V = owned(`${block}.attn.b_V`);
    addWeightedSum(
      owned(`${block}.attn.b_O`),
      checkedWeight(processed, `${block}.attn.W_O`).data,
      b_V,
      {
        outer: 1,
        n: n_heads * d_head,
        inner: d_model,
      },
    );
    b_V.fill(0);
  }
  if (normalization !== "LN" || !foldsReaders) return { weights: processed, config };
  for (const norm of [...layers.map((block) => `${block}.ln1`), "ln_final"]) {
    processed.delete(`${norm}.w`);
    processed.delete(`${norm}.b`);
  }
  return { weights: processed, config: { ...config, normalization: "LNPre" } };
}
