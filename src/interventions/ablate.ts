/**
 * @file Ablation: a head's output replaced by zero, by its mean over the batch, or by its output on
 * other prompts, and what becomes of the logit difference.
 */

import { type NdArray, type Nested, toNested } from "../engine/ndarray.ts";
import { tensor, zeros } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import { type Estimate, estimate, estimatePaired } from "../measures/statistics.ts";
import type { ForwardModel } from "../model/forward.ts";
import { run } from "../model/run.ts";
import { checkTokens, truncateTokens } from "../model/tokens.ts";
import { exchangeEach } from "./exchange.ts";
import { activationsOf } from "./patch.ts";
import { type Question, readPosition } from "./question.ts";
import type { Source } from "./source.ts";

/**
 * What takes the place of a head's output: `zero`; `mean`, its mean over the batch at each position;
 * `resample`, its output on another prompt of the batch.
 */
export type AblationKind = "zero" | "mean" | "resample";

/** What to ablate. */
export interface AblateRequest extends Question {
  readonly kind: AblationKind;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Mean logit differences with one head ablated, [layer][head]. */
export interface AblateResult {
  /** Of the run as it is. */
  readonly clean: Estimate;
  readonly values: Nested;
  /** What the ablation takes away, clean - ablated, paired over prompts; with its standard error. */
  readonly effect: Nested;
  readonly effectSe: Nested;
}

/** The mean over rows of `[batch, …]`, as `[1, …]`. */
function meanOverBatch({ shape, data }: NdArray): NdArray {
  const [batch = 1, ...rest] = shape;
  const size = data.length / batch;
  const sums = new Float64Array(size);
  for (let row = 0; row < batch; row++) {
    for (let i = 0; i < size; i++) sums[i] = (sums[i] as number) + (data[row * size + i] as number);
  }
  return { shape: [1, ...rest], data: Float32Array.from(sums, (total) => total / batch) };
}

const zeroSource: (model: ForwardModel) => Source =
  ({ config }) =>
  ({ length, hooks }) => ({
    activations: new Map(
      hooks.map((hook) => [hook, zeros([1, length, config.n_heads, config.d_head])]),
    ),
  });

async function meanSource(model: ForwardModel, question: Question): Promise<Source> {
  const tokens = truncateTokens(question.tokens, readPosition(question) + 1);
  const { activations } = await run(model, tokens, { names: ["blocks.*.attn.hook_z"] });
  const means = new Map([...activations].map(([name, z]) => [name, meanOverBatch(z)]));
  return () => ({
    activations: new Map([...means].map(([name, mean]) => [name, tensor(mean)])),
  });
}

function resampleSource(model: ForwardModel, { tokens }: Question): Source {
  if (tokens.batch < 2) {
    throw new LookbackError("bad-spec", "resample ablation needs a batch of at least 2 prompts");
  }
  // Rows are drawn independently, so the next row is as random as any other.
  const ids = new Int32Array(tokens.ids.length);
  ids.set(tokens.ids.subarray(tokens.length));
  ids.set(tokens.ids.subarray(0, tokens.length), ids.length - tokens.length);
  return activationsOf(model, { ...tokens, ids });
}

/**
 * Ablates every head of the model, one at a time, at all positions.
 *
 * @throws LookbackError as {@link exchangeEach}; `bad-spec` for resampling within one prompt.
 */
export async function ablateHeads(
  model: ForwardModel,
  request: AblateRequest,
): Promise<AblateResult> {
  const { kind, signal, onProgress, ...question } = request;
  checkTokens(question.tokens, model.config);
  let source: Source;
  if (kind === "zero") source = zeroSource(model);
  else if (kind === "mean") source = await meanSource(model, question);
  else source = resampleSource(model, question);
  const { base, exchanged, placeShape } = await exchangeEach(model, {
    question,
    component: "z",
    by: "head",
    source,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  const effects = exchanged.map((scores) => estimatePaired(base, scores));
  return {
    clean: estimate(base),
    values: toNested(
      placeShape,
      exchanged.map((scores) => estimate(scores).mean),
    ),
    effect: toNested(
      placeShape,
      effects.map(({ mean }) => mean),
    ),
    effectSe: toNested(
      placeShape,
      effects.map(({ se }) => se),
    ),
  };
}
