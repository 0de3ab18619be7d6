/** @file `lookback train`: a model of one's own, from text. */

import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Command } from "commander";
import { LookbackError } from "../../errors.ts";
import { bundledRecipes } from "../../node/bundled.ts";
import { runPath } from "../../node/run/run-files.ts";
import type { TrainingRunOptions } from "../../node/run/run-journal.ts";
import type { RunStanding } from "../../node/run/training-run.ts";
import { parseRecipe, type Recipe } from "../../training/recipe.ts";
import { integer, MAX_SEED } from "../arguments.ts";
import { type CommandContext, quietFor } from "../context.ts";
import { type EngineOptions, loadEngine } from "../engine.ts";
import { stableJson } from "../json.ts";
import { readSpecFile } from "../json-file.ts";
import { withEngineOptions } from "../options.ts";
import { writeStdout } from "../stdout.ts";
import { trainingProgress } from "../training-progress.ts";
import { UsageError } from "../usage-error.ts";

interface TrainCommandOptions extends EngineOptions {
  readonly json?: true;
  readonly seed?: number;
  readonly steps?: number;
  readonly out?: string;
  readonly corpus?: string;
  readonly resume?: string;
  readonly stopAfter?: number;
}

/** The recipe's file: the one given, or that of a recipe which comes with the package. */
async function recipePath(given: string): Promise<string> {
  // A folder is none: a run may be called as its recipe.
  if (statSync(given, { throwIfNoEntry: false })?.isFile()) return given;
  const bundled = await bundledRecipes();
  const path = bundled.get(given);
  if (path !== undefined) return path;
  throw new UsageError(
    `there is no recipe ${given}: name a JSON file, or one of ${[...bundled.keys()].join(", ")}`,
  );
}

/**
 * The recipe with what the command puts in its place. A model of another seed is another model, and has
 * the seed in its name; of other steps, it ends with these.
 */
async function recipeOf(path: string, { seed, steps }: TrainCommandOptions): Promise<Recipe> {
  const recipe = await readSpecFile("the recipe", path, parseRecipe);
  return parseRecipe({
    ...recipe,
    ...(seed !== undefined && seed !== recipe.seed && { seed, name: `${recipe.name}-seed${seed}` }),
    ...(steps !== undefined && { steps, extension: null }),
  });
}

/** What a run is given to be watched and stopped, and the last look at it in words. */
async function watching(
  options: TrainCommandOptions,
  { signal, progress, warn, tell }: CommandContext,
): Promise<{ watch: TrainingRunOptions; lastLook: () => string | undefined }> {
  const { HookedTransformer } = await loadEngine(options);
  const { lookAt } = await import("../../development/look.ts");
  const { lookLine } = await import("../../report/development/watch-screen.ts");
  const shown = trainingProgress(progress);
  let at = { step: 0, tokens: 0 };
  let last: string | undefined;
  const watch: TrainingRunOptions = {
    device: options.device,
    signal,
    until: options.stopAfter,
    onWarning: warn,
    ...shown,
    onStep: (taken) => {
      at = taken;
      shown.onStep?.(taken);
    },
    lookAt: async (config, weights, heldOut) => {
      using model = await HookedTransformer.create(
        { name: "in training", hash: "", config, weights },
        { device: options.device },
      );
      // Seen to the end also when it is time to stop: the checkpoint comes behind the look.
      const look = await lookAt(model, { heldOut, seed: 0 });
      last = lookLine({ ...look, step: at.step, tokens: at.tokens });
      tell(last);
      return { ...look };
    },
  };
  return { watch, lastLook: () => last };
}

async function runTrain(
  given: string | undefined,
  options: TrainCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { out, resume } = options;
  if ((given === undefined) === (resume === undefined)) {
    throw new UsageError("name a recipe to begin a run with, or --resume <run> to go on with one");
  }
  const run = resume ?? out;
  if (run === undefined) throw new UsageError("--out <folder> says where the run goes");
  if (resume !== undefined) {
    const wrong = (["out", "seed", "steps", "corpus"] as const).find(
      (name) => options[name] !== undefined,
    );
    if (wrong !== undefined) {
      throw new UsageError(`--resume goes on as the run was begun, and takes no --${wrong}`);
    }
  }
  const path = given === undefined ? undefined : await recipePath(given);
  const recipe = path === undefined ? undefined : await recipeOf(path, options);
  const { watch, lastLook } = await watching(options, quietFor(options.json, context));
  const { resumeRun, startRun } = await import("../../node/run/training-run.ts");
  try {
    const standing =
      recipe === undefined || path === undefined
        ? await resumeRun(run, watch)
        : await startRun(recipe, run, { ...watch, base: dirname(path), corpus: options.corpus });
    context.progress.clear();
    await writeStdout(options.json ? stableJson(standing) : told(standing, lastLook()));
  } catch (error) {
    if (error instanceof LookbackError && error.code === "cancelled") {
      throw interrupted(run, existsSync(runPath(run, "recipe")));
    }
    throw error;
  }
}

/** On a terminal the looks were shown and are gone; elsewhere they stand above. */
function told({ run, steps, of }: RunStanding, last: string | undefined): string {
  const seen = last === undefined || !process.stderr.isTTY ? "" : `${last}\n`;
  if (steps < of) {
    return `${seen}trained ${steps} of ${of} steps; go on at any time: lookback train --resume ${run}\n`;
  }
  return `${seen}trained ${steps} steps; the model and its checkpoints are in ${run}

  lookback develop ${run}             how it came to be
  lookback reproduce --model ${run}   the post, on it
`;
}

/** The error of a run that was interrupted: what it has learned is kept, once it has begun. */
function interrupted(run: string, hasBegun: boolean): LookbackError {
  const message = hasBegun
    ? `stopped; go on at any time: lookback train --resume ${run}`
    : "stopped while the corpus was prepared, of which nothing is kept; the same command begins again";
  return new LookbackError("cancelled", message, { kept: run });
}

/** Makes the command. */
export function trainCommand(context: CommandContext): Command {
  const command = new Command("train")
    .description("train a model on text, by a recipe; can be stopped and gone on with at any time")
    .argument(
      "[recipe]",
      "JSON file (see docs/training.md), or the name of one that comes with the package",
    )
    .option("--out <folder>", "where the run goes: checkpoints, log, recipe")
    .option("--resume <run>", "go on with a run from its latest checkpoint")
    .option(
      "--corpus <folder>",
      "the packed corpus, to share it between runs; made if it is not there, else used as it was packed",
    )
    .option("--seed <n>", "in place of the recipe's", integer(0, MAX_SEED))
    .option(
      "--steps <n>",
      "in place of the recipe's, those of its extension among them",
      integer(1),
    )
    .option(
      "--stop-after <n>",
      "stop when so many steps of the run are taken, to go on with --resume later",
      integer(1),
    );
  return withEngineOptions(command)
    .option("--json", "print where the run stands as JSON on stdout, and nothing else")
    .addHelpText(
      "after",
      `
A run's folder is a model: every command takes it, or one of its checkpoints, as --model.

Examples:
  $ lookback train tiny --out runs/tiny
  $ lookback watch runs/tiny
  $ lookback train --resume runs/tiny`,
    )
    .action((path: string | undefined, options: TrainCommandOptions) =>
      runTrain(path, options, context),
    );
}
