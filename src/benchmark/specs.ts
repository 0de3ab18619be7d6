/** @file How large the workloads are, as plain JSON; the post's own prompts, fewer where it is patient. */

import { DEFAULT_SPEC, type ReproduceSpec } from "../experiments/reproduce-spec.ts";

/** Patching of each head at each position. */
export interface PatchByPositionSpec {
  /** Tokens of one copy. */
  readonly length: number;
  readonly batch: number;
  readonly seed: number;
}

/** The prompts of every workload. */
export interface BenchmarkSpecs {
  /** Of workloads that are one experiment each. */
  readonly single: ReproduceSpec;
  readonly patchByPosition: PatchByPositionSpec;
  /** Of a whole reproduction. */
  readonly reproduce: ReproduceSpec;
}

/** The sizes that are measured where nobody asks for others. */
export const DEFAULT_SPECS: BenchmarkSpecs = {
  single: {
    ...DEFAULT_SPEC,
    table: { ...DEFAULT_SPEC.table, lengths: [2, 3, 4, 5, 6], batch: 1000 },
  },
  patchByPosition: { length: 3, batch: 50, seed: DEFAULT_SPEC.figure5.seed },
  reproduce: DEFAULT_SPEC,
};
