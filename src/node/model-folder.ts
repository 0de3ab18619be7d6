/** @file A model from a folder: `config.json`, one weights file, and a `tokenizer.json` if there is one. */

import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { LookbackError } from "../errors.ts";
import { chooseModelFiles, MODEL_CONFIG } from "../loading/model-file-names.ts";
import { type LoadedModel, parseModelFiles } from "../loading/model-files.ts";
import { completeConfig } from "../loading/names.ts";
import { checkpointFolder, checkpointSteps, listCheckpoints } from "./run/run-files.ts";

/** The folder whose model is meant: of a training run, that of its latest checkpoint. */
async function folderOfModel(path: string): Promise<string> {
  const steps = existsSync(join(path, MODEL_CONFIG))
    ? undefined
    : (await listCheckpoints(path)).at(-1);
  return steps === undefined ? path : checkpointFolder(path, steps);
}

/**
 * Reads a model folder.
 *
 * @param path the folder, or the weights file in it, where it has several; or the folder of a training
 *   run, whose latest checkpoint is meant.
 * @throws LookbackError `not-found`, `bad-file` and what `parseModelFiles` throws.
 */
export async function readModelFolder(path: string): Promise<LoadedModel> {
  const found = await stat(path).catch((error) => Promise.reject(unreadable(path, error)));
  const folder = found.isFile() ? dirname(path) : await folderOfModel(path);
  const named = found.isFile() ? basename(path) : undefined;
  const paths = await readdir(folder).catch((error) => Promise.reject(unreadable(folder, error)));
  const files = chooseModelFiles(paths, {
    where: named === undefined ? folder : `the folder of ${path}`,
    ...(named !== undefined && { weights: named }),
  });
  return parseModelFiles({
    name: modelName(resolve(folder)),
    config: completeConfig(await readJson(join(folder, files.config)), null),
    weights: await readWeights(join(folder, files.weights)),
    ...(files.tokenizer !== null && { tokenizer: await readJson(join(folder, files.tokenizer)) }),
  });
}

/** What a model in a folder is called: a checkpoint by its run and its steps, all others by their folder. */
function modelName(folder: string): string {
  const own = basename(folder);
  const steps = checkpointSteps(own);
  return steps === undefined ? own : `${basename(dirname(dirname(folder)))} after ${steps} steps`;
}

/** Parsed JSON of a file. */
export async function readJson(path: string): Promise<unknown> {
  const text = (await readBytes(path)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LookbackError("bad-file", `${path} is not JSON: ${reason}`, { path }, { cause });
  }
}

/** A weights file as `parseModelFiles` takes it. */
export async function readWeights(path: string): Promise<{ name: string; bytes: Uint8Array }> {
  return { name: path, bytes: await readBytes(path) };
}

function readBytes(path: string): Promise<Buffer> {
  return readFile(path).catch((error) => Promise.reject(unreadable(path, error)));
}

function unreadable(path: string, error: unknown): LookbackError {
  const cause = { cause: error };
  if (error instanceof Error && "code" in error && error.code === "ENOENT") {
    return new LookbackError("not-found", `there is no file or folder ${path}`, { path }, cause);
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new LookbackError("bad-file", `cannot read ${path}: ${reason}`, { path }, cause);
}
