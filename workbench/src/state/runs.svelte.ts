/** @file The runs that the page knows: no link holds one, but a state names its checkpoints. */

import type { Checkpoint, Run } from "../runs/run.ts";
import type { CheckpointChoice } from "./state.ts";

/** A checkpoint and where in its run it is. */
export interface PlacedCheckpoint {
  readonly run: Run;
  readonly checkpoint: Checkpoint;
  readonly index: number;
}

/** All runs by name. */
export class Runs {
  all: readonly Run[] = $state.raw([]);

  /** Takes in a run; one of the same name is replaced. */
  put(run: Run): void {
    const others = this.all.filter(({ name }) => name !== run.name);
    this.all = [...others, run].toSorted((a, b) => a.name.localeCompare(b.name, "en"));
  }

  /** The checkpoint that a choice names; undefined where it is not known here. */
  find({ run: name, checkpoint: wanted }: CheckpointChoice): PlacedCheckpoint | undefined {
    const run = this.all.find((each) => each.name === name);
    const index = run?.checkpoints.findIndex((each) => each.name === wanted) ?? -1;
    const checkpoint = run?.checkpoints[index];
    return run && checkpoint && { run, checkpoint, index };
  }

  /** The last checkpoint of a run; undefined where the run is not known here. */
  latest(name: string): PlacedCheckpoint | undefined {
    const run = this.all.find((each) => each.name === name);
    return run && this.find(latestOf(run));
  }
}

/** The last checkpoint of a run, as a state names it. */
export function latestOf({ name, checkpoints }: Run): CheckpointChoice {
  const last = checkpoints.at(-1);
  if (last === undefined) throw new Error(`the run ${name} has no checkpoint`);
  return { kind: "checkpoint", run: name, checkpoint: last.name };
}
