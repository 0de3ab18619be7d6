/**
 * @file What the bench needs beside this project, made by itself in `.cache/peer` and kept there: a
 * Python environment with the peer in it, and the files of the models that both sides load.
 */

import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runToEnd } from "./process.ts";
import type { ModelShape } from "./workloads.ts";

const CACHE = fileURLToPath(new URL("../../.cache/peer/", import.meta.url));
const VENV = join(CACHE, "venv");

/** The path of a file of this folder. */
export const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What setting up is told: when to stop, and whom to tell how far it is. */
export interface SetUp {
  readonly signal: AbortSignal;
  readonly onProgress: (label: string) => void;
}

/** Whether `folder` was completed from exactly this. */
async function isMadeFrom(folder: string, source: string): Promise<boolean> {
  const found = await readFile(join(folder, "made-from"), "utf8").catch(() => null);
  return found === source;
}

/** Says so, last of all: what was broken off half-way is made anew. */
function markMadeFrom(folder: string, source: string): Promise<void> {
  return writeFile(join(folder, "made-from"), source);
}

/**
 * The Python of an environment that has exactly the peer's requirements.
 *
 * @throws ProgramFailed when there is no python3, or it cannot make or fill an environment.
 */
export async function preparePython({ signal, onProgress }: SetUp): Promise<string> {
  const python = join(VENV, "bin", "python");
  const file = here("requirements.txt");
  const requirements = await readFile(file, "utf8");
  if (await isMadeFrom(VENV, requirements)) return python;

  const torch = /^torch==\S+$/m.exec(requirements)?.[0];
  if (torch === undefined) throw new Error("internal: requirements.txt does not pin torch");
  onProgress("making a Python environment");
  await mkdir(CACHE, { recursive: true });
  await runToEnd({
    name: "making a Python environment (python3 -m venv)",
    command: "python3",
    args: ["-m", "venv", "--clear", VENV],
    signal,
  });
  const pip = (...args: string[]) =>
    runToEnd({
      name: `pip install ${args.join(" ")}`,
      command: python,
      args: ["-m", "pip", "install", "--disable-pip-version-check", ...args],
      signal,
    });
  // First and on its own, so that what depends on torch does not bring another release of it.
  onProgress(`installing ${torch}`);
  await pip(torch);
  onProgress("installing the rest of requirements.txt");
  await pip("--requirement", file);
  await markMadeFrom(VENV, requirements);
  return python;
}

/** The hub's fields, as TransformerLens' own models of this family have them. */
function hubConfig({ name: _, ...shape }: ModelShape) {
  return {
    architecture: "neel",
    n_layers: shape.n_layers,
    n_heads: shape.n_heads,
    d_model: shape.d_model,
    d_head: shape.d_head,
    d_mlp: 4 * shape.d_model,
    n_ctx: shape.n_ctx,
    d_vocab: shape.d_vocab,
    tokenizer_name: null,
    bos_token_id: 1,
    act_fn: "solu_ln",
    attn_only: true,
    final_rms: false,
    normalization: "LN",
    shortformer_pos: false,
  };
}

/**
 * The folder of a model of fixed random weights: `config.json` and `model_final.pth`.
 *
 * @throws ProgramFailed when the weights cannot be written.
 */
export async function prepareModel(
  python: string,
  shape: ModelShape,
  { signal, onProgress }: SetUp,
): Promise<string> {
  const folder = join(CACHE, shape.name);
  const config = `${JSON.stringify(hubConfig(shape), null, 2)}\n`;
  const script = here("write_model.py");
  const writer = createHash("sha256")
    .update(await readFile(script))
    .digest("hex");
  const source = `${config}write_model.py ${writer}\n`;
  if (await isMadeFrom(folder, source)) return folder;

  onProgress(`writing ${shape.name}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "config.json"), config);
  await runToEnd({
    name: `writing ${shape.name}`,
    command: python,
    args: [script, folder],
    env: { PYTHONDONTWRITEBYTECODE: "1" },
    signal,
  });
  await markMadeFrom(folder, source);
  return folder;
}
