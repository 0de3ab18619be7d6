/** @file The question of most of the post's experiments: of two tokens, which does the model predict? */

import { rowEstimates } from "../measures/batch-mean.ts";
import {
  type PairMeasures,
  pairLogitDifferences,
  pairMeasures,
} from "../measures/pair-measures.ts";
import { type Estimate, estimate } from "../measures/statistics.ts";
import { goodLength } from "../model/chunks.ts";
import type { HeadIndex } from "../model/heads.ts";
import type { HookName } from "../model/hooks.ts";
import { truncateTokens } from "../model/tokens.ts";
import type { AnsweredPrompts } from "../prompts/prompt.ts";
import type { AskedBothWays } from "../prompts/repeated.ts";
import { type ExperimentContext, runOptions } from "./context.ts";

/** {@link PairMeasures} as means over prompts. */
export type AnswerMeans = { readonly [K in keyof PairMeasures]: Estimate };

type Runner = Pick<ExperimentContext, "model" | "signal" | "onProgress">;

/** What comes after the position that is read cannot reach it, so most of it is not run. */
function runToRead(
  { model, ...options }: Runner,
  prompts: AnsweredPrompts,
  { names = [], answerLogProbs = true }: { names?: HookName[]; answerLogProbs?: boolean } = {},
) {
  const length = goodLength(prompts.read + 1, prompts.tokens.length);
  return model.run(truncateTokens(prompts.tokens, length), {
    names,
    namesAt: "positions",
    positions: [prompts.read],
    answers: prompts.answers,
    answerLogProbs,
    ...runOptions(options),
  });
}

/** Runs prompts and gives the answers at the position that is read, prompt by prompt. */
export async function answerValues(
  context: Runner,
  prompts: AnsweredPrompts,
): Promise<PairMeasures> {
  return pairMeasures(await runToRead(context, prompts));
}

/** Means over prompts. */
export function answerMeans({ pRight, pWrong, logitDiff }: PairMeasures): AnswerMeans {
  return {
    pRight: estimate(pRight),
    pWrong: estimate(pWrong),
    logitDiff: estimate(logitDiff),
  };
}

/** Runs prompts and gives the mean answers at the position that is read. */
export async function measureAnswers(
  context: Runner,
  prompts: AnsweredPrompts,
): Promise<AnswerMeans> {
  return answerMeans(await answerValues(context, prompts));
}

/**
 * The answers to the first of two askings, and the mean of both's logit differences, paired over prompts.
 * Of the second no probabilities are wanted: these take all logits, and a difference takes two.
 */
export async function measureBothWays(
  context: Runner,
  { first, second }: AskedBothWays,
): Promise<AnswerMeans & { readonly bothWays: Estimate }> {
  const half = (from: 0 | 0.5): Runner => ({
    ...context,
    onProgress: (share) => context.onProgress?.(from + share / 2),
  });
  const values = await answerValues(half(0), first);
  const others = pairLogitDifferences(
    await runToRead(half(0.5), second, { answerLogProbs: false }),
  );
  const means = values.logitDiff.map((own, prompt) => (own + (others[prompt] as number)) / 2);
  return { ...answerMeans(values), bothWays: estimate(means) };
}

/** Answers as of {@link measureAnswers}, and where a head looks from the position that is read: one estimate a key. */
export async function measureAnswersAndAttention(
  context: Runner,
  prompts: AnsweredPrompts,
  { layer, head }: HeadIndex,
): Promise<AnswerMeans & { readonly attention: readonly Estimate[] }> {
  const name = `blocks.${layer}.attn.hook_pattern` as const;
  const result = await runToRead(context, prompts, { names: [name] });
  const pattern = result.activations.get(name); // [batch, head, 1, key]
  const attention = rowEstimates(pattern, head, 0, prompts.read + 1);
  return { ...answerMeans(pairMeasures(result)), attention };
}

/**
 * What an interval says of a difference: `yes` or `no` when the whole 95% interval lies on one side
 * of zero, `cannot tell` when zero is inside of it.
 */
export type Sign = "yes" | "no" | "cannot tell";

/** Whether a difference is positive, by its 95% interval; one prompt has none. */
export function isPositive({ ci95: [low, high], n }: Estimate): Sign {
  if (n < 2) return "cannot tell";
  if (low > 0) return "yes";
  return high < 0 ? "no" : "cannot tell";
}
