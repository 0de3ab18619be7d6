/** @file A training run of seconds, for the workbench to open. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
// First, for threads.
import "../../src/node/threads.ts";
import { checkpointFolder, checkpointName, listCheckpoints } from "../../src/node/run/run-files.ts";
import { startRun } from "../../src/node/run/training-run.ts";
import { parseRecipe } from "../../src/training/recipe.ts";
import { openInNode } from "./in-node.ts";

/** A run on disk, and what its checkpoints answer. */
export interface SampleRun {
  /** Its folder, called `whales`. */
  readonly folder: string;
  readonly steps: readonly number[];
  readonly names: readonly string[];
  /** The logit difference at each checkpoint, by the library in Node. */
  readonly answers: readonly number[];
  remove(): void;
}

const BATCH = 4;
const CONTEXT = 32;

/** Tokens of each step. */
export const TOKENS_PER_STEP = BATCH * CONTEXT;

/** Trains a tiny model on sentences. */
export async function trainSampleRun(): Promise<SampleRun> {
  const root = mkdtempSync(join(tmpdir(), "lookback-workbench-run-"));
  for (let i = 0; i < 40; i++) {
    const sentences = Array.from(
      { length: 60 },
      (_, j) => `The ${(i * 7 + j * j) % 83} whales of ${(i + j) % 19}.`,
    );
    writeFileSync(join(root, `${i}.txt`), sentences.join(" "));
  }
  const folder = join(root, "whales");
  const recipe = parseRecipe({
    name: "whales",
    corpus: { sources: [root], vocabulary: 300, heldOut: 0.1 },
    model: { n_heads: 4, d_model: 32, d_head: 8, n_ctx: CONTEXT },
    start: { bigrams: { steps: 10 } },
    batch: BATCH,
    steps: 24,
    checkpoints: { first: 4, count: 3 },
  });
  await startRun(recipe, folder);
  const steps = await listCheckpoints(folder);
  const answers: number[] = [];
  for (const each of steps) {
    using node = await openInNode(checkpointFolder(folder, each));
    answers.push(await node.answer());
  }
  const remove = () => rmSync(root, { recursive: true });
  return { folder, steps, names: steps.map(checkpointName), answers, remove };
}
