/** @file The run that a spec describes, interventions included, some rows at a time. */

import { LookbackError } from "../errors.ts";
import { equalChunks, rowsPerChunk } from "../model/chunks.ts";
import type { RunChunk } from "../model/run-chunks.ts";
import type { RunOptions } from "../model/run-options.ts";
import { batchRows, truncateTokens } from "../model/tokens.ts";
import { interventionHooks } from "./interventions.ts";
import { type Session, type SessionWork, tokensOf } from "./session.ts";
import type { PromptChoice, SessionSpec } from "./spec.ts";

/** What is run of a spec. */
export interface SessionRunOptions extends SessionWork {
  /** Rows of the batch, `[start, end)`. Means and resampling are over all of it none the less. */
  readonly rows: readonly [start: number, end: number];
  /** Run only so many tokens of each prompt; what comes after cannot reach them. */
  readonly length?: number;
}

/**
 * The rows of the batch that a choice means.
 *
 * @throws LookbackError `bad-spec` for a prompt that there is not.
 */
export function rowsOf(choice: PromptChoice, batch: number): readonly [start: number, end: number] {
  if (choice === "mean") return [0, batch];
  if (Number.isInteger(choice) && choice >= 0 && choice < batch) return [choice, choice + 1];
  throw new LookbackError(
    "bad-spec",
    `prompt: there is no prompt ${choice} in a batch of ${batch} (0 to ${batch - 1}, or "mean")`,
    { field: "prompt", value: choice },
  );
}

/**
 * Runs what a spec says, and yields what was asked for. Rows of a chunk count from the first that runs.
 *
 * @throws LookbackError as `interventionHooks`.
 */
export async function* sessionRun(
  session: Session,
  spec: SessionSpec,
  ask: RunOptions,
  { rows, length, signal, onProgress }: SessionRunOptions,
): AsyncGenerator<RunChunk, void, undefined> {
  const { model } = session;
  const all = tokensOf(session.prompts(spec.prompt), spec.runs);
  const tokens = truncateTokens(batchRows(all, ...rows), length ?? all.length);
  const hooks = await interventionHooks(session, spec, {
    firstRow: rows[0],
    ...(signal && { signal }),
  });
  const most = rowsPerChunk(model.config, tokens.length);
  const chunkRows = Math.min(tokens.batch, equalChunks(tokens.batch, most, tokens.length));
  yield* model.runChunks(tokens, {
    ...ask,
    mode: spec.mode,
    hooks,
    ...(hooks.length > 0 && { chunkRows }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (done, total) => onProgress(done / total) }),
  });
}
