/** @file What a verdict is asked, as plain JSON: every number that decides a result. */

import { z } from "zod";
import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { parsed, withDefaults } from "../prompts/parse-spec.ts";

const batch = z.int().min(2).max(1_000_000);
const seed = z.int().min(0).max(0xffffffff);
const lengths = z.array(z.int().min(2).max(1024)).min(1);
const byLength = z.strictObject({ lengths, batch, seed });
const heads = z.array(z.string()).nullable();

const schema = z.strictObject({
  /** Heads by label, or null to take those that the scorecard finds. */
  heads: z.strictObject({ previousToken: heads, lookBack: heads, induction: heads }),
  /** The token at position 0; null to take it from the model's config. */
  bos: z.int().min(0).nullable(),
  scorecard: z.strictObject({
    tokens: z.int().min(15).max(4096),
    batch: z.int().min(2).max(100_000),
    seed,
  }),
  lookBackWindow: z.strictObject({ tokens: z.int().min(10).max(4096), batch, seed }),
  recency: byLength,
  reach: z.strictObject({
    lengths,
    reaches: z.array(z.int().min(1).max(1024)).min(1),
    batch,
    seed,
  }),
  effects: byLength,
  edges: z.strictObject({ length: z.int().min(2).max(1024), batch, seed }),
  scores: byLength,
  ablation: z.strictObject({ lengths, kind: z.enum(["resample", "mean", "zero"]), batch, seed }),
  order: z.strictObject({ lengths: z.array(z.int().min(3).max(5)).min(1), batch, seed }),
  inductionBug: z.strictObject({ batch, seed }),
  attribution: byLength,
  composition: z.strictObject({ draws: z.int().min(2).max(100_000), seed }),
});

/** A complete request. */
export type VerdictSpec = z.infer<typeof schema>;

/** Large enough that effects of a tenth can be told from none; a minute and a half on two cores. */
export const DEFAULT_VERDICT_SPEC: VerdictSpec = {
  heads: { previousToken: null, lookBack: null, induction: null },
  bos: null,
  scorecard: { tokens: 48, batch: 200, seed: 0 },
  lookBackWindow: { tokens: 24, batch: 200, seed: 129 },
  recency: { lengths: [2, 3, 4, 5, 6, 7, 8, 9], batch: 2000, seed: 120 },
  reach: { lengths: [2, 3, 4, 5, 6], reaches: [1, 2, 3, 4, 5, 6], batch: 1000, seed: 121 },
  effects: { lengths: [2, 3, 4, 5, 6], batch: 500, seed: 110 },
  edges: { length: 4, batch: 400, seed: 110 },
  scores: { lengths: [2, 3, 4, 5], batch: 400, seed: 110 },
  ablation: { lengths: [2, 3, 4, 5, 6], kind: "resample", batch: 500, seed: 111 },
  order: { lengths: [3, 4, 5], batch: 1000, seed: 131 },
  inductionBug: { batch: 1000, seed: 130 },
  attribution: { lengths: [3, 4, 5], batch: 200, seed: 110 },
  composition: { draws: 200, seed: 0 },
};

/**
 * Checks a request that may leave fields out; those come from {@link DEFAULT_VERDICT_SPEC}.
 *
 * @throws LookbackError `bad-spec` naming the field, what it holds, and what is allowed.
 */
export function parseVerdictSpec(json: unknown): VerdictSpec {
  return parsed(schema, "spec", withDefaults(json, DEFAULT_VERDICT_SPEC));
}

/** Tokens of the ordering test up to the one that is read. */
const ORDERING_TOKENS = 20;

/**
 * What a context holds of a spec: lengths whose prompts do not fit are left out, and prompts of random
 * tokens are as long as they can be.
 *
 * @throws LookbackError `sequence-too-long` where not even the shortest of the lengths fits, or the
 *   ordering test does not.
 */
export function fittedVerdictSpec(spec: VerdictSpec, { n_ctx }: ModelConfig): VerdictSpec {
  const longest = Math.floor((n_ctx - 1) / 3);
  const fits = (field: string, lengths: readonly number[]): number[] => {
    const kept = lengths.filter((length) => length <= longest);
    if (kept.length > 0) return kept;
    throw new LookbackError(
      "sequence-too-long",
      `${field}: none of ${lengths.join(", ")} fits three copies into this model's context of ${n_ctx}; the longest that fits is ${longest}`,
      { field, n_ctx },
    );
  };
  const fitting = <Part extends { lengths: number[] }>(field: string, part: Part): Part => ({
    ...part,
    lengths: fits(`${field}.lengths`, part.lengths),
  });
  fits("edges.length", [spec.edges.length]);
  if (n_ctx < ORDERING_TOKENS) {
    throw new LookbackError(
      "sequence-too-long",
      `inductionBug: the ordering test's prompts are ${ORDERING_TOKENS} tokens long, and this model's context is ${n_ctx}`,
      { field: "inductionBug", n_ctx },
    );
  }
  const tokens = (part: VerdictSpec["lookBackWindow"]) => ({
    ...part,
    tokens: Math.min(part.tokens, n_ctx - 1),
  });
  return {
    ...spec,
    lookBackWindow: tokens(spec.lookBackWindow),
    recency: fitting("recency", spec.recency),
    reach: fitting("reach", spec.reach),
    effects: fitting("effects", spec.effects),
    scores: fitting("scores", spec.scores),
    ablation: fitting("ablation", spec.ablation),
    order: fitting("order", spec.order),
    attribution: fitting("attribution", spec.attribution),
  };
}
