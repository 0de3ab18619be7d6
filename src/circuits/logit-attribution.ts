/**
 * @file Direct logit attribution: what each head adds to an answer's logit by the straight path, from
 * its output through the unembedding. As TransformerLens' `stack_head_results` and `logit_attrs`, and with
 * the final LayerNorm's weights, which these leave out.
 */

import type { NdArray } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import { stack, type Tensor, tensor } from "../engine/tensor.ts";
import { type ForwardModel, unembeddingDirections } from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import { run } from "../model/run.ts";
import type { TokenBatch } from "../model/tokens.ts";
import { throughNorm } from "./stream-sources.ts";

/** What to attribute. */
export interface LogitAttributionRequest {
  readonly tokens: TokenBatch;
  /** For each row the tokens, equally many, whose logits are taken apart. */
  readonly answers: readonly (readonly number[])[];
  /** Position whose logits are taken apart; default the last. Negative counts from the end. */
  readonly position?: number;
  readonly signal?: AbortSignal;
}

/**
 * The part of each answer's logit that each head writes, `[layer, head, batch, answer]`; the
 * attribution to a logit difference is the difference of two answers'.
 *
 * The final LayerNorm's scale is frozen: it is that of the run, whichever head is looked at. Its centring
 * and its weights are applied, whether these stand by themselves or are folded into the unembedding; so
 * heads, embeddings and biases sum to the logit, with any processing (`logitDecomposition` gives all of
 * them). TransformerLens' `logit_attrs` leaves the weights out and agrees only where they were folded.
 *
 * A head's value bias is part of what it writes, unless processing has moved it into the output bias.
 * `default` processing also takes the mean over the vocabulary off the unembedding: each part loses what
 * it adds to all logits alike, and differences of answers keep theirs.
 *
 * @throws LookbackError naming the token, answer or position that is wrong.
 */
export async function directLogitAttribution(
  model: ForwardModel,
  { tokens, answers, position = -1, signal }: LogitAttributionRequest,
): Promise<NdArray> {
  const { config, weights } = model;
  const { n_heads, d_head } = config;
  const normalized = config.normalization !== null;
  const { activations } = await run(model, tokens, {
    names: ["blocks.*.attn.hook_z", ...(normalized ? ["ln_final.hook_scale"] : [])],
    answers,
    positions: [position],
    ...(signal && { signal }),
  });
  const at = position < 0 ? tokens.length + position : position;
  const atPosition = (name: HookName) => tensor(activations.get(name)).slice(null, at);
  const k = answers[0]?.length ?? 0;

  const attribution = scoped(() => {
    const unembedded = unembeddingDirections(model, Int32Array.from(answers.flat()), [
      tokens.batch,
      k,
    ]); // [B, k, M]
    const directions = throughNorm(unembedded, weights.ln_final, config);
    const parts = weights.layers.map(({ O }, layer) => {
      const perZ = readBy(directions, O.matrix).reshape(tokens.batch, k, n_heads, d_head);
      const z = atPosition(`blocks.${layer}.attn.hook_z`); // [B, H, D]
      const part = perZ.mul(z.expand(1)).sum(3); // [B, k, H]
      return normalized ? part.div(atPosition("ln_final.hook_scale").expand(1)) : part;
    });
    return stack(parts, 0).permute(0, 3, 1, 2); // [L, H, B, k]
  });
  try {
    return await attribution.read();
  } finally {
    attribution.free();
  }
}

/** What each direction of `[B, k, M]` reads from each input of a matrix `[M, in]`: [B * k, in]. */
function readBy(directions: Tensor, matrix: Tensor): Tensor {
  const [batch = 0, k = 0, d_model = 0] = directions.shape;
  return directions.reshape(batch * k, d_model).matmul(matrix);
}
