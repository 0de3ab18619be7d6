/** @file The prompts of `lookback ablate` at one length, and those that a resampled output is taken from. */

import type { AblationKind } from "../interventions/ablation-kinds.ts";
import type { TokenBatch } from "../model/tokens.ts";
import type { AnsweredPrompts } from "../prompts/prompt.ts";
import { randomPrompts } from "../prompts/random.ts";
import { type RepeatedSpec, repeatedPrompts } from "../prompts/repeated.ts";
import { UsageError } from "./usage-error.ts";

/** Where resampled outputs come from. */
export const RESAMPLE_FROM = ["random", "batch"] as const;
export type ResampleFrom = (typeof RESAMPLE_FROM)[number];

/** The same as a result says it. */
export const RESAMPLED_FROM: Readonly<Record<ResampleFrom, string>> = {
  random: "random tokens",
  batch: "next prompt of the batch",
};

/**
 * Where an ablation of this kind resamples from: by default random tokens; undefined where it does not.
 *
 * @throws UsageError when that was asked for and it does not.
 */
export function resampling(
  kind: AblationKind,
  asked: ResampleFrom | undefined,
): ResampleFrom | undefined {
  if (kind === "resample") return asked ?? "random";
  if (asked === undefined) return undefined;
  throw new UsageError(`--resample-from goes with --kind resample, not with --kind ${kind}`);
}

/** What is asked, and the prompts whose outputs are taken where these are not the next ones. */
export interface AblatePrompts {
  readonly asked: AnsweredPrompts;
  readonly others?: TokenBatch;
}

/**
 * The post's prompts of one length. Random tokens beside them are drawn with the next seed, behind BOS
 * and as long.
 *
 * @throws LookbackError `bad-spec` naming the field that cannot be.
 */
export function ablatePrompts(spec: RepeatedSpec, from: ResampleFrom | undefined): AblatePrompts {
  const asked = repeatedPrompts(spec);
  if (from !== "random") return { asked };
  const { batch, d_vocab, bos, seed } = spec;
  const length = asked.tokens.length - 1;
  const next = (seed + 1) % 2 ** 32;
  return { asked, others: randomPrompts({ batch, d_vocab, bos, length, seed: next }).tokens };
}
