/**
 * @file A training run in a folder: begun from a recipe, or gone on with from its latest checkpoint.
 * Whatever happens to the process, the folder holds whole checkpoints, and a run that goes on gives the
 * numbers that it would have given.
 */

import { readdir, rmdir } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { LookbackError } from "../../errors.ts";
import { configJson, parseRecipe, type Recipe, totalSteps } from "../../training/recipe.ts";
import { checkCorpusFiles, readManifest } from "../corpus/manifest.ts";
import { type OpenCorpus, openPackedTokens } from "../corpus/packed-tokens.ts";
import { prepareCorpus } from "../corpus/prepare-corpus.ts";
import { missedText } from "../corpus/skipped-text.ts";
import { makeFolder } from "../make-folder.ts";
import { hasSystemCode } from "../system-error.ts";
import {
  type FoundPoint,
  type ModelFiles,
  readLatestPoint,
  removeCheckpointsAfter,
  removeHalfWritten,
} from "./checkpoints.ts";
import { differences } from "./differences.ts";
import {
  fileJson,
  listCheckpoints,
  partialOf,
  RUN_FILES,
  type RunFile,
  readRunFile,
  readRunJson,
  replaceFile,
  runPath,
  unwritable,
} from "./run-files.ts";
import { Journal, type TrainingRunOptions } from "./run-journal.ts";
import { lockRun } from "./run-lock.ts";
import { openLog } from "./run-log.ts";

/** Folder of the packed corpus inside of a run, where it has one of its own. */
const OWN_CORPUS = "corpus";

/** What a run that was killed before it had its recipe may have left: it is begun anew. */
const BEFORE_RECIPE: ReadonlySet<string> = new Set([
  OWN_CORPUS,
  RUN_FILES.lock,
  ...[RUN_FILES.corpus, RUN_FILES.run, RUN_FILES.recipe].flatMap((name) => [name, partialOf(name)]),
]);

/** How a run is begun. */
export interface StartRunOptions extends TrainingRunOptions {
  /** What relative sources of the recipe are relative to. Default: the working directory. */
  readonly base?: string | undefined;
  /** A folder for the packed corpus, to share it between runs; made where it is not there yet. */
  readonly corpus?: string | undefined;
}

/** Where a run stands. */
export interface RunStanding {
  readonly run: string;
  readonly steps: number;
  readonly of: number;
}

/**
 * Begins a run in a folder that is new or empty, and trains to the recipe's last step.
 *
 * @throws LookbackError `bad-spec` where the folder holds a run already, and what `prepareCorpus` and
 *   `train` throw; `cancelled` with the checkpoint written at which it stopped.
 */
export async function startRun(
  recipe: Recipe,
  run: string,
  options: StartRunOptions = {},
): Promise<RunStanding> {
  const made = await makeRunFolder(run);
  const release = lockRun(run);
  try {
    const { base = ".", corpus: shared } = options;
    const folder = shared ?? join(run, OWN_CORPUS);
    const { sources, ...asked } = recipe.corpus;
    const manifest = await prepareCorpus({
      sources: sources.map((source) => resolve(base, source)),
      ...asked,
      n_ctx: recipe.model.n_ctx,
      out: folder,
      onProgress: options.onCorpus,
      onWarning: options.onWarning,
      signal: options.signal,
    });
    const missed = missedText(manifest.skipped);
    if (missed !== undefined) options.onWarning?.(`skipped of the text: ${missed}`);
    const runFile: RunFile = {
      corpus: relative(resolve(run), resolve(folder)),
      corpusHash: manifest.hash,
    };
    const { sources: _, ...request } = manifest.request; // which say where they lie on this machine
    await replaceFile(runPath(run, "corpus"), fileJson({ ...manifest, request }));
    await replaceFile(runPath(run, "run"), fileJson(runFile));
    await replaceFile(runPath(run, "recipe"), fileJson(recipe));
    return await work(run, recipe, runFile, undefined, options);
  } finally {
    release();
    if (made !== undefined) await removeEmpty(run, made);
  }
}

/**
 * Goes on with a run where its latest checkpoint stands; without one, from the start.
 *
 * @throws LookbackError `not-found` where there is no run; `bad-spec` where its recipe or its corpus
 *   are not what the checkpoint was trained by, naming what differs; `bad-file` where a file of the
 *   corpus is not as it was written, or the log or a checkpoint cannot be read; and what `train` throws.
 */
export async function resumeRun(
  run: string,
  options: TrainingRunOptions = {},
): Promise<RunStanding> {
  const recipe = parseRecipe(await readRunJson(run, "recipe"));
  const runFile = await readRunFile(run);
  const release = lockRun(run);
  try {
    await removeHalfWritten(run);
    await checkCorpus(resolve(run, runFile.corpus));
    const found = (await listCheckpoints(run)).length > 0;
    const point = found ? await readLatestPoint(run, options.onWarning ?? (() => {})) : undefined;
    return await work(run, recipe, runFile, point, options);
  } finally {
    release();
  }
}

