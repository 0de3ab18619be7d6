/**
 * @file Training, one step at a time: the loss of a batch of contexts, its gradient, and AdamW. What
 * batches there are, how the learning rate moves and when to stop is for others to say.
 */

import { type DeviceKind, openDevice, switchDevice } from "../engine/device.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import { Stages } from "../engine/stages.ts";
import { tensor, zeros } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import type { TokenBatch } from "../model/tokens.ts";
import { checkWeights, type StateDict } from "../model/weights.ts";
import { type AdamWOptions, adamW, checkAdamW, type Moments, stepNumbers } from "./adamw.ts";
import { batchLayout, checkContexts } from "./batch.ts";
import { lossAndGradients } from "./gradients.ts";
import { HeadLayout } from "./head-layout.ts";
import { fromTraining, paddedVocab, toTraining } from "./weights.ts";

/** A model in training: its weights and what AdamW remembers of their gradients, on the device. */
export interface TrainState extends Disposable {
  readonly config: ModelConfig;
  readonly device: DeviceKind;
  readonly options: AdamWOptions;
  /** Steps taken so far. */
  readonly steps: number;
}

/** How to begin. */
export interface TrainOptions extends AdamWOptions {
  /** Default `wasm`. */
  readonly device?: DeviceKind;
}

/** What may differ from step to step. */
export interface StepOptions {
  /** In place of that of the state's options. */
  readonly learningRate?: number;
}

/** What a step tells. */
export interface StepResult {
  /** Mean cross-entropy of each next token, in nats, before the step. */
  readonly loss: number;
}

/** All of a state; what users see of it is {@link TrainState}. */
class State implements TrainState {
  readonly config: ModelConfig;
  readonly device: DeviceKind;
  readonly options: AdamWOptions;
  steps = 0;
  moments: Map<string, Moments>;
  /** Steps are taken one after the other, whoever waits for them. */
  turn: Promise<unknown> = Promise.resolve();
  #layout:
    | { readonly contexts: number; readonly length: number; readonly heads: HeadLayout }
    | undefined;

  constructor(config: ModelConfig, weights: StateDict, options: AdamWOptions, device: DeviceKind) {
    this.config = config;
    this.options = options;
    this.device = device;
    this.moments = scoped(() => {
      const all = [...weights].map(([name, weight]): [string, Moments] => {
        const laidOut = toTraining(name, weight, config);
        const { shape } = laidOut;
        return [name, { weight: tensor(laidOut), mean: zeros(shape), square: zeros(shape) }];
      });
      return new Map(all);
    });
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
    for (const moments of this.moments.values()) freeMoments(moments);
    this.moments = new Map();
    this.#layout?.heads.dispose();
    this.#layout = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function freeMoments({ weight, mean, square }: Moments): void {
  for (const tensor of [weight, mean, square]) tensor.free();
}

/** The state behind its public face, if it can still be used. */
function opened(state: TrainState): State {
  if (!(state instanceof State) || state.moments.size === 0) {
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
  { device: wanted, ...options }: TrainOptions,
): Promise<TrainState> {
  checkAdamW(options);
  const checked = checkWeights(weights, config);
  return new State(config, checked, options, await openDevice(wanted));
}

/**
 * One step of AdamW on the mean loss over all next tokens of a batch of contexts. Position 0 of a
 * context is whatever token is there.
 *
 * @throws LookbackError `bad-shape` (no context, or contexts of one token), `sequence-too-long` or
 *   `token-out-of-range`; `not-finite` where the loss is no number: the state is as it was before.
 */
export async function trainStep(
  state: TrainState,
  tokens: TokenBatch,
  options: StepOptions = {},
): Promise<StepResult> {
  const open = opened(state);
  const adamWOptions = { ...open.options, ...options };
  checkAdamW(adamWOptions);
  checkContexts(tokens, open.config);
  const step = open.turn.then(() => takeStep(opened(open), tokens, adamWOptions));
  open.turn = step.catch(() => {}); // whoever asked for that step sees its error
  return step;
}

async function takeStep(
  state: State,
  tokens: TokenBatch,
  options: AdamWOptions,
): Promise<StepResult> {
  const stages = new Stages(state.device);
  try {
    const weights = new Map([...state.moments].map(([name, { weight }]) => [name, weight]));
    const model = { config: state.config, weights, layout: state.layoutOf(tokens) };
    const { loss, gradients } = await lossAndGradients(model, tokens, stages);
    if (!Number.isFinite(loss)) {
      throw new LookbackError(
        "not-finite",
        `the loss of step ${state.steps + 1} is ${loss}: training diverged; try a lower learning rate, or go on from weights of before`,
        { step: state.steps + 1, loss },
      );
    }
    const before = state.moments;
    const after = await stages.run(() => {
      const numbers = stepNumbers(options, state.steps + 1);
      const all = [...before].map(([name, moments]): [string, Moments] => {
        const gradient = gradients.get(name);
        if (gradient === undefined) throw new Error(`internal: ${name} has no gradient`);
        return [name, adamW(moments, gradient, numbers)];
      });
      return new Map(all);
    });
    await stages.finish();
    opened(state); // or what was computed is freed with the stages
    for (const { weight, mean, square } of after.values()) {
      for (const tensor of [weight, mean, square]) tensor.keep();
    }
    state.moments = after;
    state.steps++;
    for (const moments of before.values()) freeMoments(moments);
    return { loss };
  } finally {
    stages.close();
  }
}

/** The weights as they are now, by name, in TransformerLens' shapes: what a checkpoint holds. */
export async function readWeights(state: TrainState): Promise<StateDict> {
  const open = opened(state);
  const weights = new Map<string, NdArray>();
  const reading = open.turn.then(async () => {
    for (const [name, { weight }] of opened(open).moments) {
      weights.set(name, fromTraining(name, await weight.read(), open.config));
    }
  });
  open.turn = reading.catch(() => {});
  await reading;
  return weights;
}

/** Frees all that a state holds on the device. It cannot be trained afterwards. */
export function disposeTrainState(state: TrainState): void {
  if (state instanceof State) state.dispose();
}
