/** @file What PyTorch made of two small models in ten steps (`fixtures/training/README.md`). */

import { readFile } from "node:fs/promises";
import { readSafetensors } from "../src/loading/safetensors.ts";
import { type ModelConfig, parseConfig } from "../src/model/config.ts";
import { type TokenBatch, tokenBatch } from "../src/model/tokens.ts";
import type { StateDict } from "../src/model/weights.ts";
import type { AdamWOptions } from "../src/training/adamw.ts";

export const TRAINED_MODELS = ["standard-ln", "shortformer-none"] as const;

/** A golden case of training. */
export interface GoldenTraining {
  readonly config: ModelConfig;
  readonly optimizer: AdamWOptions;
  /** A batch for each step. */
  readonly batches: readonly TokenBatch[];
  /** Before each step. */
  readonly losses: readonly number[];
  readonly initial: StateDict;
  /** Of the first loss. */
  readonly gradients: StateDict;
  /** After the last step. */
  readonly final: StateDict;
}

export async function goldenTraining(
  name: (typeof TRAINED_MODELS)[number],
): Promise<GoldenTraining> {
  const file = (path: string) =>
    readFile(new URL(`fixtures/training/${name}/${path}`, import.meta.url));
  const weights = async (path: string) => readSafetensors(await file(path));
  const steps = JSON.parse(String(await file("steps.json")));
  return {
    config: parseConfig(steps.config),
    optimizer: steps.optimizer,
    batches: steps.tokens.map((rows: number[][]) => tokenBatch(rows)),
    losses: steps.losses,
    initial: await weights("initial.safetensors"),
    gradients: await weights("gradients.safetensors"),
    final: await weights("final.safetensors"),
  };
}
