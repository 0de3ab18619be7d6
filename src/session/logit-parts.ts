/**
 * @file The logit difference of a run as a sum over what wrote it, where interventions may have put other
 * numbers in the place of its own. Unlike `logitDifferenceDecomposition`, which multiplies patterns by
 * values, it reads what heads in fact wrote: their `z`.
 */

import { throughNorm } from "../circuits/stream-sources.ts";
import { gatherRows } from "../engine/gather.ts";
import { scoped } from "../engine/scope.ts";
import { concatenate, type Tensor, tensor } from "../engine/tensor.ts";
import type { ModelConfig } from "../model/config.ts";
import { type ForwardModel, unembeddingDirections } from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import type { RunResult } from "../model/run-result.ts";
import type { AnswerPair } from "../prompts/prompt.ts";

/** The activations that {@link logitParts} reads, at the position that is read alone. */
export function logitPartNames({ n_layers, normalization }: ModelConfig): HookName[] {
  const layers = Array.from({ length: n_layers }, (_, layer) => layer);
  return [
    "hook_embed",
    "hook_pos_embed",
    ...layers.map((layer): HookName => `blocks.${layer}.attn.hook_z`),
    ...(normalization === null ? [] : (["ln_final.hook_scale"] as const)),
  ];
}

/** The parts of each row's logit difference, [B, S], in the order of `logitSources`. */
export async function logitParts(
  model: ForwardModel,
  { activations }: Pick<RunResult, "activations">,
  answers: readonly AnswerPair[],
): Promise<Float32Array> {
  const parts = scoped(() => {
    const { config, weights } = model;
    const { n_heads, d_head, d_model } = config;
    const batch = answers.length;
    const ids = Int32Array.from(answers.flat());
    const rightMinusWrong = (pair: Tensor) => pair.slice(null, 0).sub(pair.slice(null, 1));
    const direction = rightMinusWrong(unembeddingDirections(model, ids, [batch, 2])); // [B, M]
    const b_U = rightMinusWrong(gatherRows(weights.U.bias, ids, [batch, 2, 1])); // [B, 1]
    const ofStream = throughNorm(direction, weights.ln_final, config); // [B, M]
    const atRead = (name: HookName) => tensor(activations.get(name)).slice(null, 0);
    const scale = config.normalization === null ? undefined : atRead("ln_final.hook_scale"); // [B, 1]
    const scaled = (part: Tensor) => (scale === undefined ? part : part.div(scale));
    const written = (x: Tensor) => scaled(ofStream.mul(x).sum(1, true)); // [B, 1]
    const byLayer = weights.layers.flatMap(({ O }, layer) => {
      const perZ = ofStream.matmul(O.matrix).reshape(batch, n_heads, d_head);
      const heads = perZ.mul(atRead(`blocks.${layer}.attn.hook_z`)).sum(2); // [B, H]
      return [scaled(heads), scaled(ofStream.matmul(O.bias.reshape(d_model, 1)))];
    });
    const { ln_final } = weights;
    return concatenate(
      [
        written(atRead("hook_embed")),
        ...(config.shortformer_pos ? [] : [written(atRead("hook_pos_embed"))]),
        ...byLayer,
        ...(ln_final === undefined ? [] : [direction.matmul(ln_final.b.reshape(d_model, 1))]),
        b_U,
      ],
      1,
    );
  });
  try {
    return (await parts.read()).data;
  } finally {
    parts.free();
  }
}
