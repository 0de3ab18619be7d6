/** @file Running a model on prompts: plain numbers back, for the whole batch. */

import type { ForwardModel } from "./forward.ts";
import { GatheredByName } from "./gathered.ts";
import { runChunks } from "./run-chunks.ts";
import type { RunOptions } from "./run-options.ts";
import { arraysOf, type RunResult, runResult } from "./run-result.ts";
import type { TokenBatch } from "./tokens.ts";

/**
 * Runs a model on prompts and returns what was asked for.
 *
 * @example
 * ```ts
 * const { activations } = await run(model, tokens, { names: ["blocks.1.attn.hook_pattern"] });
 * const pattern = activations.get("blocks.1.attn.hook_pattern"); // [batch, head, query, key]
 * ```
 * @throws LookbackError naming the option, hook, token or position that was wrong; `not-finite` when
 *   an answer holds NaN; `cancelled` when the signal fires.
 */
export async function run(
  model: ForwardModel,
  tokens: TokenBatch,
  options: RunOptions = {},
): Promise<RunResult> {
  const results = new GatheredByName<string>(tokens.batch);
  for await (const chunk of runChunks(model, tokens, options)) {
    results.put(chunk.rows[0], arraysOf(chunk));
  }
  return runResult(results.arrays);
}
