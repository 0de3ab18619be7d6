/** @file What the server of the workbench and the page say of a run to each other. */

/** `run/index.json`. */
export interface RunIndex {
  /** The name of the run's folder. */
  readonly name: string;
  /** The folder as it was given, for command lines. */
  readonly folder: string;
  /** Whether a process is at work on it, so that there will be more checkpoints. */
  readonly isTraining: boolean;
  /** In rising order; there is one at least. */
  readonly checkpoints: readonly {
    /** Its folder's name, under `run/checkpoints/`. */
    readonly name: string;
    readonly steps: number;
    /** Tokens of training; null where the run's recipe does not say. */
    readonly tokens: number | null;
  }[];
}
