/** @file Where the numbers come from that take the place of a run's own. */

import type { Tensor } from "../engine/tensor.ts";
import type { HookName } from "../model/hooks.ts";
import type { OwnRun } from "./continued-run.ts";

/** A half-open range of rows in a batch. */
export type Rows = readonly [start: number, end: number];

/** What a source is asked for. */
export interface SourceRequest {
  /** Rows of the question's prompts; those beyond the batch repeat its last one. */
  readonly rows: Rows;
  /** Positions of the prompts, up to the one that is read. */
  readonly length: number;
  /** The first position that is wanted. */
  readonly from: number;
  /** The question's own run of these rows, which is the other one's too before `from`. */
  readonly own: OwnRun;
  readonly hooks: readonly HookName[];
  /** Whether keys and values of the last layer are among them, or what else needs all its positions. */
  readonly formsLastKeys: boolean;
}

/** What takes the place of a run's own numbers. */
export interface SourceActivations {
  /**
   * For each hook `[rows, …]`, or with extent 1 for all rows alike, at the positions from `from` on; in
   * the last layer at the position that is read alone, unless `formsLastKeys`.
   */
  readonly activations: ReadonlyMap<HookName, Tensor>;
  /** Where they are those of a run: what the unembedding reads at its last position, [rows, 1, M]. */
  readonly final?: Tensor;
}

/** Where the other numbers come from: called inside of a scope, it gives activations on the device. */
export type Source = (request: SourceRequest) => SourceActivations;
