/**
 * @file A run that was trained in the page, as files to take along: laid out as a run of `lookback train`,
 * so that the commands that the page shows find its checkpoints where they say, and dropped onto the page
 * it is the same run again.
 */

import { zipSync } from "fflate";
import type { PlacedLook } from "../../../src/development/training-record.ts";
import { sixDigits } from "../../../src/six-digits.ts";
import { CHECKPOINTS, type Checkpoint, type Run } from "../runs/run.ts";
import type { FromTrainer } from "./protocol.ts";

/** A step that was taken. */
export type TakenStep = Pick<
  Extract<FromTrainer, { readonly kind: "step" }>,
  "step" | "loss" | "tokens" | "seconds"
>;

/** The last step of the fit of bigrams. */
export type BigramFit = Pick<
  Extract<FromTrainer, { readonly kind: "bigrams" }>,
  "step" | "loss" | "entropy"
>;

/** What a log is written of. */
export interface Logged {
  readonly bigrams: BigramFit | null;
  readonly steps: readonly TakenStep[];
  readonly looks: readonly PlacedLook[];
}

/** A log as `lookback train` writes it, but with a line for every step. */
export function logLines({ bigrams, steps, looks }: Logged): string {
  const lines = [
    ...steps.map(({ step, loss, tokens, seconds }) => ({
      kind: "step",
      step,
      tokens,
      loss: sixDigits(loss),
      seconds: sixDigits(seconds),
    })),
    ...looks.map(({ step, tokens, ...look }) => ({
      kind: "look",
      step: step ?? 0,
      tokens,
      ...look,
    })),
  ].toSorted((a, b) => a.step - b.step); // a look stays behind the step that it was made after
  const start = bigrams && {
    kind: "bigrams",
    step: bigrams.step,
    loss: sixDigits(bigrams.loss),
    entropy: sixDigits(bigrams.entropy),
  };
  return [...(start ? [start] : []), ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Files of an archive by their paths. */
type Files = Record<string, Uint8Array>;

async function checkpointFiles(run: string, { name, source }: Checkpoint): Promise<Files> {
  if (source.kind !== "files") throw new Error(`the checkpoint ${name} is not in the page`);
  const folder = `${run}/${CHECKPOINTS}/${name}`;
  const files = source.files.map(async (file) => [
    `${folder}/${file.name}`,
    new Uint8Array(await file.arrayBuffer()),
  ]);
  return Object.fromEntries(await Promise.all(files));
}

function zipped(files: Files): Uint8Array<ArrayBuffer> {
  const isWeights = (path: string) => path.endsWith(".safetensors"); // which do not get smaller
  return zipSync(
    Object.fromEntries(
      Object.entries(files).map(([path, bytes]) => [
        path,
        [bytes, { level: isWeights(path) ? 0 : 6 }],
      ]),
    ),
  );
}

/** The whole run: its recipe, its log, and all checkpoints that were kept. */
export async function runZip(
  { name, checkpoints }: Run,
  recipe: string,
  logged: Logged,
): Promise<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const models = await Promise.all(checkpoints.map((each) => checkpointFiles(name, each)));
  return zipped({
    [`${name}/recipe.json`]: encoder.encode(recipe),
    [`${name}/log.jsonl`]: encoder.encode(logLines(logged)),
    ...Object.assign({}, ...models),
  });
}

/** One checkpoint, at the path that it has in the whole run. */
export async function checkpointZip(
  { name }: Run,
  checkpoint: Checkpoint,
): Promise<Uint8Array<ArrayBuffer>> {
  return zipped(await checkpointFiles(name, checkpoint));
}
