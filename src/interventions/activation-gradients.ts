/**
 * @file Gradients of any number that a model's answer gives with respect to any of its activations: what
 * attribution patching, saliency and linear probes of influence start from.
 *
 * B rows (prompts), P positions, Q the positions read out, V vocabulary.
 */

import { valueAndGradient } from "../engine/gradient.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { oneAhead } from "../engine/one-ahead.ts";
import { ownedIn, scoped } from "../engine/scope.ts";
import { type Tensor, zeros } from "../engine/tensor.ts";
import { LookbackError, throwIfCancelled } from "../errors.ts";
import type { ForwardModel } from "../model/forward.ts";
import { GatheredByName } from "../model/gathered.ts";
import type { HookName, HookPattern } from "../model/hooks.ts";
import { type PassResult, pass } from "../model/pass.ts";
import { planRun, type RunPlan } from "../model/plan.ts";
import { checkNumbers, rowsAtATime } from "../model/run-chunks.ts";
import type { Hook, RunOptions } from "../model/run-options.ts";
import { Activations } from "../model/run-result.ts";
import { checkTokens, rowsFilledUp, type TokenBatch } from "../model/tokens.ts";

/** The prompts that a metric is asked about. */
export interface MetricContext {
  readonly tokens: TokenBatch;
  /** Their rows in the batch that was given, `[start, end)`. */
  readonly rows: readonly [start: number, end: number];
}

/** A number for each prompt, [B], from the logits [B, Q, V], by tensor operations alone. */
export type Metric = (logits: Tensor, context: MetricContext) => Tensor;

/** Which gradients, of what. */
export interface GradientRequest
  extends Pick<
    RunOptions,
    "answers" | "positions" | "hooks" | "mode" | "chunkRows" | "signal" | "onProgress"
  > {
  readonly tokens: TokenBatch;
  /** The activations, by hook name or glob. */
  readonly names: readonly HookPattern[];
  /**
   * What is differentiated. Default, where `answers` are `[right, wrong]` and one position is read:
   * logit(right) - logit(wrong), which needs no more of the vocabulary than these two.
   */
  readonly of?: Metric;
}

/** Gradients, and what they were taken at. Each array is over the whole batch. */
export interface ActivationGradients {
  /** The metric of each prompt, [B]. */
  readonly values: Float32Array;
  /** The activations of the run, as `run` returns them at every position. */
  readonly activations: Activations;
  /** ∂ metric of a prompt / ∂ activation, in the activation's shape. */
  readonly gradients: Activations;
}

/**
 * Runs a model and differentiates a number for each prompt with respect to activations: the total
 * derivative, through everything that comes after. Prompts do not see each other, so each has its own.
 *
 * Hooks take part: the gradient is that of the run as the hooks change it, and of an activation that a
 * hook replaces it is taken behind the hook. Hooks and the metric are traced, so they are called with
 * tensors whose numbers are not there yet, and may not read or keep them.
 *
 * @example
 * ```ts
 * const { activations, gradients } = await activationGradients(model, {
 *   tokens, answers, names: ["blocks.*.attn.hook_z"],
 * });
 * const z = "blocks.0.attn.hook_z";
 * // To first order, what setting z to zero would take from logit(right) - logit(wrong):
 * const effect = activations.get(z).data.map((x, i) => x * gradients.get(z).data[i]);
 * ```
 * @throws LookbackError as `run`; `bad-spec` where it is not said what to differentiate or by what;
 *   `bad-shape` where the metric gives something else than a number for each prompt.
 */
export async function activationGradients(
  model: ForwardModel,
  request: GradientRequest,
): Promise<ActivationGradients> {
  const { tokens, signal, onProgress } = request;
  checkTokens(tokens, model.config);
  const { plan, metric } = planned(model, request);
  const { batch } = tokens;
  const rows = rowsAtATime(model.config, tokens, request);

  function* chunks() {
    for (let start = 0; start < batch; start += rows) {
      throwIfCancelled(signal);
      const range = [start, Math.min(batch, start + rows)] as const;
      yield async () => {
        const prompts = { tokens: rowsFilledUp(tokens, ...range), rows: range };
        return {
          start,
          end: range[1],
          ...(await readChunk(() => chunkOf(model, prompts, plan, metric))),
        };
      };
    }
  }

  const values = new Float32Array(batch);
  const activations = new GatheredByName<HookName>(batch);
  const gradients = new GatheredByName<HookName>(batch);
  for await (const chunk of oneAhead(chunks())) {
    throwIfCancelled(signal);
    values.set(chunk.values, chunk.start);
    activations.put(chunk.start, chunk.activations);
    gradients.put(chunk.start, chunk.gradients);
    onProgress?.(chunk.end, batch);
  }
  return {
    values,
    activations: new Activations(activations.arrays),
    gradients: new Activations(gradients.arrays),
  };
}

