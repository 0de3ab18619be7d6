/** @file A model by what a user calls it: bundled name, folder, TransformerLens name or hub id. */

import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { inContext, LookbackError } from "../errors.ts";
import { chooseModelFiles } from "../loading/model-file-names.ts";
import { type LoadedModel, parseModelFiles } from "../loading/model-files.ts";
import { completeConfig, KNOWN_MODELS, knownModel, resolveModelName } from "../loading/names.ts";
import { parseTokenizer, type Tokenizer } from "../loading/tokenizer.ts";
import { parseConfig } from "../model/config.ts";
import { type BundledModel, bundledFolder, bundledModels, bundledNames } from "./bundled.ts";
import type { HubOptions } from "./hub.ts";
import { readJson, readModelFolder, readWeights } from "./model-folder.ts";

export interface ReadModelOptions extends HubOptions {
  /** Told what went wrong without keeping the model from being used, such as a tokenizer that is missing. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Reads a model, from the hub where it has to.
 *
 * @param nameOrPath a bundled name, a folder (or the weights file in it), a name of TransformerLens
 *   (`attn-only-2l`) or a hub id (`owner/name`).
 * @throws LookbackError `unknown-model`, what `openRepository` throws for the hub and what
 *   `parseModelFiles` throws for the files.
 *
 * @example
 * const model = await readModel("attn-only-2l", { onProgress: ({ done, total }) => … });
 */
export async function readModel(
  nameOrPath: string,
  options: ReadModelOptions = {},
): Promise<LoadedModel> {
  const name = resolveModelName(nameOrPath, {
    bundled: await bundledNames(),
    exists: existsSync,
  });
  switch (name.kind) {
    case "bundled":
      return readModelFolder(await bundledFolder(name.name));
    case "folder":
      return readModelFolder(name.path);
    case "hub":
      return readHubModel(name.id, options).catch((error: unknown) => {
        throw knownModel(nameOrPath) === undefined ? noSuchFolder(nameOrPath, error) : error;
      });
  }
}

/** What the hub cannot give may have been meant as a path: that it is none is said first. */
function noSuchFolder(path: string, error: unknown): unknown {
  const isOfHub =
    error instanceof LookbackError && ["not-found", "unauthorised", "offline"].includes(error.code);
  if (!isOfHub || existsSync(path)) return error;
  return inContext(error, `there is no folder ${path}, so it was taken for a model of the hub`);
}

/** Loaded when it is needed: the hub library takes longer to start than a bundled model to read. */
const hub = () => import("./hub.ts");

async function readHubModel(id: string, options: ReadModelOptions): Promise<LoadedModel> {
  const { openRepository } = await hub();
  const repository = await openRepository(id, options);
  const files = chooseModelFiles(repository.paths, { where: `"${id}" on the hub` });
  const config = completeConfig(await readJson(await repository.fetch(files.config)), id);
  // Before the weights are downloaded for nothing.
  const { tokenizer_name } = parseConfig(config);
  const tokenizer =
    files.tokenizer === null
      ? await readForeignTokenizer(tokenizer_name, options)
      : parseTokenizer(await readJson(await repository.fetch(files.tokenizer)));
  const path = await repository.fetch(files.weights);
  const name = knownModel(id)?.aliases[0] ?? id;
  const model = await parseModelFiles({ name, config, weights: await readWeights(path) });
  await checkCached(path, model.hash);
  return { ...model, tokenizer };
}

/** The cache names large files by their SHA-256, so a file that changed since shows. */
async function checkCached(path: string, hash: string): Promise<void> {
  const blob = await realpath(path);
  if (!/^[0-9a-f]{64}$/.test(basename(blob)) || basename(blob) === hash) return;
  throw new LookbackError(
    "bad-file",
    `${blob} in the hub cache is damaged: its SHA-256 is ${hash}; delete it and run again`,
    { path: blob, hash },
  );
}

/** The tokenizer of another repository. Experiments on token ids need none, so its lack is no error. */
async function readForeignTokenizer(
  id: string | null,
  options: ReadModelOptions,
): Promise<Tokenizer | null> {
  if (id === null) return null;
  try {
    const { openRepository } = await hub();
    const repository = await openRepository(id, options);
    return parseTokenizer(await readJson(await repository.fetch("tokenizer.json")));
  } catch (error) {
    if (!(error instanceof LookbackError) || error.code === "cancelled") throw error;
    options.onWarning?.(
      `there is no tokenizer, so text can be neither read nor shown: ${error.message}`,
    );
    return null;
  }
}

/** A model of the hub that TransformerLens has names for, and whether it is here already. */
export interface KnownModelListing {
  /** TransformerLens' usual name for it. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** Hub id, `owner/name`. */
  readonly id: string;
  readonly description: string;
  /** Whether the hub cache has it, so that it can be used offline. */
  readonly cached: boolean;
}

/** The models that can be asked for by name. */
export interface ModelListing {
  readonly bundled: readonly BundledModel[];
  readonly known: readonly KnownModelListing[];
}

/** Lists what can be given to {@link readModel} by name. The hub is not asked. */
export async function listModels(
  options: Pick<HubOptions, "cacheDir"> = {},
): Promise<ModelListing> {
  const { cachedPaths } = await hub();
  const known = KNOWN_MODELS.map(async ({ id, aliases, description }) => ({
    name: aliases[0],
    aliases,
    id,
    description,
    cached: isComplete(await cachedPaths(id, options.cacheDir), id),
  }));
  return { bundled: await bundledModels(), known: await Promise.all(known) };
}

function isComplete(paths: readonly string[], id: string): boolean {
  try {
    chooseModelFiles(paths, { where: id });
    return true;
  } catch {
    return false;
  }
}
