/**
 * @file A look at a model while it learns: in about two seconds, what tells how far its induction circuit
 * has come. A look is one line of a run's log, so it is plain JSON, and small.
 */

import { measureBothWays } from "../experiments/answers.ts";
import type { Estimate } from "../measures/statistics.ts";
import type { HookedTransformer } from "../model/model.ts";
import type { TokenBatch } from "../model/tokens.ts";
import { askedBothWays } from "../prompts/repeated.ts";
import { inSixDigits } from "../six-digits.ts";
import { type HeldOutLook, heldOutLook } from "./held-out.ts";
import { type HeadLook, type RepeatedLook, repeatedTokensLook } from "./repeated-tokens.ts";

/** One length of the post's table. */
export interface LengthLook {
  readonly length: number;
  readonly pB: Estimate;
  readonly pD: Estimate;
  /** logit(B) - logit(D) */
  readonly logitDiff: Estimate;
  /**
   * The mean of that and of logit(D) - logit(B) where D is right, of the same prompts, so that
   * preferences for late positions and for tokens cancel. Null in looks of earlier versions.
   */
  readonly bothWays: Estimate | null;
}

/** What one look saw, as plain JSON; fractions have six significant digits. */
export interface Look {
  /** Null where there is no text to measure on. */
  readonly heldOut: HeldOutLook | null;
  readonly repeated: RepeatedLook;
  /** Layer by layer. */
  readonly heads: readonly HeadLook[];
  readonly lengths: readonly LengthLook[];
}

/** What to look with. The same seed asks the same prompts of every model. */
export interface LookSpec {
  /** Contexts that the model has not been trained on, BOS first; null where there are none. */
  readonly heldOut: TokenBatch | null;
  /** Seed of the random tokens. */
  readonly seed: number;
  /** Default 2 to 6. Lengths that do not fit into the model's context are left out. */
  readonly lengths?: readonly number[];
  /** Prompts of each length. Default 400. */
  readonly batch?: number;
  /** The token that opens prompts. Default: the model's, and 0 where its files do not say. */
  readonly bos?: number;
  readonly signal?: AbortSignal;
}

const LOOK_LENGTHS: readonly number[] = [2, 3, 4, 5, 6];
const LOOK_BATCH = 400;

/** The post's question at one length. */
async function lengthLook(
  model: HookedTransformer,
  length: number,
  { seed, batch = LOOK_BATCH, bos, signal }: LookSpec & { readonly bos: number },
): Promise<LengthLook> {
  const { d_vocab } = model.config;
  const prompts = askedBothWays({ length, batch, seed, d_vocab, bos });
  const context = { model, ...(signal && { signal }) };
  const { pRight, pWrong, logitDiff, bothWays } = await measureBothWays(context, prompts);
  return { length, pB: pRight, pD: pWrong, logitDiff, bothWays };
}

/**
 * Looks at a model. The caller has made it and disposes of it.
 *
 * @throws LookbackError as `run`; `cancelled` when the signal fires.
 * @example
 * const look = await lookAt(model, { heldOut: null, seed: 0 });
 * look.heads.map(({ label, induction }) => `${label} ${induction.mean}`);
 */
export async function lookAt(model: HookedTransformer, spec: LookSpec): Promise<Look> {
  const { heldOut, seed, lengths = LOOK_LENGTHS, signal } = spec;
  const { n_ctx, bos_token_id } = model.config;
  const bos = spec.bos ?? bos_token_id ?? 0;
  const options = { bos, seed, ...(signal && { signal }) };
  const text = heldOut && (await heldOutLook(model, heldOut, options));
  const { repeated, heads } = await repeatedTokensLook(model, options);
  const rows: LengthLook[] = [];
  for (const length of lengths) {
    if (3 * length + 1 <= n_ctx) rows.push(await lengthLook(model, length, { ...spec, bos }));
  }
  return inSixDigits({ heldOut: text, repeated, heads, lengths: rows });
}
