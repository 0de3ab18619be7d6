/**
 * @file Weights laid out on the device as the forward pass wants them: every projection one 2-D
 * matrix (ten times faster than `[head, d_model, d_head]`), and the vocabulary padded.
 */

import { LANES } from "../engine/log-sum-exp.ts";
import { scoped } from "../engine/scope.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import type { ModelConfig } from "./config.ts";
import { checkedWeight, type StateDict } from "./weights.ts";

/**
 * A projection: `matrix [out, in]` and `bias [out]`. Two-dimensional and transposed, because a matmul
 * is fastest where both of its sides are read along their rows (`bench/formulations.ts`).
 */
export interface Projection {
  readonly matrix: Tensor;
  readonly bias: Tensor;
}

/** LayerNorm's weights, `w [d_model]` and `b [d_model]`; undefined once they are folded away. */
export interface NormWeights {
  readonly w: Tensor;
  readonly b: Tensor;
}

/** One attention layer; head h of Q, K and V has the rows `h * d_head` and on. */
export interface LayerWeights {
  readonly ln1: NormWeights | undefined;
  readonly Q: Projection;
  readonly K: Projection;
  readonly V: Projection;
  readonly O: Projection;
}

/** Values of the last layer head by head, for reading it out at a few positions. */
export interface LastLayerWeights {
  /** W_V of each head: [head, d_model, d_head]. */
  readonly W_V: Tensor;
  /** b_V of each head: [head, 1, d_head]. */
  readonly b_V: Tensor;
}

/** All weights of a model on the device. */
export interface DeviceWeights {
  readonly W_E: Tensor;
  readonly W_pos: Tensor;
  readonly layers: readonly LayerWeights[];
  readonly lastLayer: LastLayerWeights;
  readonly ln_final: NormWeights | undefined;
  /** `[padded vocabulary, d_model]`; the bias of padding is so low that softmax ignores it. */
  readonly U: Projection;
}

/**
 * Matmul falls off a cliff where the output's width is no multiple of 4, and sums over the vocabulary
 * want one of {@link LANES}.
 */
const WIDTH_MULTIPLE = LANES;

/** As good as -Infinity, but log Σ exp over padding alone stays a number. */
const PADDING_LOGIT = -1e30;

/** The vocabulary's extent on the device. */
export function paddedVocab(config: ModelConfig): number {
  return Math.ceil(config.d_vocab / WIDTH_MULTIPLE) * WIDTH_MULTIPLE;
}

/** Columns that are transposed together, so that what is read and written fits the cache. */
const TILE = 32;

/** `[n, rows, columns]` with each of the n matrices transposed, one behind the other. */
function transposed(
  [n, rows, columns]: readonly [number, number, number],
  data: Float32Array,
  out = new Float32Array(data.length),
): Float32Array {
  for (let i = 0; i < n; i++) {
    const base = i * rows * columns;
    for (let start = 0; start < columns; start += TILE) {
      const end = Math.min(columns, start + TILE);
      for (let r = 0; r < rows; r++) {
        for (let c = start; c < end; c++) {
          out[base + c * rows + r] = data[base + r * columns + c] as number;
        }
      }
    }
  }
  return out;
}

/** Copies checked weights to the open device. The caller frees them. */
export function uploadWeights(weights: StateDict, config: ModelConfig): DeviceWeights {
  const { n_layers, n_heads, d_head, d_model } = config;
  const width = n_heads * d_head;
  const host = (key: string) => checkedWeight(weights, key);
  return scoped(() => {
    const norm = (name: string): NormWeights | undefined =>
      config.normalization === "LN"
        ? { w: tensor(host(`${name}.w`)), b: tensor(host(`${name}.b`)) }
        : undefined;
    const vocab = paddedVocab(config);
    const W_U = new Float32Array(vocab * d_model);
    transposed([1, d_model, config.d_vocab], host("unembed.W_U").data, W_U);
    const b_U = new Float32Array(vocab).fill(PADDING_LOGIT);
    b_U.set(host("unembed.b_U").data);
    const last = `blocks.${n_layers - 1}.attn`;
    const layers = Array.from({ length: n_layers }, (_, layer): LayerWeights => {
      const attn = `blocks.${layer}.attn`;
      const input = (letter: string): Projection => ({
        matrix: tensor({
          shape: [width, d_model],
          data: transposed([n_heads, d_model, d_head], host(`${attn}.W_${letter}`).data),
        }),
        bias: tensor({ shape: [width], data: host(`${attn}.b_${letter}`).data }),
      });
      return {
        ln1: norm(`blocks.${layer}.ln1`),
        Q: input("Q"),
        K: input("K"),
        V: input("V"),
        O: {
          matrix: tensor({
            shape: [d_model, width],
            data: transposed([1, width, d_model], host(`${attn}.W_O`).data),
          }),
          bias: tensor(host(`${attn}.b_O`)),
        },
      };
    });
    return {
      W_E: tensor(host("embed.W_E")),
      W_pos: tensor(host("pos_embed.W_pos")),
      layers,
      lastLayer: {
        W_V: tensor(host(`${last}.W_V`)),
        b_V: tensor({ shape: [n_heads, 1, d_head], data: host(`${last}.b_V`).data }),
      },
      ln_final: norm("ln_final"),
      U: {
        matrix: tensor({ shape: [vocab, d_model], data: W_U }),
        bias: tensor({ shape: [vocab], data: b_U }),
      },
    };
  });
}

/** Every tensor of the weights, for freeing them. */
export function* deviceTensors(weights: DeviceWeights): Generator<Tensor> {
  const norms = [weights.ln_final, ...weights.layers.map((layer) => layer.ln1)];
  for (const norm of norms) {
    if (norm !== undefined) yield* [norm.w, norm.b];
  }
  for (const { Q, K, V, O } of weights.layers) {
    for (const { matrix, bias } of [Q, K, V, O]) yield* [matrix, bias];
  }
  yield* Object.values(weights.lastLayer);
  yield* [weights.W_E, weights.W_pos, weights.U.matrix, weights.U.bias];
}
