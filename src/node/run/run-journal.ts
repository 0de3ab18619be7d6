/**
 * @file What a run writes while it goes on: lines of its log, looks, checkpoints; and whom it tells.
 */

import type { DeviceKind } from "../../engine/device.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { TokenBatch } from "../../model/tokens.ts";
import type { StateDict } from "../../model/weights.ts";
import { sixDigits } from "../../six-digits.ts";
import { HELD_OUT_CONTEXTS, spreadBatch } from "../../training/contexts.ts";
import { type Recipe, recipeConfig, tokensPerStep, totalSteps } from "../../training/recipe.ts";
import { keptSteps } from "../../training/schedule.ts";
import type { BigramStepTaken, StepTaken, TrainingPoint } from "../../training/train.ts";
import type { CorpusProgress } from "../corpus/corpus-progress.ts";
import type { OpenCorpus } from "../corpus/packed-tokens.ts";
import {
  type FoundPoint,
  type ModelFiles,
  thinCheckpoints,
  writeCheckpoint,
} from "./checkpoints.ts";
import type { RunLog } from "./run-log.ts";

/** Steps to a line of the log. */
const LOG_EVERY = 10;

/**
 * Looks at a model while it is trained; what is returned becomes a line of the log. A look that throws
 * ends the run without the checkpoint that is due behind it, so it is not for a signal to stop.
 */
export type LookAt = (
  config: ModelConfig,
  weights: StateDict,
  heldOut: TokenBatch,
) => Promise<Readonly<Record<string, unknown>>>;

/** How a run is watched and stopped. */
export interface TrainingRunOptions {
  readonly device?: DeviceKind | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Steps after which to stop for now; by default the recipe's own. */
  readonly until?: number | undefined;
  /** What is measured on the way; by default nothing. */
  readonly lookAt?: LookAt | undefined;
  readonly onCorpus?: ((progress: CorpusProgress) => void) | undefined;
  readonly onBigramStep?: ((step: BigramStepTaken) => void) | undefined;
  readonly onStep?: ((step: StepTaken) => void) | undefined;
  /** Told what does not keep the run from going on. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** What a journal is made of. */
export interface JournalParts extends TrainingRunOptions {
  readonly log: RunLog;
  readonly files: ModelFiles;
  /** Its hash. */
  readonly corpus: string;
}

/** What is written while a run goes on. */
export class Journal {
  readonly config: ModelConfig;
  readonly #run: string;
  readonly #recipe: Recipe;
  readonly #parts: JournalParts;
  readonly #heldOut: TokenBatch;
  readonly #kept: ReadonlySet<number>;
  /** Seconds of work of earlier sessions. */
  readonly #before: number;
  readonly #began = performance.now();
  #losses: number[] = [];

  constructor(
    run: string,
    recipe: Recipe,
    parts: JournalParts,
    corpus: OpenCorpus,
    found: FoundPoint | undefined,
  ) {
    const { n_ctx } = recipe.model;
    this.config = recipeConfig(recipe, corpus.manifest.vocabulary, corpus.manifest.bos);
    this.#run = run;
    this.#recipe = recipe;
    this.#parts = parts;
    this.#before = found?.about.seconds ?? 0;
    this.#kept = new Set(keptSteps(recipe.checkpoints, recipe.steps)).add(totalSteps(recipe));
    this.#heldOut = spreadBatch(corpus.heldOut, HELD_OUT_CONTEXTS, n_ctx);
  }

  #seconds(): number {
    return this.#before + (performance.now() - this.#began) / 1000;
  }

  bigramStep(step: BigramStepTaken): void {
    const { loss, entropy } = step;
    if (step.step % LOG_EVERY === 0 || step.step === step.of) {
      const numbers = { loss: sixDigits(loss), entropy: sixDigits(entropy) };
      this.#parts.log.append({ kind: "bigrams", step: step.step, ...numbers });
    }
    this.#parts.onBigramStep?.(step);
  }

  step(step: StepTaken): void {
    this.#losses.push(step.loss);
    if (step.step % LOG_EVERY === 0 || step.step === step.of) this.#logSteps(step.step);
    this.#parts.onStep?.(step);
  }

  /** A line for the steps since the last one. */
  #logSteps(step: number): void {
    if (this.#losses.length === 0) return;
    const loss = this.#losses.reduce((sum, own) => sum + own, 0) / this.#losses.length;
    this.#parts.log.append({
      kind: "step",
      step,
      tokens: this.#tokens(step),
      loss: sixDigits(loss),
      seconds: sixDigits(this.#seconds()),
    });
    this.#losses = [];
  }

  #tokens(steps: number): number {
    return steps * tokensPerStep(this.#recipe);
  }

  #isLookDue(steps: number): boolean {
    return this.#kept.has(steps) || steps % this.#recipe.watchEvery === 0;
  }

  isDue(steps: number): boolean {
    return this.#isLookDue(steps) || steps % this.#recipe.saveEvery === 0;
  }

  async point(steps: number, point: TrainingPoint): Promise<void> {
    const { lookAt, log, files, corpus } = this.#parts;
    const tokens = this.#tokens(steps);
    this.#logSteps(steps); // a run that goes on from here has lost what was not logged
    if (lookAt !== undefined && this.#isLookDue(steps)) {
      const look = await lookAt(this.config, point.weights, this.#heldOut);
      log.append({ kind: "look", step: steps, tokens, ...look });
    }
    log.sync(); // a checkpoint that outlives a power cut has all lines before it
    await writeCheckpoint(this.#run, point, files, {
      tokens,
      seconds: this.#seconds(),
      recipe: this.#recipe,
      corpus,
    });
    await thinCheckpoints(this.#run, this.#kept);
  }
}
