/** @file What the scorecard of a model's heads is asked, as plain JSON. */

import { z } from "zod";
import { LookbackError } from "../errors.ts";
import { parsed } from "../prompts/parse-spec.ts";

const schema = z.strictObject({
  /** Prompts of random tokens; of repeated tokens, which are twice as long, half as many. */
  batch: z.int().min(1).max(100_000).default(200),
  /** Random tokens behind BOS, where the model's context holds so many; otherwise as many as it holds. */
  tokens: z.int().min(15).max(4096).default(48),
  /** Of all draws. */
  seed: z.int().min(0).max(0xffffffff).default(0),
});

/** A complete request. */
export type ScorecardSpec = z.infer<typeof schema>;

/**
 * Checks a request that may leave fields out.
 *
 * @throws LookbackError `bad-spec` naming the field, what it holds, and what is allowed.
 */
export function parseScorecardSpec(json: unknown = {}): ScorecardSpec {
  return parsed(schema, "scorecard", json);
}

/** A model's shortest context that has room for what is measured: BOS and lags up to 8, on two copies. */
const SHORTEST_CONTEXT = 16;

/** The repeated sequences of Olsson et al. (2022): 25 random tokens, four times. */
const REPEATED = { tokens: 25, copies: 4 };

/** The prompts of a scorecard, as they fit into a model. */
export interface ScorecardSizes {
  /** Random tokens behind BOS. */
  readonly tokens: number;
  /** Random tokens of a sequence, how often it stands behind BOS, and the number of such prompts. */
  readonly repeated: { readonly tokens: number; readonly copies: number; readonly batch: number };
}

/**
 * The prompts that fit into a context of `n_ctx` tokens: fewer copies where four do not fit, shorter ones
 * where two do not.
 *
 * @throws LookbackError `unsupported` for a context of fewer than 16 tokens.
 */
export function scorecardSizes({ tokens, batch }: ScorecardSpec, n_ctx: number): ScorecardSizes {
  if (n_ctx < SHORTEST_CONTEXT) {
    throw new LookbackError(
      "unsupported",
      `this model's context is ${n_ctx} tokens (n_ctx); a scorecard of its heads needs ${SHORTEST_CONTEXT}`,
      { n_ctx },
    );
  }
  const room = n_ctx - 1;
  const copies = Math.max(2, Math.min(REPEATED.copies, Math.floor(room / REPEATED.tokens)));
  return {
    tokens: Math.min(tokens, room),
    repeated: {
      tokens: Math.min(REPEATED.tokens, Math.floor(room / copies)),
      copies,
      batch: Math.ceil(batch / 2),
    },
  };
}
