/** @file A transformer with its weights on the device. */

import { type DeviceKind, openDevice } from "../engine/device.ts";
import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "./config.ts";
import { type DeviceWeights, deviceTensors, uploadWeights } from "./device-weights.ts";
import { type Processing, processWeights } from "./processing.ts";
import { run } from "./run.ts";
import { type RunChunk, runChunks } from "./run-chunks.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunResult } from "./run-result.ts";
import type { TokenBatch } from "./tokens.ts";
import { checkWeights, type StateDict } from "./weights.ts";

/** A model as it comes from files. */
export interface ModelSource {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: StateDict;
  /** SHA-256 of the weights file, in hexadecimal. */
  readonly hash: string;
}

/** How to put a model on the device. */
export interface ModelOptions {
  /** Default `none`: weights as they are in the file. What the model predicts is the same by either. */
  readonly processing?: Processing;
  /** Default `wasm`. */
  readonly device?: DeviceKind;
}

/**
 * An attention-only transformer whose every activation can be read and replaced.
 *
 * @example
 * ```ts
 * using model = await HookedTransformer.create(source);
 * const { logits } = await model.run(tokenBatch([[0, 17, 4]])); // [1, 1, d_vocab], last position
 * ```
 */
export class HookedTransformer {
  readonly name: string;
  readonly hash: string;
  readonly config: ModelConfig;
  readonly processing: Processing;
  readonly device: DeviceKind;
  readonly #weights: DeviceWeights;
  #isDisposed = false;

  private constructor(source: ModelSource, processing: Processing, device: DeviceKind) {
    const checked = checkWeights(source.weights, source.config);
    const processed = processWeights(checked, source.config, processing);
    this.name = source.name;
    this.hash = source.hash;
    this.config = processed.config;
    this.processing = processing;
    this.device = device;
    this.#weights = uploadWeights(processed.weights, processed.config);
  }

  /**
   * Checks the weights against the config, processes them and copies them to the device.
   *
   * @throws LookbackError `bad-weights` or `not-finite` naming the weight; `unsupported` device; `bad-spec`
   *   for a device or processing that there is not.
   */
  static async create(source: ModelSource, options: ModelOptions = {}): Promise<HookedTransformer> {
    const device = await openDevice(options.device);
    return new HookedTransformer(source, options.processing ?? "none", device);
  }

  /**
   * The weights on the device.
   *
   * @throws LookbackError `freed-tensor` once the model was disposed, as everything that runs it does.
   */
  get weights(): DeviceWeights {
    if (this.#isDisposed) {
      throw new LookbackError(
        "freed-tensor",
        `model "${this.name}" was disposed: its weights are freed, and it cannot run any more; create it again`,
        { model: this.name },
      );
    }
    return this.#weights;
  }

  /** {@link run} on this model. */
  run(tokens: TokenBatch, options?: RunOptions): Promise<RunResult> {
    return run(this, tokens, options);
  }

  /** {@link runChunks} on this model. */
  runChunks(tokens: TokenBatch, options?: RunOptions): AsyncGenerator<RunChunk, void, undefined> {
    return runChunks(this, tokens, options);
  }

  /** Frees the weights. The model cannot run afterwards. */
  dispose(): void {
    this.#isDisposed = true;
    for (const weight of deviceTensors(this.#weights)) weight.free();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
