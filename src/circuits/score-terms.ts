/**
 * @file What each source of the residual stream adds to a head's queries and keys: the terms whose
 * products an attention score is the sum of.
 */

import { broadcastTo, concatenate, type Tensor, tensor } from "../engine/tensor.ts";
import type { ModelConfig } from "../model/config.ts";
import type { LayerWeights, Projection } from "../model/device-weights.ts";
import { type ForwardModel, selectPositions } from "../model/forward.ts";
import type { HeadIndex } from "../model/heads.ts";
import type { HookName } from "../model/hooks.ts";
import type { RunResult } from "../model/run-result.ts";
import { throughNorm, writtenBefore } from "./stream-sources.ts";

/** The sources of what a layer's queries and keys read, in the order of the terms. */
export function termSources(config: ModelConfig, layer: number): string[] {
  return ["embed", "pos", ...writtenBefore(config, layer), "bias"];
}

/** The activations that the terms of a layer are made of. */
export function termActivations({ normalization }: ModelConfig, layer: number): HookName[] {
  const names: HookName[] = ["hook_embed", "hook_pos_embed"];
  for (let from = 0; from < layer; from++) names.push(`blocks.${from}.attn.hook_z`);
  if (normalization !== null) names.push(`blocks.${layer}.ln1.hook_scale`);
  return names;
}

/**
 * What each source adds to a head's queries or keys at some positions, [B, S, positions, D]: they sum
 * to the activation of `hook_q` or `hook_k`.
 */
export function termsAt(
  model: ForwardModel,
  { layer, head }: HeadIndex,
  letter: "Q" | "K",
  { activations }: RunResult,
  positions: readonly number[],
): Tensor {
  const { config, weights } = model;
  const { n_heads, d_head } = config;
  const own = weights.layers[layer] as LayerWeights;
  const { matrix, bias } = own[letter] as Projection;
  const rows = [head * d_head, (head + 1) * d_head] as const;
  const reading = matrix.slice(rows); // [D, M]
  const ofStream = throughNorm(reading, own.ln1, config); // [D, M]
  const atPositions = (name: HookName) => selectPositions(tensor(activations.get(name)), positions);
  const embedding = (name: HookName, by: Tensor) =>
    atPositions(name).matmul(by.permute(1, 0)).expand(1); // [B, 1, P, D]
  const embed = embedding("hook_embed", ofStream);
  const [batch = 0] = embed.shape;
  const everywhere = (vector: Tensor) =>
    broadcastTo(vector.reshape(1, 1, 1, d_head), [batch, 1, positions.length, d_head]);

  const ofLayers = weights.layers.slice(0, layer).flatMap(({ O }, from) => {
    const ofHeads = ofStream.matmul(O.matrix).reshape(d_head, n_heads, d_head).permute(1, 2, 0); // [H, D, D]
    const z = atPositions(`blocks.${from}.attn.hook_z`).permute(2, 0, 1, 3); // [H, B, P, D]
    const terms = z
      .reshape(n_heads, batch * positions.length, d_head)
      .matmul(ofHeads)
      .reshape(n_heads, batch, positions.length, d_head)
      .permute(1, 0, 2, 3); // [B, H, P, D]
    const written = ofStream.matmul(O.bias.reshape(config.d_model, 1));
    return [terms, everywhere(written)];
  });
  const pos = embedding("hook_pos_embed", config.shortformer_pos ? reading : ofStream);
  const scale =
    config.normalization === null
      ? undefined
      : atPositions(`blocks.${layer}.ln1.hook_scale`).expand(1); // [B, 1, P, 1]
  const scaled = (term: Tensor) => (scale === undefined ? term : term.div(scale));
  const constant = bias.slice(rows);
  const ofNorm = own.ln1 && reading.matmul(own.ln1.b.reshape(config.d_model, 1)).reshape(d_head);
  return concatenate(
    [
      scaled(embed),
      config.shortformer_pos ? pos : scaled(pos),
      ...ofLayers.map(scaled),
      everywhere(ofNorm === undefined ? constant : constant.add(ofNorm)),
    ],
    1,
  );
}

/** The score of every source of a query with every source of keys: [B, S, 1, D], [B, S, K, D] -> [B, S, S, K]. */
export function scoresOfTerms(query: Tensor, keys: Tensor): Tensor {
  const [batch = 0, sources = 0, positions = 0, d_head = 0] = keys.shape;
  return query
    .reshape(batch, sources, d_head)
    .matmul(keys.reshape(batch, sources * positions, d_head).permute(0, 2, 1))
    .div(Math.sqrt(d_head))
    .reshape(batch, sources, sources, positions);
}
