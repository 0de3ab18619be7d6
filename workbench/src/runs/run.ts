/** @file A training run in the page: the checkpoints that a slider goes over, wherever they come from. */

import type { PlacedLook } from "../../../src/development/training-record.ts";
import type { ModelSource } from "../worker/protocol.ts";

/** The head that has most of something, and how much. */
export interface BestHead {
  /** `L1H6` */
  readonly label: string;
  /** Mean over prompts, 0 to 1. */
  readonly score: number;
}

/** What was seen of a model while it was trained. */
export interface Seen {
  readonly steps: number;
  /** Nats a token on held-out text; null where there was none to look at. */
  readonly loss: number | null;
  readonly previousToken: BestHead;
  readonly lookBack: BestHead;
  readonly induction: BestHead;
}

/** One checkpoint. */
export interface Checkpoint {
  /** Its folder's name, by which a state knows it. */
  readonly name: string;
  /** Steps of training; null where its name tells none. */
  readonly steps: number | null;
  /** Tokens of training, where that is known. */
  readonly tokens: number | null;
  readonly source: ModelSource;
  readonly seen: Seen | null;
}

/** A run, or any folder of models of one kind. */
export interface Run {
  /** By which a state knows it. */
  readonly name: string;
  /** What stands before a checkpoint's name for `--model`. */
  readonly folder: string;
  /** Where it comes from: a served one is there for whoever opens a link on the same server. */
  readonly origin: "served" | "dropped" | "trained";
  /** Whether it has more checkpoints in a while, which its server knows of. */
  readonly isTraining: boolean;
  /** In rising order; at least one. */
  readonly checkpoints: readonly Checkpoint[];
  /** What its log saw, in rising order; none where it keeps no log that this page can read. */
  readonly looks: readonly PlacedLook[];
}

/** Where a run has its checkpoints, in its folder. */
export const CHECKPOINTS = "checkpoints";

/** The folder of the run itself, for command lines. */
export function runFolder({ folder }: Pick<Run, "folder">): string {
  return folder.endsWith(`/${CHECKPOINTS}`) ? folder.slice(0, -CHECKPOINTS.length - 1) : folder;
}

/** A run as it is now, and beside its checkpoints one that has been thinned out but is looked at. */
export function retaining(run: Run, looked: Checkpoint): Run {
  if (run.checkpoints.some(({ name }) => name === looked.name)) return run;
  return { ...run, checkpoints: inOrder([...run.checkpoints, looked]) };
}

/** By steps, and by name where names tell none. */
export function inOrder(checkpoints: readonly Checkpoint[]): Checkpoint[] {
  return checkpoints.toSorted(
    (a, b) => (a.steps ?? 0) - (b.steps ?? 0) || a.name.localeCompare(b.name, "en"),
  );
}

/** A checkpoint in words: where its run was by then. */
export function checkpointWords({ name, steps, tokens }: Omit<Checkpoint, "source" | "seen">) {
  if (steps === null) return name;
  const stepWords = `step ${steps.toLocaleString("en")}`;
  return tokens === null ? stepWords : `${stepWords}, ${tokens.toLocaleString("en")} tokens`;
}