/** That the files of a corpus are as they were written; a run that is begun has it from `prepareCorpus`. */
async function checkCorpus(folder: string): Promise<void> {
  const manifest = await readManifest(folder);
  if (manifest !== undefined) await checkCorpusFiles(folder, manifest);
}

/** Removes folders from one up to the first that was made, as long as nothing is in them. */
async function removeEmpty(run: string, made: string): Promise<void> {
  for (let at = resolve(run); at.startsWith(made); at = dirname(at)) {
    const isRemoved = await rmdir(at).then(
      () => true,
      () => false, // there is something in it
    );
    if (!isRemoved) return;
  }
}

/** Makes the folder of a run; the first of those that were missing, undefined where it was there. */
async function makeRunFolder(run: string): Promise<string | undefined> {
  let made: string | undefined;
  try {
    made = makeFolder(run);
  } catch (error) {
    if (hasSystemCode(error, "EEXIST", "ENOTDIR")) {
      const message = `cannot make the folder ${run}: a part of the path is a file; name another`;
      throw new LookbackError("bad-spec", message, { run }, { cause: error });
    }
    throw unwritable(run, error);
  }
  const names = (await readdir(run)).filter((name) => !name.startsWith("."));
  if (names.includes(RUN_FILES.recipe)) {
    throw new LookbackError(
      "bad-spec",
      `${run} holds a run already; go on with it by \`lookback train --resume ${run}\`, or name another folder`,
      { run },
    );
  }
  if (names.some((name) => !BEFORE_RECIPE.has(name))) {
    throw new LookbackError("bad-spec", `${run} holds other files; name a folder that is new`, {
      run,
    });
  }
  return made;
}

/** Trains from a point on, writing checkpoints and the log. */
async function work(
  run: string,
  recipe: Recipe,
  { corpus: place, corpusHash }: RunFile,
  found: FoundPoint | undefined,
  options: TrainingRunOptions,
): Promise<RunStanding> {
  const corpus = await openPackedTokens(resolve(run, place));
  try {
    const { hash } = corpus.manifest;
    checkSame(run, recipe, { hash, expected: corpusHash }, found);
    const files = await modelFiles(recipe, corpus);
    await replaceFile(runPath(run, "tokenizer"), files.tokenizer);
    const from = found?.about.steps ?? 0;
    const steps = totalSteps(recipe);
    const last = Math.min(steps, options.until ?? steps);
    if (from >= last) return { run, steps: from, of: steps };
    await removeCheckpointsAfter(run, found === undefined ? -1 : from);
    const log = await openLog(run, found === undefined ? -1 : from);
    const journal = new Journal(
      run,
      recipe,
      { ...options, log, files, corpus: hash },
      corpus,
      found,
    );
    const { train } = await import("../../training/train.ts"); // after the threads are set up
    await train(recipe, journal.config, corpus.train, {
      device: options.device,
      signal: options.signal,
      until: options.until,
      from: found?.point,
      onBigramStep: (step) => journal.bigramStep(step),
      onStep: (step) => journal.step(step),
      isDue: (steps) => journal.isDue(steps),
      onPoint: (steps, point) => journal.point(steps, point),
    });
    return { run, steps: last, of: steps };
  } finally {
    corpus.close();
  }
}

/**
 * Recipe and corpus must be those that the checkpoint was trained by. An extension that has not begun
 * trained nothing yet, so it may be another, or new.
 */
function checkSame(
  run: string,
  recipe: Recipe,
  { hash, expected }: { readonly hash: string; readonly expected: string },
  found: FoundPoint | undefined,
): void {
  const trained = found?.about.corpus ?? expected;
  if (hash !== trained || hash !== expected) {
    throw new LookbackError(
      "bad-spec",
      `the corpus has changed since ${run} was begun (hash ${hash.slice(0, 12)}, then ${trained.slice(0, 12)}); bring the old one back, or begin another run`,
      { run },
    );
  }
  if (found === undefined) return;
  const before = parseRecipe(found.about.recipe); // what it leaves out was no field of recipes then
  const { extension } = found.about.steps > recipe.steps ? before : recipe;
  const told = differences({ ...before, extension }, recipe);
  if (told.length === 0) return;
  throw new LookbackError(
    "bad-spec",
    `the recipe of ${run} has changed since its checkpoint was written: ${told.join("; ")}; change it back, or begin another run`,
    { run, differences: told },
  );
}

async function modelFiles(
  recipe: Recipe,
  { manifest, tokenizer }: OpenCorpus,
): Promise<ModelFiles> {
  const config = configJson(recipe, manifest.vocabulary, manifest.bos);
  return { config: fileJson(config), tokenizer: fileJson(tokenizer) };
}
