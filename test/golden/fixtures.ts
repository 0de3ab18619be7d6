/** @file The golden cases: what TransformerLens returned for four small models, and the models. */

import { readFile } from "node:fs/promises";
import type { NdArray } from "../../src/engine/ndarray.ts";
import { type LoadedModel, parseModelFiles } from "../../src/loading/model-files.ts";
import {
  parseSafetensors,
  readFloats,
  readIntegers,
  type StoredTensor,
} from "../../src/loading/safetensors.ts";
import { HookedTransformer, type ModelOptions } from "../../src/model/model.ts";
import { processWeights } from "../../src/model/processing.ts";
import { type TokenBatch, tokenBatch } from "../../src/model/tokens.ts";

export const GOLDEN_MODELS = [
  "standard-ln",
  "shortformer-none",
  "shortformer-ln",
  "standard-ln-3l",
] as const;

export type GoldenModelName = (typeof GOLDEN_MODELS)[number];

/** The files that hold a model's weights. */
export type WeightsFile = "model.safetensors" | "model_final.pth" | "model_half.pth";

/** The files that hold what TransformerLens returned. */
export type GoldenFileName = "forward" | "patching" | "analysis";

async function fixture(model: GoldenModelName, file: string): Promise<Uint8Array> {
  return readFile(new URL(`../fixtures/golden/${model}/${file}`, import.meta.url));
}

/** A golden model as its files have it. */
export async function loadGoldenModel(
  name: GoldenModelName,
  file: WeightsFile = "model.safetensors",
): Promise<LoadedModel> {
  const config: unknown = JSON.parse(new TextDecoder().decode(await fixture(name, "config.json")));
  return parseModelFiles({
    name,
    config,
    weights: { name: file, bytes: await fixture(name, file) },
  });
}

/** A golden model on the device. */
export async function goldenModel(
  name: GoldenModelName,
  options: ModelOptions & { readonly file?: WeightsFile } = {},
): Promise<HookedTransformer> {
  return HookedTransformer.create(await loadGoldenModel(name, options.file), options);
}

/**
 * A golden model as `process_weights_` makes it. That folds LayerNorm into what also reads shortformer
 * positions, so of `shortformer-ln` it makes another model, which nothing else here would make; but it is a
 * model, and what TransformerLens computed on it holds of it.
 */
export async function processedGoldenModel(
  name: GoldenModelName,
  file?: WeightsFile,
): Promise<HookedTransformer> {
  const source = await loadGoldenModel(name, file);
  const standard = { ...source.config, shortformer_pos: false };
  const { weights, config } = processWeights(source.weights, standard, "default");
  const { shortformer_pos } = source.config;
  return HookedTransformer.create({ ...source, weights, config: { ...config, shortformer_pos } });
}

/** The tensors of one golden file. */
export class GoldenFile {
  readonly #tensors: ReadonlyMap<string, StoredTensor>;

  constructor(tensors: ReadonlyMap<string, StoredTensor>) {
    this.#tensors = tensors;
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  floats(name: string): NdArray {
    return readFloats(this.#stored(name));
  }

  integers(name: string): number[] {
    return [...readIntegers(this.#stored(name))];
  }

  tokens(name: string): TokenBatch {
    const [batch = 0, length = 0] = this.#stored(name).shape;
    const ids = this.integers(name);
    return tokenBatch(
      Array.from({ length: batch }, (_, row) => ids.slice(row * length, (row + 1) * length)),
    );
  }

  #stored(name: string): StoredTensor {
    const stored = this.#tensors.get(name);
    if (stored === undefined) throw new Error(`no ${name} in the golden file`);
    return stored;
  }
}

export async function goldenFile(
  model: GoldenModelName,
  file: GoldenFileName,
): Promise<GoldenFile> {
  return new GoldenFile(parseSafetensors(await fixture(model, `${file}.safetensors`)));
}
