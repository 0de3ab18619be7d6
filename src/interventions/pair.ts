/** @file Two runs whose prompts pair up, of which one is patched into the other. */

import { checkChoice, LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { checkTokens, type TokenBatch } from "../model/tokens.ts";

/** `denoise`: clean activations into the corrupted run. `noise`: corrupted ones into the clean run. */
export type PatchDirection = "denoise" | "noise";

const PATCH_DIRECTIONS: readonly PatchDirection[] = ["denoise", "noise"];

/** @throws LookbackError `bad-spec` unless the direction is one of the two. */
export function checkDirection(direction: PatchDirection): void {
  checkChoice("direction", direction, PATCH_DIRECTIONS);
}

/** @throws LookbackError `bad-shape` unless there is one corrupted prompt, as long, for each clean one. */
export function checkPairs(clean: TokenBatch, corrupted: TokenBatch): void {
  if (clean.batch !== corrupted.batch || clean.length !== corrupted.length) {
    throw new LookbackError(
      "bad-shape",
      `clean prompts [${clean.batch}, ${clean.length}] and corrupted prompts [${corrupted.batch}, ${corrupted.length}] must pair up`,
    );
  }
}

/**
 * The first position at which any clean prompt differs from its corrupted one.
 *
 * Where none differs up to the one that is read, an effect on the scale from one run to the other would be
 * rounding over rounding, and is refused.
 *
 * @param read the position whose logits are compared, from the start.
 * @throws LookbackError `bad-shape` when prompts do not pair up, `bad-spec` when they are the same up to
 *   the position that is read, and whatever is wrong with their tokens.
 */
export function checkedFirstDifference(
  clean: TokenBatch,
  corrupted: TokenBatch,
  { read, config }: { readonly read: number; readonly config: ModelConfig },
): number {
  checkTokens(clean, config);
  checkTokens(corrupted, config);
  checkPairs(clean, corrupted);
  const { length } = clean;
  let first = length;
  for (let i = 0; i < clean.ids.length; i++) {
    if (clean.ids[i] !== corrupted.ids[i]) first = Math.min(first, i % length);
  }
  if (first <= read) return first;
  throw new LookbackError(
    "bad-spec",
    `clean and corrupted prompts are the same up to position ${read}, where the answer is read: a patch would change nothing`,
  );
}
