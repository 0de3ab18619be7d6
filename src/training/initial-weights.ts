/**
 * @file Weights to begin with. Positions begin as sinusoids of many wavelengths, from a few tokens to
 * the whole context, since learning to tell neighbours apart from nothing takes longer than the rest;
 * they are learned like all others. What heads write begins near zero.
 */

import { type NdArray, ndarray, sizeOf } from "../engine/ndarray.ts";
import type { ModelConfig } from "../model/config.ts";
import { type StateDict, weightShapes } from "../model/weights.ts";
import { generatorOf, normals } from "./random-of-step.ts";

/** How weights begin. */
export interface StartOptions {
  /**
   * Size of the sinusoids that positions begin as: each is between minus this and this. Shortformer
   * positions are added behind LayerNorm, to tokens of size one: there its weights begin lower, and the
   * positions with them, so that both together begin as large as what LayerNorm puts out.
   */
  readonly positions: number;
  /**
   * How alike W_Q and W_K of layer 0 begin, from 0 (independent) to 1 (the same). Where they are the
   * same, heads begin by looking at near positions and like tokens, as trained ones do (Trockman and
   * Kolter, 2023).
   */
  readonly matchingKeys: number;
}

const FASTEST = 1.5; // radians a position
const SLOWEST = 2000; // times slower than the fastest
const OUTPUT_DEVIATION = 0.02;
const EMBEDDING_DEVIATION = 0.5;

/** Position embeddings [n_ctx, d_model]: sines and cosines side by side, each pair slower than the last. */
function sinusoids(n_ctx: number, d_model: number, size: number): NdArray {
  const data = new Float32Array(n_ctx * d_model);
  const pairs = Math.ceil(d_model / 2);
  for (let position = 0; position < n_ctx; position++) {
    for (let m = 0; m < d_model; m++) {
      const angle = position * FASTEST * SLOWEST ** (-Math.floor(m / 2) / pairs);
      data[position * d_model + m] = size * (m % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
    }
  }
  return ndarray([n_ctx, d_model], data);
}

/** By how much positions and the tokens that they are added to behind LayerNorm begin smaller; else 1. */
function startScale({ shortformer_pos, normalization }: ModelConfig, positions: number): number {
  return shortformer_pos && normalization === "LN" ? 1 / Math.sqrt(1 + positions ** 2 / 2) : 1;
}

/** Weights of a model that has learned nothing, the same for the same seed. */
export function initialWeights(
  config: ModelConfig,
  { positions, matchingKeys }: StartOptions,
  seed: number,
): StateDict {
  const generator = generatorOf(seed, "weights", 0);
  const { n_ctx, d_model } = config;
  const scale = startScale(config, positions);
  const weights = new Map<string, NdArray>();
  for (const [name, shape] of weightShapes(config)) {
    const size = sizeOf(shape);
    const random = (deviation: number) => ndarray(shape, normals(generator, size, deviation));
    const kind = name.split(".").at(-1);
    if (kind === "W_E") weights.set(name, random(EMBEDDING_DEVIATION));
    else if (kind === "W_pos") weights.set(name, sinusoids(n_ctx, d_model, positions * scale));
    else if (kind === "W_O") weights.set(name, random(OUTPUT_DEVIATION / Math.sqrt(d_model)));
    else if (kind === "W_U") weights.set(name, random(EMBEDDING_DEVIATION / Math.sqrt(d_model)));
    else if (kind?.startsWith("W_")) weights.set(name, random(1 / Math.sqrt(d_model)));
    else if (kind === "w") weights.set(name, constant(shape, name === "ln_final.w" ? 1 : scale));
    else weights.set(name, constant(shape, 0));
  }
  matchKeys(weights, matchingKeys);
  return weights;
}

function constant(shape: readonly number[], value: number): NdArray {
  return ndarray(shape, new Float32Array(sizeOf(shape)).fill(value));
}

/** Draws W_K of layer 0 towards W_Q, and leaves its size as it was. */
function matchKeys(weights: Map<string, NdArray>, alike: number): void {
  const [Q, K] = ["W_Q", "W_K"].map((letter) => weights.get(`blocks.0.attn.${letter}`));
  if (Q === undefined || K === undefined || alike === 0) return;
  const rest = Math.sqrt(1 - alike * alike);
  const data = K.data.map((own, i) => alike * (Q.data[i] as number) + rest * own);
  weights.set("blocks.0.attn.W_K", ndarray(K.shape, data));
}
