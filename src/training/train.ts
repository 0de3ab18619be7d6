/**
 * @file The loop: from a recipe and contexts of text to a model, step by step. It knows no files and no
 * terminal; whoever runs it is handed each step, and the state where a checkpoint or a look is due.
 * What a step does depends on the recipe, the text and its number alone, so a run that goes on from a
 * checkpoint gives the numbers that it would have given.
 */

import type { DeviceKind } from "../engine/device.ts";
import { LookbackError, throwIfCancelled } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import type { StateDict } from "../model/weights.ts";
import { fitBigrams } from "./bigram-start.ts";
import { bigramEntropy, countBigrams } from "./bigrams.ts";
import { ContextOrder, type ContextSource, readBatch } from "./contexts.ts";
import { withCopies } from "./copied-spans.ts";
import { initialWeights } from "./initial-weights.ts";
import { type Recipe, termsOfStep, tokensPerStep, totalSteps, trainingOf } from "./recipe.ts";
import {
  createTrainState,
  type OptimizerState,
  readOptimizer,
  readWeights,
  type StepResult,
  trainStep,
} from "./train-step.ts";

/**
 * How many times the loss of guessing at random is beyond what training comes back from: a model is
 * that wrong only if it is sure of it.
 */
const LOST = 3;

/** A model in training after so many steps: all that is needed to go on. */
export interface TrainingPoint {
  readonly weights: StateDict;
  readonly optimizer: OptimizerState;
}

/** A step that was taken. */
export interface StepTaken extends StepResult {
  /** Steps taken so far, this one included. */
  readonly step: number;
  readonly of: number;
  /** Tokens seen so far, this step's included. */
  readonly tokens: number;
}

/** How the fit of bigrams stands. */
export interface BigramStepTaken {
  readonly step: number;
  readonly of: number;
  /** In nats; no bigram model has less than `entropy`. */
  readonly loss: number;
  readonly entropy: number;
}

/** Who is told. Whatever is returned is waited for. */
export interface TrainHooks {
  readonly onBigramStep?: ((step: BigramStepTaken) => void) | undefined;
  readonly onStep?: ((step: StepTaken) => void | Promise<void>) | undefined;
  /**
   * Called with the state after `steps` steps where `isDue(steps)`; the start, 0, counts. The point is
   * read from the device only for this.
   */
  readonly onPoint?: ((steps: number, point: TrainingPoint) => void | Promise<void>) | undefined;
  readonly isDue?: ((steps: number) => boolean) | undefined;
}

export interface TrainRunOptions extends TrainHooks {
  readonly device?: DeviceKind | undefined;
  /** Where to go on from; by default the recipe's own start. */
  readonly from?: TrainingPoint | undefined;
  /** Steps after which to stop for now, with a last point; by default the recipe's own. */
  readonly until?: number | undefined;
  /** Stops between two steps, after a last point. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains a model and returns where it stands after the last step, or after `until`.
 *
 * @param text contexts to learn from, BOS at position 0.
 * @throws LookbackError `cancelled` after the point at which it stopped was handed to `onPoint`;
 *   `bad-spec` for text that is less than a context; `not-finite` where training diverged;
 *   `sequence-too-long`, `token-out-of-range` for text that does not fit the config.
 */
export async function train(
  recipe: Recipe,
  config: ModelConfig,
  text: ContextSource,
  options: TrainRunOptions = {},
): Promise<TrainingPoint> {
  const { device, signal, until, onStep, onPoint, isDue = () => false } = options;
  checkText(text, config);
  const { seed, batch } = recipe;
  const steps = totalSteps(recipe);
  const { optimizer } = trainingOf(recipe);
  const isFresh = options.from === undefined;
  const from = options.from ?? (await startOf(recipe, config, text, options));
  const order = new ContextOrder(seed, text.contexts(config.n_ctx), batch);
  using state = await createTrainState(config, from.weights, {
    ...optimizer,
    from: from.optimizer,
    ...(device !== undefined && { device }),
  });
  const point = async (): Promise<TrainingPoint> => ({
    weights: await readWeights(state),
    optimizer: await readOptimizer(state),
  });
  if (isFresh && isDue(0)) await onPoint?.(0, from);
  const last = Math.min(steps, until ?? steps);
  const stop = async () => {
    const isNew = state.steps > from.optimizer.steps && !isDue(state.steps);
    if (isNew) await onPoint?.(state.steps, await point());
  };
  while (state.steps < last) {
    const step = state.steps;
    if (signal?.aborted) await stop();
    throwIfCancelled(signal);
    const tokens = readBatch(text, order.of(step), config.n_ctx);
    const { copies, rateFactor } = termsOfStep(recipe, step);
    const seen = copies === undefined ? tokens : withCopies(tokens, copies, seed, step);
    const result = await trainStep(state, seen, { rateFactor });
    checkLoss(result.loss, state.steps, config);
    const tokensSeen = state.steps * tokensPerStep(recipe);
    await onStep?.({ ...result, step: state.steps, of: steps, tokens: tokensSeen });
    if (isDue(state.steps)) await onPoint?.(state.steps, await point());
  }
  if (state.steps < steps) await stop();
  return await point(); // while the state is there
}

/** @throws LookbackError `bad-spec` for a text that no context is cut from. */
function checkText(text: ContextSource, { n_ctx }: ModelConfig): void {
  if (text.contexts(n_ctx) > 0) return;
  const tokens = text.contexts(2); // BOS and one token each
  throw new LookbackError(
    "bad-spec",
    `there is too little text to train on: ${tokens} tokens, and a context of ${n_ctx} needs ${n_ctx - 1} behind its BOS; take more text, or a smaller n_ctx`,
    { tokens, n_ctx },
  );
}

/** @throws LookbackError `not-finite` where the loss is finite, but no longer that of a model. */
function checkLoss(loss: number, step: number, { d_vocab }: ModelConfig): void {
  if (loss <= LOST * Math.log(d_vocab)) return;
  throw new LookbackError(
    "not-finite",
    `the loss of step ${step} is ${loss.toPrecision(4)}, and guessing at random has ${Math.log(d_vocab).toFixed(2)}: training diverged; begin another run with a lower learning rate`,
    { step, loss },
  );
}

/** The point before the first step. */
async function startOf(
  recipe: Recipe,
  config: ModelConfig,
  text: ContextSource,
  { device, signal, onBigramStep }: TrainRunOptions,
): Promise<TrainingPoint> {
  const { start, bigrams } = trainingOf(recipe);
  const drawn = initialWeights(config, start, recipe.seed);
  const optimizer: OptimizerState = { steps: 0, memory: undefined };
  if (bigrams === undefined) return { weights: drawn, optimizer };
  const counts = countBigrams(text, config.n_ctx, config.d_vocab);
  const entropy = bigramEntropy(counts);
  const weights = await fitBigrams(config, drawn, counts, bigrams, {
    seed: recipe.seed,
    device,
    signal,
    onStep: (step, loss) => onBigramStep?.({ step: step + 1, of: bigrams.steps, loss, entropy }),
  });
  return { weights, optimizer };
}
