/** @file The head that is looked at first: the one that does most induction, on few prompts. */

import { headScores } from "../../../src/measures/head-scores.ts";
import { estimate } from "../../../src/measures/statistics.ts";
import type { HeadIndex } from "../../../src/model/heads.ts";
import { patternPrompts } from "../../../src/prompts/pattern-prompts.ts";
import type { Session } from "../../../src/session/session.ts";

const BATCH = 16;
const TOKENS = 16;

/** Finds the head, by its attention to what followed the same token before. */
export async function leadHead({ model, bos }: Session, signal: AbortSignal): Promise<HeadIndex> {
  const { d_vocab, n_ctx, n_layers } = model.config;
  const copy = Math.max(1, Math.min(TOKENS, Math.floor((n_ctx - 1) / 2)));
  const pattern = `BOS X*${copy} X*${copy}`;
  const { tokens } = patternPrompts({ pattern, batch: BATCH, seed: 0, d_vocab, bos });
  const { activations } = await model.run(tokens, {
    names: ["blocks.*.attn.hook_pattern"],
    signal,
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
