/** @file How far gradients can be trusted here: attributions of every head beside its exact effect. */

import { runOptions } from "../experiments/context.ts";
import {
  type AttributionComparison,
  attributionComparison,
} from "../interventions/attribution-comparison.ts";
import { repeatedPair } from "../prompts/repeated.ts";
import { checkLengths, repeatedSpec } from "./answer-logits.ts";
import { forEach, type HypothesisContext } from "./context.ts";

/** Which lengths, and the prompts of each. */
export interface AttributionsSpec {
  readonly lengths: readonly number[];
  readonly batch: number;
  readonly seed: number;
}

/** As plain JSON. */
export interface AttributionsResult {
  readonly spec: AttributionsSpec;
  readonly rows: readonly (AttributionComparison & { readonly length: number })[];
}

/** Compares at each length, what asks being corrupted as in the post's figure 5. */
export async function attributions(
  context: HypothesisContext,
  spec: AttributionsSpec,
): Promise<AttributionsResult> {
  const { lengths, batch, seed } = spec;
  checkLengths(context, "lengths", lengths);
  const rows = await forEach(context, lengths, async (part, length) => {
    const { clean, corrupted } = repeatedPair(repeatedSpec(context, { length, batch, seed }));
    const { signal, onProgress } = runOptions(part);
    const comparison = await attributionComparison(context.model, {
      clean: clean.tokens,
      corrupted: corrupted.tokens,
      answers: clean.answers,
      read: clean.read,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    return { length, ...comparison };
  });
  return { spec, rows };
}
