/**
 * @file What `lookback develop` was pointed at: the folder of a run, a folder of model folders, or the
 * hub's checkpoint files beside a config.
 */

import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { numberAtEnd } from "../development/checkpoint-number.ts";
import { LookbackError } from "../errors.ts";
import { type LoadedModel, parseModelFiles } from "../loading/model-files.ts";
import { completeConfig } from "../loading/names.ts";
import { type ModelConfig, parseConfig } from "../model/config.ts";
import { readManifest } from "../node/corpus/manifest.ts";
import { readJson, readModelFolder, readWeights } from "../node/model-folder.ts";
import { checkpointFolder, listCheckpoints, RUN_FILES, runPath } from "../node/run/run-files.ts";
import { parseRecipe, type Recipe, recipeConfig, tokensPerStep } from "../training/recipe.ts";

/** A checkpoint that can be read. */
export interface CheckpointPlace {
  /** Its path in the folder that was named. */
  readonly name: string;
  readonly step: number | null;
  /** Tokens seen, or the number at the end of its name. */
  readonly tokens: number;
  readonly read: () => Promise<LoadedModel>;
}

/** A folder with checkpoints. */
export interface DevelopmentSource {
  /** The folder as it was named. */
  readonly path: string;
  readonly name: string;
  readonly counts: "tokens" | "checkpoint numbers";
  readonly config: ModelConfig;
  /** In rising order. */
  readonly checkpoints: readonly CheckpointPlace[];
  /** Of a run of ours. */
  readonly recipe: Recipe | null;
}

const CONFIG = "config.json";

async function entriesOf(path: string): Promise<string[]> {
  return (await readdir(path).catch(() => [] as string[])).sort();
}

async function hasFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** By the corpus of a run; one that was trained in a page has none, but has checkpoints. */
async function runConfig(
  path: string,
  recipe: Recipe,
  step: number | undefined,
): Promise<ModelConfig> {
  const manifest = await readManifest(path);
  if (manifest !== undefined) return recipeConfig(recipe, manifest.vocabulary, manifest.bos);
  if (step !== undefined) {
    const config = await readJson(join(checkpointFolder(path, step), CONFIG));
    return parseConfig(completeConfig(config, null));
  }
  throw new LookbackError("not-found", `${path} has no ${RUN_FILES.corpus}; is the run begun?`);
}

/** A run of ours, by its recipe; undefined for another folder. */
async function runSource(path: string): Promise<DevelopmentSource | undefined> {
  if (!(await hasFile(runPath(path, "recipe")))) return undefined;
  const recipe = parseRecipe(await readJson(runPath(path, "recipe")));
  const steps = await listCheckpoints(path);
  const checkpoints = steps.map((step): CheckpointPlace => {
    const folder = checkpointFolder(path, step);
    return {
      name: join(RUN_FILES.checkpoints, basename(folder)),
      step,
      tokens: step * tokensPerStep(recipe),
      read: () => readModelFolder(folder),
    };
  });
  return {
    path,
    name: basename(resolve(path)),
    counts: "tokens",
    config: await runConfig(path, recipe, steps[0]),
    checkpoints,
    recipe,
  };
}

function inOrder(checkpoints: readonly CheckpointPlace[], path: string): CheckpointPlace[] {
  const sorted = checkpoints.toSorted((a, b) => a.tokens - b.tokens);
  for (const [i, { name, tokens }] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before?.tokens !== tokens) continue;
    throw new LookbackError(
      "bad-file",
      `${path}: ${before.name} and ${name} carry the same number, ${tokens}; which comes first?`,
    );
  }
  return sorted;
}

/** Files `checkpoints/*_N.pth`, or beside the config, that share it; undefined where there is none. */
async function fileSource(path: string): Promise<DevelopmentSource | undefined> {
  if (!(await hasFile(join(path, CONFIG)))) return undefined;
  const below = (await entriesOf(join(path, "checkpoints"))).map((name) =>
    join("checkpoints", name),
  );
  const isCheckpoint = (name: string) => /_\d+\.pth$/.test(name);
  const inFolder = below.filter(isCheckpoint);
  const names = inFolder.length > 0 ? inFolder : (await entriesOf(path)).filter(isCheckpoint);
  if (names.length === 0) return undefined;
  const name = basename(resolve(path));
  const config = completeConfig(await readJson(join(path, CONFIG)), null);
  const checkpoints = names.map(
    (file): CheckpointPlace => ({
      name: file,
      step: null,
      tokens: numberAtEnd(file) ?? 0,
      read: async () =>
        parseModelFiles({
          name: `${name}/${file}`,
          config,
          weights: await readWeights(join(path, file)),
        }),
    }),
  );
  return {
    path,
    name,
    counts: "checkpoint numbers",
    config: parseConfig(config),
    checkpoints: inOrder(checkpoints, path),
    recipe: null,
  };
}

/** Model folders whose names end in a number; undefined where there is none. */
async function folderSource(path: string): Promise<DevelopmentSource | undefined> {
  const models: string[] = [];
  for (const name of await entriesOf(path)) {
    if (await hasFile(join(path, name, CONFIG))) models.push(name);
  }
  const [first] = models;
  if (first === undefined) return undefined;
  const unnumbered = models.find((name) => numberAtEnd(name) === undefined);
  if (unnumbered !== undefined) {
    throw new LookbackError(
      "bad-spec",
      `${path}: the name of ${unnumbered} does not end in a number, so its place in training is not known; name model folders like step-200`,
    );
  }
  const checkpoints = models.map(
    (name): CheckpointPlace => ({
      name,
      step: null,
      tokens: numberAtEnd(name) ?? 0,
      read: () => readModelFolder(join(path, name)),
    }),
  );
  const config = parseConfig(completeConfig(await readJson(join(path, first, CONFIG)), null));
  return {
    path,
    name: basename(resolve(path)),
    counts: "checkpoint numbers",
    config,
    checkpoints: inOrder(checkpoints, path),
    recipe: null,
  };
}

/**
 * Finds out what a folder holds.
 *
 * @throws LookbackError `not-found` where it is not there or holds no checkpoints; `bad-spec` or
 *   `bad-file` where their order cannot be told.
 */
export async function developmentSource(path: string): Promise<DevelopmentSource> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new LookbackError("not-found", `there is no folder ${path}`, { path });
  }
  const source = (await runSource(path)) ?? (await fileSource(path)) ?? (await folderSource(path));
  if (source !== undefined) return source;
  throw new LookbackError(
    "not-found",
    `${path} holds no checkpoints: neither a training run, nor files like checkpoints/name_000123.pth beside a ${CONFIG}, nor model folders like step-200`,
    { path },
  );
}
