/**
 * @file What an ablation puts in the place of a run's own numbers: zero, their mean over the batch, or
 * those of another prompt.
 */

import { tensor, zeros } from "../engine/tensor.ts";
import { checkChoice, LookbackError } from "../errors.ts";
import { RunningMean } from "../measures/batch-mean.ts";
import type { ModelConfig } from "../model/config.ts";
import type { ForwardModel } from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import { runChunks } from "../model/run-chunks.ts";
import { checkTokens, type TokenBatch, truncateTokens } from "../model/tokens.ts";
import { ABLATION_KINDS, type AblationKind } from "./ablation-kinds.ts";
import { activationsOf, checkPairs } from "./patch.ts";
import { type Question, readPosition } from "./question.ts";
import type { Source } from "./source.ts";

function zeroSource({ n_heads, d_head, d_model }: ModelConfig): Source {
  const extents = (hook: HookName) => (hook.endsWith("hook_z") ? [n_heads, d_head] : [d_model]);
  return ({ length, hooks }) => ({
    activations: new Map(hooks.map((hook) => [hook, zeros([1, length, ...extents(hook)])])),
  });
}

async function meanSource(
  model: ForwardModel,
  question: Question,
  hooks: readonly HookName[],
  signal: AbortSignal | undefined,
): Promise<Source> {
  const tokens = truncateTokens(question.tokens, readPosition(question) + 1);
  const sums = new Map(hooks.map((hook) => [hook, new RunningMean()]));
  for await (const { activations } of runChunks(model, tokens, {
    names: hooks,
    ...(signal && { signal }),
  })) {
    for (const [hook, sum] of sums) sum.add(activations.get(hook));
  }
  const means = [...sums].map(([hook, sum]) => {
    const { shape, data } = sum.result.mean;
    return [hook, { shape: [1, ...shape], data }] as const;
  });
  return () => ({ activations: new Map(means.map(([hook, mean]) => [hook, tensor(mean)])) });
}

function resampleSource(
  model: ForwardModel,
  { tokens }: Question,
  others: TokenBatch | undefined,
): Source {
  if (others !== undefined) {
    checkTokens(others, model.config);
    checkPairs(tokens, others);
    return activationsOf(model, others);
  }
  if (tokens.batch < 2) {
    throw new LookbackError("bad-spec", "resample ablation needs a batch of at least 2 prompts");
  }
  // Rows are drawn independently, so the next row is as random as any other.
  const ids = new Int32Array(tokens.ids.length);
  ids.set(tokens.ids.subarray(tokens.length));
  ids.set(tokens.ids.subarray(0, tokens.length), ids.length - tokens.length);
  return activationsOf(model, { ...tokens, ids });
}

/** What to ablate with. */
export interface Ablation {
  readonly kind: AblationKind;
  /**
   * Of `resample`: the prompts whose outputs are taken, one for each prompt and as long. Default the next
   * prompt of the batch. Mind that prompts of one structure resemble each other: two heads that compare
   * what a third one wrote still find a match in another prompt of the same structure.
   */
  readonly others?: TokenBatch | undefined;
  readonly hooks: readonly HookName[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * The numbers of an ablation, at every position, for hooks of heads' outputs and of embeddings.
 *
 * @throws LookbackError `bad-spec` for an unknown kind, or resampling within one prompt; `bad-shape` for others that do not pair
 *   up.
 */
export async function ablationSource(
  model: ForwardModel,
  question: Question,
  { kind, others, hooks, signal }: Ablation,
): Promise<Source> {
  checkChoice("kind", kind, ABLATION_KINDS);
  if (kind === "zero") return zeroSource(model.config);
  if (kind === "mean") return meanSource(model, question, hooks, signal);
  return resampleSource(model, question, others);
}
