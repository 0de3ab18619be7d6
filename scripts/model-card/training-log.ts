/** @file The part of a run's log that is kept: the first hundred steps, then sparser, and looks. */

import type { Look } from "../../src/development/look.ts";
import type { LogLine } from "../../src/node/run/run-log.ts";
import type { Recipe } from "../../src/training/recipe.ts";
import { checkpointSteps } from "../../src/training/schedule.ts";

export type StepLine = LogLine & {
  readonly kind: "step";
  readonly tokens: number;
  readonly loss: number;
  readonly seconds: number;
};
export type LookLine = LogLine & Look & { readonly kind: "look"; readonly tokens: number };
export type KeptLine = LogLine | StepLine | LookLine;

export const isStep = (line: KeptLine): line is StepLine => line.kind === "step";
export const isLook = (line: KeptLine): line is LookLine => line.kind === "look";

/** Looks at the checkpoints of the recipe; all losses of steps, and of the bigram start the last. */
export function keptLines(log: string, recipe: Recipe): KeptLine[] {
  const kept = new Set(checkpointSteps(recipe.checkpoints, recipe.steps));
  const all = log
    .trimEnd()
    .split("\n")
    .map((line): KeptLine => JSON.parse(line));
  const lastBigrams = all.findLast(({ kind }) => kind === "bigrams");
  return all.filter(
    (line) => isStep(line) || line === lastBigrams || (isLook(line) && kept.has(line.step)),
  );
}
