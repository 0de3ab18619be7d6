/**
 * @file One attention layer forward and back, by hand. Shapes: R rows, M d_model, H heads, D d_head,
 * W = H * D.
 */

import { fuse } from "../engine/fuse.ts";
import { type Tensor, zeros } from "../engine/tensor.ts";
import { add } from "../model/operations.ts";
import { attentionBackward, attentionForward, type SavedAttention } from "./attention.ts";
import { normBackward, normForward, normWeighted, type SavedNorm } from "./layer-norm.ts";
import { type Model, weightOf } from "./model.ts";
import { positionGradient, withPositions } from "./positions.ts";
import { biasGradient, matrixGradient, product, transposed } from "./projection.ts";

/** What a layer's gradient needs of its forward pass. */
export interface SavedLayer {
  readonly norm: SavedNorm | undefined;
  /** What values are read from, [R, M]. */
  readonly input: Tensor;
  /** What queries and keys are read from: with shortformer, positions are added. [R, M] */
  readonly qkInput: Tensor;
  readonly attention: SavedAttention;
}

const sumOfThree = fuse((a: Tensor, b: Tensor, c: Tensor) => a.add(b).add(c));
const flat = (x: Tensor) => x.reshape(x.shape[0] ?? 0, -1);

/** The residual stream [R, M] after a layer, and what the layer's gradient needs. */
export function layerForward(
  model: Model,
  layer: number,
  x: Tensor,
): { x: Tensor; saved: SavedLayer } {
  const { config, weights, layout } = model;
  const attn = (letter: string) => weightOf(model, `blocks.${layer}.attn.${letter}`);
  const norm = config.normalization === null ? undefined : normForward(x, config.eps);
  const input =
    norm === undefined ? x : normWeighted(norm.normalized, weights, `blocks.${layer}.ln1`);
  const qkInput = config.shortformer_pos ? withPositions(input, model) : input; // [R, M]
  const attention = attentionForward(
    add(product(qkInput, attn("W_Q")), attn("b_Q")), // [R, W]
    product(qkInput, attn("W_K")),
    product(input, attn("W_V")),
    attn("b_V"),
    layout,
  );
  const out = product(flat(attention.z), attn("W_O")); // [R, M]
  const after = sumOfThree(x, out, attn("b_O"));
  return { x: after, saved: { norm, input, qkInput, attention } };
}

/** What a layer's backward pass leaves to be done for its weights: gradients of what they made. */
export interface LayerGradients {
  /** Of the stream after the layer, [R, M]. */
  readonly out: Tensor;
  /** Of what the heads give, [R, W]. */
  readonly z: Tensor;
  /** Of queries, keys and values, [R, W] each. */
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

/**
 * The gradient of the stream before a layer from that of the stream after it, `out [R, M]`. Gradients
 * of LayerNorm's weights and, with shortformer, positions go to `gradients` at once; those of matrices
 * and their biases are left to {@link layerWeightGradients}.
 */
export function layerBackward(
  model: Model,
  layer: number,
  out: Tensor,
  saved: SavedLayer,
  gradients: Map<string, Tensor>,
): { d: Tensor; ofLayer: LayerGradients } {
  const { config, weights, layout } = model;
  const { n_heads, d_head } = config;
  const attn = (letter: string) => weightOf(model, `blocks.${layer}.attn.${letter}`);
  const back = (d: Tensor, letter: string) => product(d, transposed(attn(letter)));
  const z = back(out, "W_O"); // [R, W]
  const ofHeads = z.reshape(z.shape[0] ?? 0, n_heads, d_head);
  const heads = attentionBackward(ofHeads, saved.attention, attn("b_V"), layout);
  const [q, k, v] = [flat(heads.q), flat(heads.k), flat(heads.v)]; // [R, W] each
  const qkInput = add(back(q, "W_Q"), back(k, "W_K")); // [R, M]
  if (config.shortformer_pos) {
    const name = "pos_embed.W_pos";
    const own = positionGradient(qkInput, model);
    const others = gradients.get(name);
    gradients.set(name, others === undefined ? own : add(others, own));
  }
  const input = add(qkInput, back(v, "W_V")); // [R, M]
  const throughNorm =
    saved.norm === undefined
      ? input
      : normBackward(input, saved.norm, weights, `blocks.${layer}.ln1`, gradients);
  return { d: add(out, throughNorm), ofLayer: { out, z, q, k, v } };
}

/** Gradients of a layer's matrices and their biases, by name. */
export function layerWeightGradients(
  model: Model,
  layer: number,
  { input, qkInput, attention }: SavedLayer,
  d: LayerGradients,
): Map<string, Tensor> {
  const attn = `blocks.${layer}.attn`;
  const ofMatrix = matrixGradient(model.layout.batch.summedRows);
  return new Map([
    [`${attn}.W_Q`, ofMatrix(qkInput, d.q)],
    [`${attn}.b_Q`, biasGradient(d.q)],
    [`${attn}.W_K`, ofMatrix(qkInput, d.k)],
    [`${attn}.b_K`, zeros([d.k.shape[1] ?? 0])], // softmax does not see it
    [`${attn}.W_V`, ofMatrix(input, d.v)],
    [`${attn}.b_V`, biasGradient(d.z)],
    [`${attn}.W_O`, ofMatrix(flat(attention.z), d.out)],
    [`${attn}.b_O`, biasGradient(d.out)],
  ]);
}