/** What the numbers of a pass come to, [B]. */
type PassMetric = (result: PassResult, context: MetricContext) => Tensor;

/** The run that is differentiated, and the number that it is differentiated of. */
function planned(
  model: ForwardModel,
  { tokens, names, of, answers, positions, hooks, mode }: GradientRequest,
): { readonly plan: RunPlan; readonly metric: PassMetric } {
  if (names.length === 0) {
    throw new LookbackError("bad-spec", "names: the gradient with respect to which activations?");
  }
  const plan = planRun(model.config, tokens, {
    names,
    ...(positions !== undefined && { positions }),
    ...(hooks !== undefined && { hooks }),
    ...(mode !== undefined && { mode }),
    ...(of === undefined ? { ...(answers !== undefined && { answers }) } : { logits: true }),
  });
  if (of !== undefined) {
    return { plan, metric: ({ logits }, context) => of(logits as Tensor, context) };
  }
  if (answers === undefined || answers[0]?.length !== 2 || plan.positions.length !== 1) {
    throw new LookbackError(
      "bad-spec",
      "what is to be differentiated? Give `answers` as [right, wrong] for each prompt and read one position, or `of`, a number for each prompt from the logits",
    );
  }
  return { plan, metric: ({ answerLogits }) => logitDifferenceOf(answerLogits as Tensor) };
}

/** logit(right) - logit(wrong): [B, 1, 2] -> [B] */
function logitDifferenceOf(answerLogits: Tensor): Tensor {
  return answerLogits.slice(null, 0, 0).sub(answerLogits.slice(null, 0, 1));
}

/** Some prompts' numbers on the device. */
interface ChunkTensors {
  /** [B] */
  readonly values: Tensor;
  readonly activations: ReadonlyMap<HookName, Tensor>;
  readonly gradients: ReadonlyMap<HookName, Tensor>;
}

/**
 * One run for what there is, and one that is differentiated with respect to nothing added to each
 * activation: that is the total derivative, since what comes after sees the sum.
 */
function chunkOf(
  model: ForwardModel,
  prompts: MetricContext,
  plan: RunPlan,
  metric: PassMetric,
): ChunkTensors {
  const { tokens, rows } = prompts;
  const own = pass(model, tokens, plan, rows);
  const values = checkedMetric(metric(own, prompts), tokens.batch);
  const names = [...own.activations.keys()];
  const { gradients } = valueAndGradient(
    (...added) => {
      const adding = names.map(
        (name, i) => [name, (x: Tensor) => x.add(added[i] as Tensor)] as const,
      );
      return metric(pass(model, tokens, withHooks(plan, adding), rows), prompts).sum();
    },
    names.map((name) => zeros((own.activations.get(name) as Tensor).shape)),
  );
  return {
    values,
    activations: own.activations,
    gradients: new Map(names.map((name, i) => [name, gradients[i] as Tensor])),
  };
}

/** A plan with more hooks behind its own, and with nothing to keep. */
function withHooks(plan: RunPlan, more: readonly (readonly [HookName, Hook])[]): RunPlan {
  const hooks = new Map(plan.hooks);
  for (const [name, hook] of more) hooks.set(name, [...(hooks.get(name) ?? []), hook]);
  return { ...plan, names: new Set(), hooks };
}

function checkedMetric(values: Tensor, rows: number): Tensor {
  if (values.shape.join() === String(rows)) return values;
  throw new LookbackError(
    "bad-shape",
    `of: the metric gave shape [${values.shape.join(", ")}] for ${rows} prompts; it must give one number for each, [${rows}]`,
  );
}

/** Computes, reads back and frees. */
async function readChunk(compute: () => ChunkTensors) {
  const chunk = scoped(compute);
  const reading = async (name: string, tensor: Tensor): Promise<NdArray> => {
    const array = await tensor.read();
    checkNumbers(name, array);
    return array;
  };
  const all = (tensors: ReadonlyMap<HookName, Tensor>, what: string) =>
    Promise.all(
      Array.from(
        tensors,
        async ([name, tensor]) => [name, await reading(`${what}${name}`, tensor)] as const,
      ),
    );
  const read = Promise.all([
    reading("of", chunk.values),
    all(chunk.activations, ""),
    all(chunk.gradients, "the gradient of "),
  ]);
  for (const owned of ownedIn(chunk)) owned.free(); // what is being read stays until it is
  const [values, activations, gradients] = await read;
  return { values: values.data, activations, gradients };
}
