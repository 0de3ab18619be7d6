/**
 * @file The directions of a head's values that raise the logits of tokens: the unembedding, read back
 * through a layer's W_O. Of the tokens of some prompts only, which is far less than the vocabulary.
 */

import type { NdArray } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import type { Tensor } from "../engine/tensor.ts";
import { type ForwardModel, unembeddingDirections } from "../model/forward.ts";
import type { TokenBatch } from "../model/tokens.ts";

/**
 * What raises the logit of each token of a prompt over the mean of the vocabulary, `[batch, pos, head,
 * d_head]` for each layer.
 *
 * The final LayerNorm is taken in as far as it is linear: its centring and its weights. Its scale is left
 * out; it divides all logits of a position alike.
 */
export async function copyingDirections(
  model: ForwardModel,
  tokens: TokenBatch,
): Promise<NdArray[]> {
  const { config, weights } = model;
  const { batch, length, ids } = tokens;
  const { n_heads, d_head, d_vocab } = config;
  const perLayer = scoped(() => {
    const mean = weights.U.matrix.slice([0, d_vocab]).mean(0, true); // [1, M], without the padding
    const directions = unembeddingDirections(model, ids, [batch * length]).sub(mean); // [B * P, M]
    const read = beforeFinalNorm(model, directions);
    return weights.layers.map(({ O }) => read.matmul(O.matrix)); // [B * P, H * D]
  });
  try {
    const arrays = await Promise.all(perLayer.map((tensor) => tensor.read()));
    return arrays.map(({ data }) => ({ shape: [batch, length, n_heads, d_head], data }));
  } finally {
    for (const tensor of perLayer) tensor.free();
  }
}

/** Directions `[n, M]` of what the unembedding reads, as directions of the residual stream. */
function beforeFinalNorm({ config, weights }: ForwardModel, directions: Tensor): Tensor {
  if (config.normalization === null) return directions;
  const weighted = weights.ln_final === undefined ? directions : directions.mul(weights.ln_final.w);
  return weighted.sub(weighted.mean(1, true));
}
