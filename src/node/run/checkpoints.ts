/**
 * @file Checkpoints of a run on disk. Each is a model folder, so any of them can be looked into like
 * every other model; the latest ones also hold what training needs to go on. A checkpoint is there
 * whole or not at all, and says by hashes what was written.
 */

import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { LookbackError } from "../../errors.ts";
import { readSafetensors, writeSafetensors } from "../../loading/safetensors.ts";
import type { StateDict } from "../../model/weights.ts";
import type { Recipe } from "../../training/recipe.ts";
import type { TrainingPoint } from "../../training/train.ts";
import { beginFolder, unfinishedFolder } from "../partial-folder.ts";
import { sha256 } from "../sha256.ts";
import { isSystemError } from "../system-error.ts";
import {
  checkpointFolder,
  checkpointSteps,
  fileJson,
  listCheckpoints,
  runPath,
  unwritable,
  writeDurably,
} from "./run-files.ts";

const FILES = {
  config: "config.json",
  weights: "model.safetensors",
  tokenizer: "tokenizer.json",
  optimizer: "optimizer.safetensors",
  point: "point.json",
} as const;

/** Checkpoints to go on from that are kept beside the latest: one, should that be damaged. */
const SPARES = 1;

/** `point.json`: what a checkpoint is of, and what its files were when they were written. */
export interface PointFile {
  readonly steps: number;
  readonly tokens: number;
  /** Seconds of work so far, over all sessions. */
  readonly seconds: number;
  /** The recipe that it was trained by, and the hash of the corpus. */
  readonly recipe: Recipe;
  readonly corpus: string;
  /** SHA-256 of each file. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** What goes beside the weights, the same in all checkpoints of a run. */
export interface ModelFiles {
  /** Text of `config.json`. */
  readonly config: string;
  /** Text of `tokenizer.json`. */
  readonly tokenizer: string;
}

/**
 * Writes a checkpoint; one of the same steps is replaced.
 *
 * @throws LookbackError `unwritable`: there is no new checkpoint, and those before are as they were.
 */
export async function writeCheckpoint(
  run: string,
  { weights, optimizer }: TrainingPoint,
  { config, tokenizer }: ModelFiles,
  about: Omit<PointFile, "sha256" | "steps">,
): Promise<void> {
  const target = checkpointFolder(run, optimizer.steps);
  try {
    const folder = await beginFolder(target);
    try {
      const files: [string, string | Uint8Array][] = [
        [FILES.config, config],
        [FILES.tokenizer, tokenizer],
        [FILES.weights, writeSafetensors(weights, { format: "pt" })],
        [FILES.optimizer, writeSafetensors(optimizer.memory ?? new Map())],
      ];
      const hashes: Record<string, string> = {};
      for (const [name, content] of files) {
        await writeDurably(join(folder.path, name), content);
        hashes[name] = sha256(content);
      }
      const point: PointFile = { steps: optimizer.steps, ...about, sha256: hashes };
      await writeDurably(join(folder.path, FILES.point), fileJson(point));
      await rm(target, { recursive: true, force: true });
      await folder.finish();
    } finally {
      await folder.end();
    }
  } catch (error) {
    throw unwritable(target, error);
  }
}

/** A point to go on from, and what its checkpoint says of itself. */
export interface FoundPoint {
  readonly point: TrainingPoint;
  readonly about: PointFile;
}

/**
 * The latest checkpoint that is whole.
 *
 * @param onDamaged told of each one that is not, and what is wrong with it.
 * @throws LookbackError `not-found` where there is none to go on from; `bad-file` where the system does
 *   not let one be read, which may be whole all the same.
 */
export async function readLatestPoint(
  run: string,
  onDamaged: (message: string) => void,
): Promise<FoundPoint> {
  const all = (await listCheckpoints(run)).reverse();
  for (const steps of all) {
    const folder = checkpointFolder(run, steps);
    try {
      const names = await readdir(folder);
      if (!names.includes(FILES.point)) continue; // kept to be looked at, not to go on from
      return await readPoint(folder);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (isSystemError(error) && error.code !== "ENOENT") {
        throw new LookbackError(
          "bad-file",
          `cannot read the checkpoint ${folder}: ${reason}; make it readable, or remove it to go on from the one before`,
          { path: folder },
          { cause: error },
        );
      }
      onDamaged(`checkpoint ${folder} is damaged and passed over: ${reason}`);
    }
  }
  throw new LookbackError(
    "not-found",
    `${run} holds no checkpoint to go on from; start again with a recipe and another --out`,
    { run },
  );
}

/**
 * Removes the checkpoints of more steps: a run that goes on from before them comes there again, and a
 * damaged one must not take the place of a spare.
 */
export async function removeCheckpointsAfter(run: string, steps: number): Promise<void> {
  for (const later of await listCheckpoints(run)) {
    if (later <= steps) continue;
    await rm(checkpointFolder(run, later), { recursive: true, force: true });
  }
}

/**
 * Removes what processes that were killed left half-written, which are gigabytes in time. Only for whoever
 * has the run's lock.
 */
export async function removeHalfWritten(run: string): Promise<void> {
  const checkpoints = runPath(run, "checkpoints");
  const names = await readdir(checkpoints).catch(() => []); // `listCheckpoints` says what is wrong
  for (const name of names) {
    const left = unfinishedFolder(name);
    if (left === undefined || checkpointSteps(left.name) === undefined) continue;
    await rm(join(checkpoints, name), { recursive: true, force: true });
  }
}

async function readPoint(folder: string): Promise<FoundPoint> {
  const about: PointFile = JSON.parse(await readFile(join(folder, FILES.point), "utf8"));
  const read = async (name: string): Promise<StateDict> => {
    const bytes = await readFile(join(folder, name));
    if (sha256(bytes) !== about.sha256[name]) {
      throw new Error(`${name} is not as it was written`);
    }
    return readSafetensors(bytes, name);
  };
  const weights = await read(FILES.weights);
  const remembered = await read(FILES.optimizer);
  const memory = remembered.size === 0 ? undefined : remembered;
  return { point: { weights, optimizer: { steps: about.steps, memory } }, about };
}

/**
 * Thins out checkpoints: of those that are not among `kept`, the latest and one spare remain; of those
 * that are, only the weights, but for the latest and the spare.
 */
export async function thinCheckpoints(run: string, kept: ReadonlySet<number>): Promise<void> {
  const all = await listCheckpoints(run);
  for (const steps of all.slice(0, -1 - SPARES)) {
    const folder = checkpointFolder(run, steps);
    if (kept.has(steps)) {
      // The point first: a checkpoint with a point is one to go on from.
      for (const name of [FILES.point, FILES.optimizer])
        await rm(join(folder, name), { force: true });
    } else {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
