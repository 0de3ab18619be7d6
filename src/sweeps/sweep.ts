/**
 * @file The post's question over a grid of prompts: how P(B), P(D) and their logit difference depend
 * on length, distance, filler, order, copies and distractors.
 */

import { throwIfCancelled } from "../errors.ts";
import { measureAnswers } from "../experiments/answers.ts";
import type { HookedTransformer } from "../model/model.ts";
import { checkCells } from "./check-cells.ts";
import { type SweepIdentity, sweepIdentity } from "./identity.ts";
import type { FinishedCell, SweepResult } from "./result.ts";
import { type Shard, shardCells, WHOLE } from "./shard.ts";
import { sweepPrompts } from "./sweep-prompts.ts";
import { cellAt, cellCount, type SweepSpec } from "./sweep-spec.ts";

/** How far a sweep is. */
export interface SweepProgress {
  /** Cells that are done, with the share of the one that is running. */
  readonly done: number;
  readonly total: number;
  /** The cell that is running. */
  readonly cell: number;
}

/** What comes in beside the spec. */
export interface SweepOptions {
  /** Cells that an earlier run of the same sweep has measured: they are not measured again. */
  readonly finished?: ReadonlyMap<number, FinishedCell>;
  /** The part to run. Default: the whole. */
  readonly shard?: Shard;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SweepProgress) => void;
  /** Called with each cell as soon as it is measured. */
  readonly onCell?: (cell: FinishedCell) => void;
}

/** Measures one cell. */
async function measureCell(
  model: HookedTransformer,
  { spec, bos }: SweepIdentity,
  cell: number,
  options: { readonly signal?: AbortSignal; readonly onProgress: (share: number) => void },
): Promise<FinishedCell> {
  const parameters = cellAt(spec, cell);
  const { d_vocab } = model.config;
  const prompts = sweepPrompts({ ...parameters, d_vocab, bos });
  const { pRight, pWrong, logitDiff } = await measureAnswers({ model, ...options }, prompts);
  return { cell, parameters, pB: pRight, pD: pWrong, logitDiff };
}

/**
 * Measures every cell of a grid, or of one part of it, in the order of the grid. The same spec on the
 * same model gives the same numbers, however it was cut and however often it was interrupted.
 *
 * @throws LookbackError `bad-spec` or `sequence-too-long` naming the cell that the model cannot take,
 *   before any work; `cancelled` when the signal fires.
 */
export async function sweep(
  model: HookedTransformer,
  spec: SweepSpec,
  options: SweepOptions = {},
): Promise<SweepResult> {
  const { finished, shard = WHOLE, signal, onProgress, onCell } = options;
  const identity = sweepIdentity(model, spec);
  checkCells(spec, { ...model.config, bos: identity.bos });
  const wanted = shardCells(shard, cellCount(spec));
  const cells: FinishedCell[] = [];
  for (const cell of wanted) {
    let found = finished?.get(cell);
    if (found === undefined) {
      throwIfCancelled(signal);
      const report = (share: number) =>
        onProgress?.({ done: cells.length + share, total: wanted.length, cell });
      report(0);
      found = await measureCell(model, identity, cell, {
        ...(signal && { signal }),
        onProgress: report,
      });
      onCell?.(found);
    }
    cells.push(found);
  }
  return { ...identity, ...(shard.count > 1 && { shard }), cells };
}
