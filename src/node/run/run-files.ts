/** @file What lies where in the folder of a training run, and files written so that none is ever half there. */

import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LookbackError } from "../../errors.ts";
import { hasSystemCode } from "../system-error.ts";

/** Names in a run's folder. */
export const RUN_FILES = {
  /** The checked recipe, nothing left out. */
  recipe: "recipe.json",
  /** Where the packed corpus lies, and its hash. */
  run: "run.json",
  /** The manifest of the packed corpus. */
  corpus: "corpus.json",
  tokenizer: "tokenizer.json",
  /** A line for each few steps and each look at the model. */
  log: "log.jsonl",
  checkpoints: "checkpoints",
  /** The process that is at work on it. */
  lock: "run.lock",
} as const;

const runFile = z.object({
  /** Folder of the packed corpus, relative to the run's. */
  corpus: z.string(),
  corpusHash: z.string(),
});

/** `run.json`. */
export type RunFile = z.infer<typeof runFile>;

const PREFIX = "step-";
const DIGITS = 8;

/** The folder of the checkpoint after so many steps, by which names sort as steps do. */
export function checkpointName(steps: number): string {
  return PREFIX + String(steps).padStart(DIGITS, "0");
}

/** The steps of a checkpoint by its folder's name, or undefined for another name. */
export function checkpointSteps(name: string): number | undefined {
  const [, digits] = /^step-(\d{8,})$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Writes a file and waits until the disk has it. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The name of a file while it is written. */
export function partialOf(name: string): string {
  return `${name}.partial`;
}

/** Writes a file so that whoever reads it finds the old one or the new one, and never a part. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const partial = partialOf(path);
  try {
    await writeDurably(partial, content);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw unwritable(path, error);
  }
}

/** The error for what could not be written. */
export function unwritable(path: string, cause: unknown): LookbackError {
  if (cause instanceof LookbackError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LookbackError("unwritable", `cannot write ${path}: ${reason}`, { path }, { cause });
}

/** JSON as it lies in files: for people, too. */
export function fileJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The path of a part of a run. */
export function runPath(run: string, part: keyof typeof RUN_FILES): string {
  return join(run, RUN_FILES[part]);
}

/**
 * A part of a run that is JSON.
 *
 * @throws LookbackError `not-found` where it is not there, `bad-file` for what is no JSON.
 */
export async function readRunJson(run: string, part: "recipe" | "run"): Promise<unknown> {
  const path = runPath(run, part);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new LookbackError(
      "not-found",
      `${run} is no training run: there is no ${path}`,
      { run },
      { cause },
    );
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LookbackError("bad-file", `${path} is no JSON`, { path }, { cause });
  }
}

/**
 * Where the packed corpus of a run lies, and what it is known by.
 *
 * @throws LookbackError what `readRunJson` throws; `bad-file` for JSON that does not say so.
 */
export async function readRunFile(run: string): Promise<RunFile> {
  const found = runFile.safeParse(await readRunJson(run, "run"));
  if (found.success) return found.data;
  const path = runPath(run, "run");
  const [issue] = found.error.issues;
  throw new LookbackError(
    "bad-file",
    `${path} does not say where the packed corpus lies (${issue?.path.join(".")}: ${issue?.message}); bring the file back as it was, or begin another run`,
    { path },
  );
}

/**
 * Steps of the checkpoints of a run, in rising order; none where there is no such folder.
 *
 * @throws LookbackError `bad-file` for a folder that cannot be read: who took it for empty would begin anew.
 */
export async function listCheckpoints(run: string): Promise<number[]> {
  const path = runPath(run, "checkpoints");
  const names = await readdir(path).catch((cause: unknown) => {
    if (hasSystemCode(cause, "ENOENT", "ENOTDIR")) return [];
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LookbackError("bad-file", `cannot read ${path}: ${reason}`, { path }, { cause });
  });
  return names
    .map(checkpointSteps)
    .filter((steps) => steps !== undefined)
    .sort((a, b) => a - b);
}

/** The folder of a checkpoint. */
export function checkpointFolder(run: string, steps: number): string {
  return join(runPath(run, "checkpoints"), checkpointName(steps));
}
