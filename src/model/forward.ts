/**
 * @file The forward pass of an attention-only transformer, top to bottom. Shapes: B batch, P
 * positions, Q the positions asked for, H heads, D d_head, M d_model, V vocabulary.
 */

import type { DeviceKind } from "../engine/device.ts";
import { gatherRows } from "../engine/gather.ts";
import { broadcastTo, concatenate, type Tensor, zeros } from "../engine/tensor.ts";
import type { ModelConfig } from "./config.ts";
import type { DeviceWeights, LayerWeights, NormWeights } from "./device-weights.ts";
import { foldedScores, foldedValues } from "./folded-attention.ts";
import type { HookName } from "./hooks.ts";
import {
  add,
  affine,
  attentionScores,
  divideByScale,
  headsFromStream,
  layerNormScale,
  softmax,
  streamFromHeads,
  unembedding,
  weightedValues,
} from "./operations.ts";
import type { TokenBatch } from "./tokens.ts";

/**
 * What the residual stream is made of: `total`, the model as it is; `position-only`, token
 * embeddings are zero (figure 4 of the post); `token-only`, positional embeddings are zero.
 */
export type RunMode = "total" | "position-only" | "token-only";

export const RUN_MODES: readonly RunMode[] = ["total", "position-only", "token-only"];

/** What the forward pass needs of a model. */
export interface ForwardModel {
  readonly config: ModelConfig;
  /** Where the weights are. */
  readonly device: DeviceKind;
  readonly weights: DeviceWeights;
}

/** Sees every hook point that is passed and returns what the run goes on with. */
export type Tap = (name: HookName, value: Tensor) => Tensor;

/** The residual stream, and the positional embedding that shortformer attention reads beside it. */
export interface Stream {
  /** [B, P, M] */
  readonly residual: Tensor;
  /** [B, P, M], added to the inputs of queries and keys; undefined for standard positions. */
  readonly positions: Tensor | undefined;
}

/** Embeds tokens, which stand at the positions from `first` on: the stream before layer 0. */
export function embed(
  model: ForwardModel,
  tokens: TokenBatch,
  mode: RunMode,
  tap: Tap,
  first = 0,
): Stream {
  const { config, weights } = model;
  const shape = [tokens.batch, tokens.length, config.d_model];
  const token = tap(
    "hook_embed",
    mode === "position-only"
      ? zeros(shape)
      : gatherRows(weights.W_E, tokens.ids, [tokens.batch, tokens.length]),
  ); // [B, P, M]
  const position = tap(
    "hook_pos_embed",
    mode === "token-only"
      ? zeros(shape)
      : broadcastTo(weights.W_pos.slice([first, first + tokens.length]).expand(0), shape),
  ); // [B, P, M]
  return config.shortformer_pos
    ? { residual: token, positions: position }
    : { residual: add(token, position), positions: undefined };
}

/**
 * Keys and values, `[B, N, H, D]`, of N positions that come before those of a stream: a run that goes on
 * where another has been. The stream may have several variants of each of the B rows, one behind the
 * other; they share what came before.
 */
export interface KeysBefore {
  readonly k: Tensor;
  readonly v: Tensor;
}

/** One attention layer: the stream after it. */
export function attentionLayer(
  model: ForwardModel,
  layer: number,
  stream: Stream,
  tap: Tap,
  before?: KeysBefore,
): Stream {
  const { config } = model;
  const { Q, K, V, O } = model.weights.layers[layer] as LayerWeights;
  const at = `blocks.${layer}.attn` as const;
  const heads = headsFromStream(config.n_heads);
  const { residual, values, qk } = readStream(model, layer, stream, tap); // [B, P, M] each

  const q = tap(`${at}.hook_q`, heads(qk, Q.matrix, Q.bias)); // [B, P, H, D]
  const k = tap(`${at}.hook_k`, heads(qk, K.matrix, K.bias)); // [B, P, H, D]
  const v = tap(`${at}.hook_v`, heads(values, V.matrix, V.bias)); // [B, P, H, D]
  const keys = behind(before?.k, k); // [B, N + P, H, D]
  const scores = tap(`${at}.hook_attn_scores`, attentionScores(q, keys)); // [B, H, P, N + P]
  const pattern = tap(`${at}.hook_pattern`, softmax(scores)); // [B, H, P, N + P]
  const z = tap(`${at}.hook_z`, weightedValues(pattern, behind(before?.v, v))); // [B, P, H, D]
  const out = tap(`blocks.${layer}.hook_attn_out`, streamFromHeads(z, O.matrix, O.bias)); // [B, P, M]
  const after = tap(`blocks.${layer}.hook_resid_post`, add(residual, out)); // [B, P, M]
  return { residual: after, positions: stream.positions };
}

/** What a layer reads of a stream, `[B, P, M]` each: after LayerNorm, and with what else it reads. */
export interface LayerInput {
  /** What values are formed of. */
  readonly values: Tensor;
  /** What queries and keys are formed of. */
  readonly qk: Tensor;
}

/**
 * The last layer where only the positions `queries` of the stream are read out: the stream after it at
 * these positions, [B, Q, M]. Keys and values, which would be most of the work, are never formed, so
 * their hook points and that of the scores are not passed.
 *
 * @param before what the layer reads at N positions before those of the stream, as {@link KeysBefore}.
 */
