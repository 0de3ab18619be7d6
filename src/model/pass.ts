/** @file One pass of a plan over rows that fit in memory; everything stays on the device. */

import { switchDevice } from "../engine/device.ts";
import { gatherColumns, gatherRows } from "../engine/gather.ts";
import { logSumExpOfSum } from "../engine/log-sum-exp.ts";
import { shapeText } from "../engine/operation.ts";
import { Tensor } from "../engine/tensor.ts";
import { inContext, LookbackError } from "../errors.ts";
import {
  attentionLayer,
  embed,
  type ForwardModel,
  finalNorm,
  lastLayerAt,
  type Stream,
  selectPositions,
  type Tap,
  unembeddingDirections,
  unembedPadded,
} from "./forward.ts";
import { type HookName, positionAxisOf } from "./hooks.ts";
import type { RunPlan } from "./plan.ts";
import type { Hook, HookContext } from "./run-options.ts";
import type { TokenBatch } from "./tokens.ts";
import { answersOfRows, repeatedIds } from "./vocabulary.ts";

/** What a pass was asked for, on the device. B rows, Q positions read out, k answers, V vocabulary. */
export interface PassResult {
  readonly activations: Map<HookName, Tensor>;
  /** [B, Q, V] */
  logits?: Tensor;
  /** [B, Q, k] */
  answerLogits?: Tensor;
  /** [B, Q, k] */
  answerLogProbs?: Tensor;
  /** [B, P - 1] */
  lossPerToken?: Tensor;
  /** [B, P, M] */
  residual?: Tensor;
  /**
   * [B, Q, M], in place of answers with log-probabilities: what is left to do is unembedding alone,
   * which wants other numbers of rows than the layers (`vocabulary.ts`).
   */
  unembedInput?: Tensor;
}

/** An activation as it is returned: at the positions asked for, if it is not there already. */
function atAskedPositions(
  name: HookName,
  value: Tensor,
  plan: RunPlan,
  tokens: TokenBatch,
): Tensor {
  const axis = positionAxisOf(name);
  const everywhere = value.shape[axis] === tokens.length;
  // An alias, because a hook may have put somebody else's tensor in this place.
  return plan.namesAtPositions && everywhere
    ? selectPositions(value, plan.positions, axis).alias()
    : value.alias();
}

/** Calls a hook. Where an operation in it is given shapes that do not fit, the error says in which hook. */
function callHook(hook: Hook, value: Tensor, context: HookContext): unknown {
  try {
    return hook(value, context);
  } catch (error) {
    if (!(error instanceof LookbackError) || error.details.operation === undefined) throw error;
    const { name } = context;
    throw inContext(error, `in the hook on "${name}" ${shapeText(value.shape)}`, { name });
  }
}

/** Calls the hooks of a point, checks what they return, and keeps what was asked for. */
function tapOf(
  plan: RunPlan,
  context: Omit<HookContext, "name">,
  kept: Map<HookName, Tensor>,
): Tap {
  return (name, value) => {
    let current = value;
    for (const hook of plan.hooks.get(name) ?? []) {
      const returned: unknown = callHook(hook, current, { ...context, name });
      if (returned === undefined) continue;
      if (!(returned instanceof Tensor)) {
        const advice =
          returned instanceof Promise
            ? "a promise; hooks are synchronous: keep() the tensor and read it after the run"
            : `${typeof returned}; return a tensor, or nothing to leave the activation as it is`;
        throw new LookbackError("bad-shape", `the hook on "${name}" returned ${advice}`, { name });
      }
      if (returned.shape.join() !== current.shape.join()) {
        throw new LookbackError(
          "bad-shape",
          `the hook on "${name}" returned shape [${returned.shape.join(", ")}] in place of [${current.shape.join(", ")}]`,
          { name, shape: returned.shape, expected: current.shape },
        );
      }
      current = returned;
    }
    if (plan.names.has(name)) {
      kept.set(name, atAskedPositions(name, current, plan, context.tokens));
    }
    return current;
  };
}

/** The stream at which the plan starts: embedded tokens, or the residual that was given. */
function startingStream(
  model: ForwardModel,
  tokens: TokenBatch,
  plan: RunPlan,
  residual: Tensor | undefined,
  tap: Tap,
): Stream {
  if (residual === undefined) return embed(model, tokens, plan.mode, tap);
  const silent: Tap = (_, value) => value;
  const { positions } = embed(model, tokens, plan.mode, silent);
  return { residual, positions };
}

