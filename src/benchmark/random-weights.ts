/** @file Models of a given shape with fixed random weights: for speed, which asks for no more. */

import { sizeOf } from "../engine/ndarray.ts";
import type { ModelConfig } from "../model/config.ts";
import type { ModelSource } from "../model/model.ts";
import { weightShapes } from "../model/weights.ts";
import { MersenneTwister } from "../prompts/mersenne-twister.ts";

/** 52 million parameters; see `src/experiments/published.json` for whose shape this is. */
export const ATTN_ONLY_2L_SHAPE: ModelConfig = {
  n_layers: 2,
  n_heads: 8,
  d_model: 512,
  d_head: 64,
  n_ctx: 1024,
  d_vocab: 48262,
  normalization: "LN",
  eps: 1e-5,
  shortformer_pos: false,
  bos_token_id: 1,
  tokenizer_name: null,
};

/** A model so small that a bench of it shows that the bench works, and no more. */
const TINY_SHAPE: ModelConfig = {
  ...ATTN_ONLY_2L_SHAPE,
  d_model: 32,
  d_head: 4,
  n_ctx: 64,
  d_vocab: 262,
};

/** The shapes that have a name, by which a bench takes them for models. */
export const SHAPES: ReadonlyMap<string, ModelConfig> = new Map([
  ["attn-only-2l-shape", ATTN_ONLY_2L_SHAPE],
  ["tiny-shape", TINY_SHAPE],
]);

/** Uniform weights with the variance that keeps activations of order one; LayerNorm weights are one. */
export function randomWeights(config: ModelConfig, name: string): ModelSource {
  const generator = new MersenneTwister(0);
  const weights = new Map(
    [...weightShapes(config)].map(([key, shape]) => {
      const isMatrix = shape.length > 1 && !key.includes(".b_");
      const scale = key.endsWith(".w") ? 0 : isMatrix ? Math.sqrt(3 / config.d_model) : 0.02;
      const offset = key.endsWith(".w") ? 1 : 0;
      const data = Float32Array.from(
        { length: sizeOf(shape) },
        () => offset + scale * (generator.uint32() / 2 ** 31 - 1),
      );
      return [key, { shape, data }];
    }),
  );
  return { name, config, weights, hash: "random weights, seed 0" };
}
