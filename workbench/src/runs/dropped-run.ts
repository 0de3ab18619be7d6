/** @file A run among dropped files: the folder of a run, or a folder of model folders. */

import { numberAtEnd } from "../../../src/development/checkpoint-number.ts";
import { tokensPerStepIn } from "../../../src/training/recipe.ts";
import type { Dropped, DroppedFolder } from "../state/dropped-files.ts";
import { LONGEST_NAME } from "../state/link.ts";
import { type Checkpoint, inOrder, type Run } from "./run.ts";
import { readLog } from "./run-log.ts";

/** Whether a folder holds a model: its config, and weights. */
function isModel({ files }: DroppedFolder): boolean {
  const names = files.map(({ name }) => name);
  return (
    names.includes("config.json") && names.some((name) => /\.(safetensors|pth|pt)$/.test(name))
  );
}

/** Runs of the same folder that were dropped one after the other may differ. */
let drops = 0;

/** The run that was dropped; undefined where what was dropped is a model, or nothing that is known. */
export async function droppedRun({ files, folder, folders }: Dropped): Promise<Run | undefined> {
  const models = folders.filter(isModel);
  const [first] = models;
  if (folder === null || first === undefined) return undefined;
  if (files.some(({ name }) => name === "config.json")) return undefined;
  const drop = ++drops;
  const text = async (name: string) => files.find((file) => file.name === name)?.text();
  const perStep = tokensPerStepIn((await text("recipe.json")) ?? "");
  const { seen, looks } = readLog((await text("log.jsonl")) ?? "");
  const checkpoints = models.map((model): Checkpoint => {
    const steps = numberAtEnd(model.name) ?? null;
    return {
      name: model.name,
      steps,
      tokens: steps === null || perStep === null ? null : steps * perStep,
      source: {
        kind: "files",
        files: model.files,
        folder: `${folder}/${model.name}`,
        id: `${drop}/${model.name}`,
      },
      seen: steps === null ? null : (seen.get(steps) ?? null),
    };
  });
  const inside = first.parent === null ? "" : `/${first.parent}`;
  return {
    name: folder.slice(0, LONGEST_NAME),
    folder: `./${folder}${inside}`,
    origin: "dropped",
    isTraining: false,
    checkpoints: inOrder(checkpoints),
    looks,
  };
}
