/**
 * @file The loss of a batch and its gradient with respect to every weight. Forward and back are written
 * out by hand: the array library's own gradients cannot go through gathers, and would lay out nothing
 * as its matmul likes it.
 */

import { gatherRows } from "../engine/gather.ts";
import type { NdArray } from "../engine/ndarray.ts";
import type { Stages } from "../engine/stages.ts";
import { concatenate, type Tensor, tensor, zeros } from "../engine/tensor.ts";
import type { TokenBatch } from "../model/tokens.ts";
import { type BatchLayout, inputTokens, targetTokens } from "./batch.ts";
import {
  type BlockSums,
  lossBlock,
  type Unembedding,
  unembeddingGradients,
} from "./cross-entropy.ts";
import { layerBackward, layerForward, layerWeightGradients, type SavedLayer } from "./layer.ts";
import { normBackward, normForward, normWeighted } from "./layer-norm.ts";
import { type Model, weightOf } from "./model.ts";
import { positionGradient, withPositions } from "./positions.ts";
import { transposed } from "./projection.ts";
import { paddedVocab, type Weights } from "./weights.ts";

/** The loss of a batch, in nats, and its gradient by the name of each weight, in their layout. */
export interface LossAndGradients {
  readonly loss: number;
  readonly gradients: Weights;
}

/**
 * Mean cross-entropy of each next token of each context, and its gradient.
 *
 * @param tokens checked, of the layout's shape.
 * @param stages owns the gradients.
 */
export async function lossAndGradients(
  model: Model,
  tokens: TokenBatch,
  stages: Stages,
): Promise<LossAndGradients> {
  const { config, weights, layout } = model;
  const inputs = inputTokens(tokens, layout.batch);

  let x = await stages.run(() => embed(model, inputs)); // [R, M]
  const layers: SavedLayer[] = [];
  for (let layer = 0; layer < config.n_layers; layer++) {
    const after = await stages.run(() => layerForward(model, layer, x));
    layers.push(after.saved);
    x = after.x;
  }
  const { norm, input } = await stages.run(() => {
    const norm = config.normalization === null ? undefined : normForward(x, config.eps);
    const input = norm === undefined ? x : normWeighted(norm.normalized, weights, "ln_final");
    return { norm, input };
  });

  const gradients = new Map<string, Tensor>();
  const { losses, blocks, sums } = await lossOfBlocks(model, input, tokens, stages);
  const unembedded = await stages.run(() => {
    const { matrix, bias } = unembeddingGradients(sums);
    gradients.set("unembed.W_U", matrix).set("unembed.b_U", bias);
    const d = joined(blocks, layout.batch.rows);
    return {
      gradients,
      d: norm === undefined ? d : normBackward(d, norm, weights, "ln_final", gradients),
    };
  });
  for (const done of [blocks, sums]) stages.free(done);
  let d = unembedded.d;

  for (let layer = config.n_layers - 1; layer >= 0; layer--) {
    const saved = layers[layer] as SavedLayer;
    const out = d;
    const before = await stages.run(() => ({
      ...layerBackward(model, layer, out, saved, gradients),
      gradients,
    }));
    d = before.d;
    const ofWeights = await stages.run(() =>
      layerWeightGradients(model, layer, saved, before.ofLayer),
    );
    for (const [name, gradient] of ofWeights) gradients.set(name, gradient);
    stages.free(saved);
    stages.free(before.ofLayer);
  }
  // Plain arithmetic on this thread, while the others are busy with the weights of layer 0.
  const ofTokens = tokenGradient(await d.read(), inputs, layout.batch, config.d_vocab);
  await stages.run(() => {
    if (!config.shortformer_pos) gradients.set("pos_embed.W_pos", positionGradient(d, model));
    gradients.set("embed.W_E", tensor(ofTokens));
    return gradients;
  });
  return { loss: await meanOf(losses, layout.batch), gradients };
}

/** Blocks of rows one behind the other, and zeros below up to so many rows. */
function joined(blocks: readonly Tensor[], rows: number): Tensor {
  const [blockRows = 0, width = 0] = blocks[0]?.shape ?? [];
  const more = rows - blocks.length * blockRows;
  return concatenate(more > 0 ? [...blocks, zeros([more, width])] : blocks, 0);
}

/** Mean of the losses that count; those of blocks one behind the other. */
async function meanOf(losses: readonly Tensor[], { predictions }: BatchLayout): Promise<number> {
  const blocks = await Promise.all(losses.map((block) => block.read()));
  let sum = 0;
  let row = 0;
  for (const { data } of blocks) for (const loss of data) if (row++ < predictions) sum += loss;
  return sum / predictions;
}

/** The residual stream before layer 0, [R, M]. */
function embed(model: Model, inputs: Int32Array): Tensor {
  const token = gatherRows(weightOf(model, "embed.W_E"), inputs, [inputs.length]);
  return model.config.shortformer_pos ? token : withPositions(token, model);
}

/** Block by block: the loss of each row, the gradient of `input` [R, M], and the unembedding's. */
async function lossOfBlocks(model: Model, input: Tensor, tokens: TokenBatch, stages: Stages) {
  const { rows, summedRows, blockRows, predictions } = model.layout.batch;
  const targets = targetTokens(tokens, model.layout.batch);
  const counts = new Float32Array(rows).fill(1 / predictions, 0, predictions);
  const unembedding = await stages.run(() => unembeddingOf(model));

  const losses: Tensor[] = [];
  const blocks: Tensor[] = [];
  let sums: BlockSums | undefined;
  for (let start = 0; start < summedRows; start += blockRows) {
    const end = start + blockRows;
    const before = sums;
    const made = await stages.run(() => {
      const block = { tokens: targets.slice(start, end), weights: counts.slice(start, end) };
      return lossBlock(input.slice([start, end]), block, unembedding, before);
    });
    losses.push(made.losses);
    blocks.push(made.d);
    stages.free(before);
    sums = made.sums;
  }
  stages.free(unembedding);
  return { losses, blocks, sums: sums as BlockSums };
}

/** The unembedding and what its blocks need beside it. */
function unembeddingOf(model: Model): Unembedding {
  const matrix = weightOf(model, "unembed.W_U");
  const columns = Float32Array.from({ length: paddedVocab(model.config) }, (_, column) => column);
  return {
    matrix: matrix.alias(),
    bias: weightOf(model, "unembed.b_U").alias(),
    back: transposed(matrix),
    columns: tensor({ shape: [columns.length], data: columns }),
  };
}

/** Gradient of the embeddings [V, M]: that of the stream before layer 0, [R, M], summed by token. */
function tokenGradient(
  { shape, data }: NdArray,
  inputs: Int32Array,
  { predictions }: BatchLayout,
  vocabulary: number,
): NdArray {
  const d_model = shape[1] ?? 0;
  const sums = new Float32Array(vocabulary * d_model);
  for (let row = 0; row < predictions; row++) {
    const to = (inputs[row] as number) * d_model;
    const from = row * d_model;
    for (let m = 0; m < d_model; m++) {
      sums[to + m] = (sums[to + m] as number) + (data[from + m] as number);
    }
  }
  return { shape: [vocabulary, d_model], data: sums };
}
