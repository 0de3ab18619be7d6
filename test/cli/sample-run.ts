/** @file The folder of a training run as the trainer leaves it, made of looks that no model ever had. */

import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainingRecord } from "../../src/development/training-record.ts";
import { DEFAULT_RECIPE } from "../../src/training/recipe.ts";
import { sampleRecord } from "../sample-development.ts";

const SECONDS_PER_STEP = 1.5;

/** Lines of the log up to so many tokens: steps with their times, and looks between them. */
function logLines({ looks, losses }: TrainingRecord, from: number, to: number): string {
  const isWithin = ({ tokens }: { readonly tokens: number }) => from < tokens && tokens <= to;
  const lines = [
    ...losses.map(({ step, tokens, loss }) => ({
      kind: "step",
      step,
      tokens,
      loss,
      seconds: step * SECONDS_PER_STEP,
    })),
    ...looks.map((look) => ({ kind: "look", ...look })),
  ];
  return lines
    .filter(isWithin)
    .sort((a, b) => a.tokens - b.tokens)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");
}

/** Adds what a run has seen between two places, in tokens, to its log. */
export function appendLog(run: string, from: number, to: number, record = sampleRecord()): void {
  appendFileSync(join(run, "log.jsonl"), logLines(record, from, to));
}

/** Writes a run that has come so far, in tokens. */
export function writeSampleRun(
  run: string,
  { to = Number.POSITIVE_INFINITY, record = sampleRecord() } = {},
): void {
  mkdirSync(run, { recursive: true });
  const write = (name: string, value: unknown) =>
    writeFileSync(join(run, name), `${JSON.stringify(value)}\n`);
  const { n_heads, d_head, d_vocab } = record.about.model;
  write("recipe.json", {
    ...DEFAULT_RECIPE,
    name: "sample",
    corpus: { ...DEFAULT_RECIPE.corpus, sources: ["text"] },
    model: { ...DEFAULT_RECIPE.model, n_heads, d_head },
    seed: record.about.recipe?.seed ?? 0,
    steps: 14_867,
  });
  write("corpus.json", { format: 1, vocabulary: d_vocab, bos: 0 });
  writeFileSync(
    join(run, "log.jsonl"),
    `${JSON.stringify({ kind: "bigrams", step: 200, loss: 4.7, entropy: 4.6 })}\n`,
  );
  appendLog(run, -1, to, record);
}