export function lastLayerAt(
  model: ForwardModel,
  queries: readonly number[],
  stream: Stream,
  tap: Tap,
  before?: LayerInput,
): Stream {
  const { config, weights } = model;
  const layer = config.n_layers - 1;
  const { Q, K, O } = weights.layers[layer] as LayerWeights;
  const { W_V, b_V } = weights.lastLayer;
  const at = `blocks.${layer}.attn` as const;
  const { residual, values, qk } = readStream(model, layer, stream, tap); // [B, P, M] each

  const asking = selectPositions(qk, queries); // [B, Q, M]
  const q = tap(`${at}.hook_q`, headsFromStream(config.n_heads)(asking, Q.matrix, Q.bias)); // [B, Q, H, D]
  const scores = foldedScores(queries, q, K.matrix, qk, before?.qk); // [B, H, Q, N + P]
  const pattern = tap(`${at}.hook_pattern`, softmax(scores)); // [B, H, Q, N + P]
  const z = tap(`${at}.hook_z`, foldedValues(pattern, W_V, b_V, values, before?.values)); // [B, Q, H, D]
  const out = tap(`blocks.${layer}.hook_attn_out`, streamFromHeads(z, O.matrix, O.bias)); // [B, Q, M]
  const after = tap(
    `blocks.${layer}.hook_resid_post`,
    add(selectPositions(residual, queries), out),
  ); // [B, Q, M]
  return { residual: after, positions: stream.positions };
}

/** What a layer reads: the stream itself, what values see of it, and what queries and keys see. */
export function readStream(
  model: ForwardModel,
  layer: number,
  stream: Stream,
  tap: Tap,
): LayerInput & { readonly residual: Tensor } {
  const weights = model.weights.layers[layer] as LayerWeights;
  const residual = tap(`blocks.${layer}.hook_resid_pre`, stream.residual); // [B, P, M]
  const values = normalize(`blocks.${layer}.ln1`, residual, weights.ln1, model.config, tap); // [B, P, M]
  const qk = stream.positions === undefined ? values : add(values, stream.positions); // [B, P, M]
  return { residual, values, qk };
}

/** What came before `[B, N, …]`, for every variant of its rows, and then `own [B * V, P, …]`. */
function behind(before: Tensor | undefined, own: Tensor): Tensor {
  if (before === undefined) return own;
  return concatenate([eachRepeated(before, (own.shape[0] ?? 1) / (before.shape[0] ?? 1)), own], 1);
}

/** Each row so many times, one behind the other: `[B, …]` -> `[B * times, …]`. */
export function eachRepeated(x: Tensor, times: number): Tensor {
  const [rows = 0, ...rest] = x.shape;
  if (times === 1) return x;
  return broadcastTo(x.expand(1), [rows, times, ...rest]).reshape(rows * times, ...rest);
}

/** What the unembedding reads: the final residual after the last LayerNorm. [B, Q, M] */
export function finalNorm(model: ForwardModel, residual: Tensor, tap: Tap): Tensor {
  const { config, weights } = model;
  return tap("unembed.hook_in", normalize("ln_final", residual, weights.ln_final, config, tap));
}

/** Logits over the padded vocabulary, [B, Q, padded V]; those of padding are as good as -Infinity. */
export function unembedPadded(model: ForwardModel, input: Tensor): Tensor {
  const { matrix, bias } = model.weights.U;
  const [batch = 0, queries = 0, d_model = 0] = input.shape;
  const products = unembedding(input.reshape(batch * queries, d_model), matrix);
  return add(products, bias).reshape(batch, queries, bias.shape[0] ?? 0);
}

/** Directions in the stream that logits of tokens read, […shape, M]. The caller has checked the ids. */
export function unembeddingDirections(
  model: ForwardModel,
  ids: Int32Array,
  shape: readonly number[],
): Tensor {
  return gatherRows(model.weights.U.matrix, ids, shape);
}

/** Named positions along an axis, by default of `[B, P, …]`. */
export function selectPositions(x: Tensor, positions: readonly number[], axis = 1): Tensor {
  if (positions.length === x.shape[axis] && positions.every((p, i) => p === i)) return x;
  const before = Array.from({ length: axis }, () => null);
  const parts = positions.map((p) => x.slice(...before, [p, p + 1]));
  return parts.length === 1 ? (parts[0] as Tensor) : concatenate(parts, axis);
}

/** LayerNorm, with its weights where they are not folded away; nothing where the model has none. */
function normalize(
  name: `blocks.${number}.ln1` | "ln_final",
  x: Tensor,
  weights: NormWeights | undefined,
  config: ModelConfig,
  tap: Tap,
): Tensor {
  if (config.normalization === null) return x;
  const scale = tap(`${name}.hook_scale`, layerNormScale(config.eps)(x)); // [B, P, 1]
  // TransformerLens hooks what LayerNorm gives before its weights.
  const normalized = tap(`${name}.hook_normalized`, divideByScale(x, scale)); // [B, P, M]
  return weights === undefined ? normalized : affine(normalized, weights.w, weights.b); // [B, P, M]
}
