/**
 * @file What an ablation puts in the place of a run's own numbers: zero, their mean over the batch or over
 * other prompts, or those of another prompt.
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
import { checkPairs } from "./pair.ts";
import { activationsOf } from "./patch.ts";
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
  { others, hooks, signal }: Ablation,
): Promise<Source> {
  if (others === undefined && question.tokens.batch < 2) {
    throw new LookbackError(
      "bad-spec",
      "mean ablation needs a batch of at least 2 prompts: the mean over one prompt is the prompt itself, so nothing would change",
    );
  }
  const tokens = truncateTokens(others ?? question.tokens, readPosition(question) + 1);
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

function resampleSource(model: ForwardModel, { tokens }: Question, { others }: Ablation): Source {
  if (others !== undefined) return activationsOf(model, others);
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
   * Other prompts, one for each prompt and as long, whose outputs are taken by `resample`, or their mean
   * by `mean`. Default the next prompt of the batch, and the mean over the batch. Mind that prompts of one
   * structure resemble each other: two heads that compare what a third one wrote still find a match in
   * another prompt of the same structure.
   */
  readonly others?: TokenBatch | undefined;
  readonly hooks: readonly HookName[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * The numbers of an ablation, at every position, for hooks of heads' outputs and of embeddings.
 *
 * @throws LookbackError `bad-spec` for an unknown kind, and for resampling within one prompt or a mean over
 *   it; `bad-shape` for others that do not pair up.
 */
export async function ablationSource(
  model: ForwardModel,
  question: Question,
  ablation: Ablation,
): Promise<Source> {
  const { kind, others } = ablation;
  checkChoice("kind", kind, ABLATION_KINDS);
  if (others !== undefined) {
    checkTokens(others, model.config);
    checkPairs(question.tokens, others);
  }
  switch (kind) {
    case "zero":
      return zeroSource(model.config);
    case "mean":
      return meanSource(model, question, ablation);
    case "resample":
      return resampleSource(model, question, ablation);
  }
}
