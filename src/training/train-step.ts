/**
 * @file Training, one step at a time: the loss of a batch of contexts, its gradient, and the optimizer.
 * What batches there are, how the learning rate moves and when to stop is for others to say.
 */

import { type DeviceKind, openDevice, switchDevice } from "../engine/device.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import { Stages } from "../engine/stages.ts";
import type { Tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import type { TokenBatch } from "../model/tokens.ts";
import { checkWeights, type StateDict } from "../model/weights.ts";
import { batchLayout, checkContexts } from "./batch.ts";
import { clipped } from "./clip.ts";
import { lossAndGradients } from "./gradients.ts";
import { HeadLayout } from "./head-layout.ts";
import {
  checkOptimizer,
  createSlots,
  freeSlots,
  memoryName,
  type OptimizerOptions,
  replaceSlots,
  type Slot,
  stepped,
} from "./optimizer.ts";
import { fromTraining, paddedVocab } from "./weights.ts";

/** A model in training: its weights and what their optimizers remember of gradients, on the device. */
export interface TrainState extends Disposable {
  readonly config: ModelConfig;
  readonly device: DeviceKind;
  readonly options: OptimizerOptions;
  /** Steps taken so far. */
  readonly steps: number;
}

/** How to begin. */
export interface TrainOptions extends OptimizerOptions {
  /** Default `wasm`. */
  readonly device?: DeviceKind;
  /** Where to go on from. By default no step was taken, and nothing is remembered. */
  readonly from?: OptimizerState;
}

/** What training needs beside the weights to go on as if it had not stopped. */
export interface OptimizerState {
  /** Steps taken. */
  readonly steps: number;
  /**
   * What optimizers remember, as `embed.W_E.mean`, `embed.W_E.square`, in TransformerLens' shapes;
   * undefined: nothing yet.
   */
  readonly memory: StateDict | undefined;
}

/** What may differ from step to step. */
export interface StepOptions {
  /** What all learning rates are multiplied by: a schedule. Default 1. */
  readonly rateFactor?: number;
}

/** What a step tells. */
export interface StepResult {
  /** Mean cross-entropy of each next token, in nats, before the step. */
  readonly loss: number;
  /** Norm of all gradients together, before they were clipped; only where there is a `clipNorm`. */
  readonly gradientNorm?: number;
}

/** All of a state; what users see of it is {@link TrainState}. */
class State implements TrainState {
  readonly config: ModelConfig;
  readonly device: DeviceKind;
  readonly options: OptimizerOptions;
  steps: number;
  slots: Map<string, Slot>;
  /** Steps are taken one after the other, whoever waits for them. */
  turn: Promise<unknown> = Promise.resolve();
  #layout:
    | { readonly contexts: number; readonly length: number; readonly heads: HeadLayout }
    | undefined;

  constructor(
    config: ModelConfig,
    weights: StateDict,
    {
      options,
      device,
      from,
    }: { options: OptimizerOptions; device: DeviceKind; from: OptimizerState | undefined },
  ) {
    this.config = config;
    this.options = options;
    this.device = device;
    this.steps = from?.steps ?? 0;
    this.slots = scoped(() => createSlots(config, weights, options, from?.memory));
  }

  /** Where a batch of this shape goes; kept, since batches of one shape follow each other. */
  layoutOf({ batch, length }: TokenBatch): HeadLayout {
    const last = this.#layout;
    if (last?.contexts === batch && last.length === length) return last.heads;
    last?.heads.dispose();
    this.#layout = undefined;
    switchDevice(this.device);
    const heads = new HeadLayout(batchLayout(batch, length, paddedVocab(this.config)), this.config);
    this.#layout = { contexts: batch, length, heads };
    return heads;
  }

  dispose(): void {
    freeSlots(this.slots);
    this.slots = new Map();
    this.#layout?.heads.dispose();
    this.#layout = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The state behind its public face, if it can still be used. */
function opened(state: TrainState): State {
  if (!(state instanceof State) || state.slots.size === 0) {
    throw new LookbackError("freed-tensor", "this training state was disposed of, or is none");
  }
  return state;
}

/**
 * Puts a model on the device to train it.
 *
 * @param weights as they are in files, `embed.W_E` and so on, in TransformerLens' shapes.
 * @throws LookbackError `bad-weights` or `not-finite` naming a weight that does not fit the config;
 *   `bad-spec` naming an option; `unsupported` device.
 *
 * @example
 * ```ts
 * using state = await createTrainState(config, weights, {
 *   learningRate: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.01,
 * });
 * const { loss } = await trainStep(state, tokenBatch(contexts));
 * ```
 */
export async function createTrainState(
  config: ModelConfig,
  weights: StateDict,
  { device: wanted, from, ...options }: TrainOptions,
): Promise<TrainState> {
  checkOptimizer(options);
  const checked = checkWeights(weights, config);
  return new State(config, checked, { options, device: await openDevice(wanted), from });
}

/**
 * One step of the optimizer on the mean loss over all next tokens of a batch of contexts. Position 0 of a
 * context is whatever token is there.
 *
 * @throws LookbackError `bad-shape` (no context, or contexts of one token), `sequence-too-long` or
 *   `token-out-of-range`; `not-finite` where the loss is no number: the state is as it was before.
 */
export async function trainStep(
  state: TrainState,
  tokens: TokenBatch,
  { rateFactor = 1 }: StepOptions = {},
): Promise<StepResult> {
  const open = opened(state);
  if (!(rateFactor >= 0 && rateFactor < Number.POSITIVE_INFINITY)) {
    throw new LookbackError("bad-spec", `rateFactor must be a number from 0, got ${rateFactor}`, {
      field: "rateFactor",
    });
  }
  checkContexts(tokens, open.config);
  const step = open.turn.then(() => takeStep(opened(open), tokens, rateFactor));
  open.turn = step.catch(() => {}); // whoever asked for that step sees its error
  return step;
}

async function takeStep(state: State, tokens: TokenBatch, rateFactor: number): Promise<StepResult> {
  const { config, options } = state;
  const step = state.steps + 1;
  const stages = new Stages(state.device);
  try {
    const weights = new Map([...state.slots].map(([name, { weight }]) => [name, weight]));
    const model = { config, weights, layout: state.layoutOf(tokens) };
    const found = await lossAndGradients(model, tokens, stages);
    const { loss } = found;
    if (!Number.isFinite(loss)) {
      throw new LookbackError(
        "not-finite",
        `the loss of step ${step} is ${loss}: training diverged; try a lower learning rate`,
        { step, loss },
      );
    }
    const { clipNorm } = options;
    const { gradients, norm } =
      clipNorm === undefined
        ? { gradients: found.gradients, norm: undefined }
        : await clipped(found.gradients, clipNorm, stages);
    const before = state.slots;
    const after = await stages.run(() => stepped(before, gradients, options, step, rateFactor));
    await stages.finish();
    opened(state); // or what was computed is freed with the stages
    replaceSlots(before, after);
    state.slots = after;
    state.steps++;
    return { loss, ...(norm !== undefined && { gradientNorm: norm }) };
  } finally {
    stages.close();
  }
}

/** The weights as they are now, by name, in TransformerLens' shapes: what a model's files hold. */
export function readWeights(state: TrainState): Promise<StateDict> {
  return inTurn(state, async (open) => {
    const weights = new Map<string, NdArray>();
    for (const [name, { weight }] of open.slots) weights.set(name, await read(name, weight, open));
    return weights;
  });
}

/** What optimizers remember, in TransformerLens' shapes: with the weights, what a checkpoint holds. */
export function readOptimizer(state: TrainState): Promise<OptimizerState> {
  return inTurn(state, async (open) => {
    const memory = new Map<string, NdArray>();
    for (const [name, slot] of open.slots) {
      for (const [kind, tensor] of slot.memory) {
        memory.set(memoryName(name, kind), await read(name, tensor, open));
      }
    }
    return { steps: open.steps, memory };
  });
}

async function read(name: string, tensor: Tensor, { config }: State): Promise<NdArray> {
  return fromTraining(name, await tensor.read(), config);
}

/** Reads a state between two steps. */
async function inTurn<T>(state: TrainState, reading: (open: State) => Promise<T>): Promise<T> {
  const open = opened(state);
  const result = open.turn.then(() => reading(opened(open)));
  open.turn = result.catch(() => {});
  return result;
}

/** Frees all that a state holds on the device. It cannot be trained afterwards. */
export function disposeTrainState(state: TrainState): void {
  if (state instanceof State) state.dispose();
}
