/** @file What every experiment is given: a model, the roles of its heads, and a way to be stopped. */

import type { HeadIndex } from "../model/heads.ts";
import type { HookedTransformer } from "../model/model.ts";

/** A head that plays a role in the circuit, and how it came to be chosen. */
export interface HeadRole extends HeadIndex {
  /** `L1H6` */
  readonly label: string;
  /** The score by which it was found; what it scores where it was named. */
  readonly score: number;
  /** True where the user named it. */
  readonly named: boolean;
}

/** The three heads of the post's circuit. */
export interface HeadRoles {
  readonly previousToken: HeadRole;
  readonly lookBack: HeadRole;
  readonly induction: HeadRole;
}

/** What an experiment runs on. Experiments print nothing and touch no files. */
export interface ExperimentContext {
  readonly model: HookedTransformer;
  /** The token at position 0 of every prompt. */
  readonly bos: number;
  readonly heads: HeadRoles;
  /** Whether this is the model of the post, so that its published numbers must come out. */
  readonly published: boolean;
  readonly signal?: AbortSignal;
  /** Called with the share of this experiment that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** The options that every run of an experiment passes on. */
export function runOptions({
  signal,
  onProgress,
}: Pick<ExperimentContext, "signal" | "onProgress">) {
  return {
    ...(signal && { signal }),
    ...(onProgress && {
      onProgress: (done: number, total: number) => onProgress(done / total),
    }),
  };
}
