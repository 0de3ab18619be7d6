/** @file The head that is looked at first: the one that does most induction, on few prompts. */

import { headScores } from "../measures/head-scores.ts";
import { estimate } from "../measures/statistics.ts";
import type { HeadIndex } from "../model/heads.ts";
import { patternPrompts } from "../prompts/pattern-prompts.ts";
import type { Session, SessionWork } from "./session.ts";

const BATCH = 16;

/** Tokens that are repeated, where the model's context holds so many twice. */
const TOKENS = 16;

/**
 * The head with most attention on what followed the same token before; of equals the first.
 *
 * @throws LookbackError `cancelled`.
 */
export async function leadHead(
  { model, bos }: Session,
  { signal }: Pick<SessionWork, "signal"> = {},
): Promise<HeadIndex> {
  const { d_vocab, n_ctx, n_layers } = model.config;
  const copy = Math.min(TOKENS, Math.floor((n_ctx - 1) / 2));
  if (copy < 1) return { layer: 0, head: 0 }; // nothing can be repeated, so no head stands out
  const pattern = `BOS X*${copy} X*${copy}`;
  const { tokens } = patternPrompts({ pattern, batch: BATCH, seed: 0, d_vocab, bos });
  const { activations } = await model.run(tokens, {
    names: ["blocks.*.attn.hook_pattern"],
    ...(signal && { signal }),
  });
  let best = { layer: 0, head: 0, score: Number.NEGATIVE_INFINITY };
  for (let layer = 0; layer < n_layers; layer++) {
    const patterns = activations.get(`blocks.${layer}.attn.hook_pattern`);
    for (const [head, scores] of headScores(patterns, tokens, "induction").entries()) {
      const score = estimate(scores).mean;
      if (score > best.score) best = { layer, head, score };
    }
  }
  return { layer: best.layer, head: best.head };
}
