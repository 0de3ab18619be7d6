/** @file The prompts of `lookback path`: those of `lookback patch`, and a side that is corrupted. */

import type { LoadedModel } from "../loading/model-files.ts";
import { type CorruptedSide, repeatedPair } from "../prompts/repeated.ts";
import type { CommandContext } from "./context.ts";
import {
  type PatchPromptOptions,
  type PatchPrompts,
  POST_BATCH,
  POST_SEED,
  readPatchPrompts,
} from "./patch-prompts.ts";
import { UsageError } from "./usage-error.ts";

/** Where the prompts come from, and what of drawn ones is corrupted. */
export interface PathPromptOptions extends PatchPromptOptions {
  /** Default `query`. */
  readonly side?: CorruptedSide;
}

/**
 * Reads or draws the prompts.
 *
 * @throws UsageError as {@link readPatchPrompts}, when the two batches are the same, or for a side of
 *   prompts that were not drawn; LookbackError `bad-spec`.
 */
export async function readPathPrompts(
  options: PathPromptOptions,
  model: LoadedModel,
  context: CommandContext,
): Promise<PatchPrompts> {
  const prompts = await readPatchPrompts(options, model, context);
  const { length, batch = POST_BATCH, seed = POST_SEED, side } = options;
  if (length === undefined) {
    if (side !== undefined) {
      throw new UsageError("--side corrupts drawn prompts, and --corrupted gives them; drop one");
    }
    const { clean, corrupted } = prompts;
    const isSame = clean.length === corrupted.length && clean.ids.join() === corrupted.ids.join();
    if (isSame) throw new UsageError("--clean and --corrupted hold the same prompts");
    return prompts;
  }
  const { d_vocab } = model.config;
  const bos = Number(prompts.source.bos);
  const { corrupted } = repeatedPair({ length, batch, seed, d_vocab, bos }, side);
  const source = { ...prompts.source, side: side ?? "query" };
  return { ...prompts, corrupted: corrupted.tokens, source };
}
