/** @file Which files of a folder, of a repository of the hub or of what was dropped are a model. */

import { LookbackError } from "../errors.ts";

/** What every model has. */
export const MODEL_CONFIG = "config.json";
const TOKENIZER = "tokenizer.json";
const SAFETENSORS = "model.safetensors";
const CHECKPOINT = "final.pth"; // how the names of finished TransformerLens checkpoints end
const WEIGHTS = /\.(safetensors|pth|pt)$/;
/** Of several weights files, so many are named. */
const NAMED = 5;

/** Which files make up the model. */
export interface ModelFileNames {
  readonly config: string;
  readonly weights: string;
  readonly tokenizer: string | null;
}

/** Of where the files are. */
export interface FilesPlace {
  /** What to call it in messages. */
  readonly where: string;
  /** The weights file, where it was named. */
  readonly weights?: string;
  /** What to do where several weights files are there. */
  readonly remedy?: string;
}

/**
 * Picks a model's files from the paths of a folder or repository. Its weights are `model.safetensors`,
 * or else the one file whose name ends in `final.pth`, at the top or else in folders below, or else
 * the one weights file at the top.
 *
 * @throws LookbackError `not-found` without a config or weights; `bad-file` with several weights files.
 */
export function chooseModelFiles(
  paths: readonly string[],
  { where, weights, remedy = "give the path of the one that is meant" }: FilesPlace,
): ModelFileNames {
  if (!paths.includes(MODEL_CONFIG)) {
    const found = paths.length === 0 ? "" : ` (but ${listed(paths)})`;
    throw new LookbackError(
      "not-found",
      `${where} has no ${MODEL_CONFIG}${found}; a model is a ${MODEL_CONFIG}, weights (${SAFETENSORS}, or a name that ends in ${CHECKPOINT}) and a ${TOKENIZER} if there is one`,
    );
  }
  return {
    config: MODEL_CONFIG,
    weights: weights ?? chooseWeights(paths, where, remedy),
    tokenizer: paths.includes(TOKENIZER) ? TOKENIZER : null,
  };
}

function chooseWeights(paths: readonly string[], where: string, remedy: string): string {
  if (paths.includes(SAFETENSORS)) return SAFETENSORS;
  const isAtTop = (path: string) => !path.includes("/");
  const finished = paths.filter((path) => path.endsWith(CHECKPOINT));
  const candidates = [
    finished.filter(isAtTop),
    finished,
    paths.filter((path) => isAtTop(path) && WEIGHTS.test(path)),
  ].find((some) => some.length > 0);
  if (candidates === undefined) {
    throw new LookbackError(
      "not-found",
      `${where} has no weights: neither ${SAFETENSORS}, nor a file whose name ends in ${CHECKPOINT}, nor another .safetensors, .pth or .pt`,
    );
  }
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  throw new LookbackError(
    "bad-file",
    `${where} has several weights files: ${listed(candidates)}; ${remedy}`,
    { candidates },
  );
}

function listed(paths: readonly string[]): string {
  return `${paths.slice(0, NAMED).join(", ")}${paths.length > NAMED ? ", …" : ""}`;
}
