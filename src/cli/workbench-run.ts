/**
 * @file A training run as the workbench's page is given it: an index of its checkpoints, the three files of
 * each, and the log. Nothing else of the run's folder is served.
 */

import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { LookbackError } from "../errors.ts";
import { checkpointName, listCheckpoints, runPath } from "../node/run/run-files.ts";
import { isTraining } from "../node/run/run-lock.ts";
import { tokensPerStepIn } from "../training/recipe.ts";
import type { RunIndex } from "./workbench-index.ts";

const CHECKPOINT_FILE =
  /^checkpoints\/(step-\d{8,})\/(config\.json|model\.safetensors|tokenizer\.json)$/;

/**
 * What is in a run now; one that is being trained has more later.
 *
 * @throws LookbackError `not-found` where there is no checkpoint.
 */
export async function runIndex(run: string): Promise<RunIndex> {
  const all = await listCheckpoints(run);
  if (all.length === 0) {
    throw new LookbackError(
      "not-found",
      `${run} holds no checkpoints; --run takes the folder of a run of lookback train, such as runs/tiny`,
      { run },
    );
  }
  const perStep = tokensPerStepIn(await readFile(runPath(run, "recipe"), "utf8").catch(() => ""));
  return {
    name: basename(resolve(run)),
    folder: run.length > 1 ? run.replace(/\/+$/, "") : run,
    isTraining: isTraining(run),
    checkpoints: all.map((steps) => ({
      name: checkpointName(steps),
      steps,
      tokens: perStep === null ? null : steps * perStep,
    })),
  };
}

/** The file of a run that a path under `run/` stands for; undefined for all that is not served. */
export function servedFile(run: string, path: string): string | undefined {
  if (path === "log.jsonl") return runPath(run, "log");
  const [, checkpoint, file] = CHECKPOINT_FILE.exec(path) ?? [];
  if (checkpoint === undefined || file === undefined) return undefined;
  return join(runPath(run, "checkpoints"), checkpoint, file);
}