/** Logits of k tokens a row without the rest of the vocabulary, from the unembedding's input. [B, Q, k] */
export function namedLogits(
  model: ForwardModel,
  input: Tensor,
  answers: Int32Array,
  k: number,
): Tensor {
  const batch = input.shape[0] ?? 0;
  const directions = unembeddingDirections(model, answers, [batch, k]); // [B, k, M]
  return input
    .matmul(directions.permute(0, 2, 1)) // [B, Q, k]
    .add(gatherRows(model.weights.U.bias, answers, [batch, 1, k])); // [B, 1, k]
}

/** Values of k columns a row at every position: of `x [B, Q, padded V]`, [B, Q, k]. */
function answerColumns(x: Tensor, answers: Int32Array, k: number): Tensor {
  const [batch = 0, queries = 0, vocab = 0] = x.shape;
  const ids = repeatedIds(answers, queries, k);
  return gatherColumns(x.reshape(batch * queries, vocab), ids, k).reshape(batch, queries, k);
}

/** Cross-entropy of each next token from logits at every position: [B, P - 1]. */
function nextTokenLoss(logits: Tensor, tokens: TokenBatch): Tensor {
  const { batch, length, ids } = tokens;
  const vocab = logits.shape[2] ?? 0;
  const next = new Int32Array(batch * length);
  for (let row = 0; row < batch; row++) {
    next.set(ids.subarray(row * length + 1, (row + 1) * length), row * length);
  }
  const target = gatherColumns(logits.reshape(batch * length, vocab), next, 1);
  return logSumExpOfSum(logits)
    .reshape(batch, length)
    .sub(target.reshape(batch, length))
    .slice(null, [0, length - 1]);
}

/**
 * Runs a plan over the rows of `tokens`; call inside of `scoped`.
 *
 * @param rows where these rows lie in the whole batch, for hooks and answers.
 */
export function pass(
  model: ForwardModel,
  tokens: TokenBatch,
  plan: RunPlan,
  rows: readonly [start: number, end: number],
  residual?: Tensor,
): PassResult {
  const { config } = model;
  switchDevice(model.device);
  const result: PassResult = { activations: new Map() };
  const tap = tapOf(plan, { tokens, rows }, result.activations);

  let stream = startingStream(model, tokens, plan, residual, tap);
  for (let layer = plan.firstLayer; layer < plan.endLayer; layer++) {
    stream =
      plan.lastLayerAtPositions && layer === config.n_layers - 1
        ? lastLayerAt(model, plan.positions, stream, tap)
        : attentionLayer(model, layer, stream, tap);
  }
  if (plan.returnsResidual) result.residual = stream.residual;
  if (!plan.readsOut) return result;

  const everywhere = plan.readsOutEverywhere;
  const selected =
    everywhere || plan.lastLayerAtPositions
      ? stream.residual
      : selectPositions(stream.residual, plan.positions);
  const input = finalNorm(model, selected, tap); // [B, Q, M]; all positions where somebody looks
  const atPositions = (x: Tensor) => (everywhere ? selectPositions(x, plan.positions) : x);

  const answers = plan.answers;
  const k = answers?.[0]?.length ?? 0;
  const answerIds = answers === undefined ? new Int32Array() : answersOfRows(answers, rows);
  const looksAtLogits = plan.names.has("unembed.hook_out") || plan.hooks.has("unembed.hook_out");
  if (!plan.logits && !plan.lossPerToken && !looksAtLogits) {
    if (answers === undefined) return result;
    if (plan.answersFromVocabulary) result.unembedInput = atPositions(input);
    else result.answerLogits = namedLogits(model, atPositions(input), answerIds, k);
    return result;
  }

  let logits = unembedPadded(model, input); // [B, Q, padded V]
  if (looksAtLogits) {
    logits = tap("unembed.hook_out", logits.slice(null, null, [0, config.d_vocab]));
  }
  if (plan.lossPerToken) result.lossPerToken = nextTokenLoss(logits, tokens);
  const read = atPositions(logits);
  if (plan.logits) result.logits = read.slice(null, null, [0, config.d_vocab]);
  if (answers !== undefined) {
    result.answerLogits = answerColumns(read, answerIds, k);
    if (plan.answerLogProbs) {
      result.answerLogProbs = result.answerLogits.sub(logSumExpOfSum(read));
    }
  }
  return result;
}
