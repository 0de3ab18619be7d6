/** @file The options that commands share, so that each means the same everywhere. */

import type { Command } from "commander";
import { choice, integer, MAX_SEED } from "./arguments.ts";

/** What every command takes. */
export interface CommonOptions {
  readonly json?: true;
  readonly seed?: number;
  readonly out?: string;
}

/** What every command takes that runs a model. */
export interface ModelCommandOptions extends CommonOptions {
  readonly model?: string;
  readonly device: "wasm" | "webgpu";
  readonly threads?: number;
  readonly processing: "none" | "default";
}

const MAX_THREADS = 256;

/**
 * Adds `--json`, `--seed` and `--out`; what the last two do here is for the command to say where it is
 * not that the result goes into a file.
 */
export function withCommonOptions(
  command: Command,
  {
    seed,
    out = "write the result to this file, as JSON",
    outName = "file",
  }: { readonly seed: string; readonly out?: string; readonly outName?: "file" | "folder" },
): Command {
  return command
    .option("--json", "print the result as JSON on stdout, and nothing else")
    .option("--seed <n>", seed, integer(0, MAX_SEED))
    .option(`--out <${outName}>`, out);
}

/** Adds the options that say where to compute, and on how many threads. */
export function withEngineOptions(command: Command): Command {
  return command
    .addOption(
      choice(
        "--device <kind>",
        "where to compute; webgpu needs a graphics card and `npm install webgpu`",
        ["wasm", "webgpu"],
      ).default("wasm"),
    )
    .option(
      "--threads <n>",
      "threads for wasm (default: one for each core)",
      integer(1, MAX_THREADS),
    );
}

/** Which model runs, and how. */
interface ModelOptions {
  /** The default of its option. */
  readonly processing?: "none" | "default";
  /** Whether `--model` takes several. */
  readonly several?: boolean;
}

/** Adds the options that say which model runs, and how. */
export function withModelOptions(
  command: Command,
  { processing = "none", several = false }: ModelOptions = {},
): Command {
  command.option(
    several ? "--model <names...>" : "--model <name>",
    `a bundled model, a folder, attn-only-1l … attn-only-4l, attn-only-2l-demo, redwood_attn_2l, or a hub id owner/name${several ? "; or several of them" : ""} (default: the bundled model that \`lookback models\` marks)`,
  );
  // Where it is the default, circuits are read from the weights and nothing is run: then all is folded.
  const kept =
    processing === "none" ? " (beside shortformer positions ln1's weights stay unfolded)" : "";
  return withEngineOptions(command).addOption(
    choice(
      "--processing <kind>",
      `none: weights as in the file; default: LayerNorm folded, writing weights and unembedding centred, as TransformerLens does, which changes no prediction${kept}`,
      ["none", "default"],
    ).default(processing),
  );
}

/** Adds the token that opens the prompts which the command draws. */
export function withBosOption(command: Command, fallback = "the model's"): Command {
  return command.option(
    "--bos <id>",
    `the token that opens a prompt (default: ${fallback})`,
    integer(0),
  );
}
