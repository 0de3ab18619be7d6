/** @file Running a model on prompts: plain numbers back, for the whole batch. */

import type { NdArray } from "../engine/ndarray.ts";
import { didYouMean, LookbackError } from "../errors.ts";
import type { ForwardModel } from "./forward.ts";
import { type HookName, matchHooks } from "./hooks.ts";
import type { RunOptions } from "./plan.ts";
import { OUTPUTS, runChunks } from "./run-chunks.ts";
import type { TokenBatch } from "./tokens.ts";

/** Activations by hook name, at all positions. Asking for one that was not asked for is an error. */
export class Activations implements Iterable<[HookName, NdArray]> {
  readonly #byName: ReadonlyMap<HookName, NdArray>;

  constructor(byName: ReadonlyMap<HookName, NdArray>) {
    this.#byName = byName;
  }

  /** @throws LookbackError `unknown-hook` when the run was not asked for this activation. */
  get(name: HookName): NdArray {
    const activation = this.#byName.get(name);
    if (activation === undefined) {
      throw new LookbackError(
        "unknown-hook",
        `"${name}" is not among the activations that this run was asked for${didYouMean(name, this.#byName.keys())}`,
        { name },
      );
    }
    return activation;
  }

  get names(): HookName[] {
    return [...this.#byName.keys()];
  }

  [Symbol.iterator](): Iterator<[HookName, NdArray]> {
    return this.#byName.entries();
  }
}

/** What a run gives back: what was asked for, as plain numbers. B rows, Q positions read out. */
export interface RunResult {
  readonly activations: Activations;
  /** [B, Q, d_vocab] */
  readonly logits?: NdArray;
  /** [B, Q, k], the logits of the named answers. */
  readonly answerLogits?: NdArray;
  /** [B, Q, k] */
  readonly answerLogProbs?: NdArray;
  /** [B, P - 1], nats */
  readonly lossPerToken?: NdArray;
  /** [B, P, d_model], where the run was stopped before a layer. */
  readonly residual?: NdArray;
}

/** Copies chunks one behind the other into an array for the whole batch, along the first axis. */
class Gathered {
  readonly #batch: number;
  #array: NdArray | undefined;

  constructor(batch: number) {
    this.#batch = batch;
  }

  put(row: number, { shape, data }: NdArray): void {
    const [rows = 0, ...rest] = shape;
    if (rows === this.#batch) {
      this.#array = { shape, data };
      return;
    }
    const rowSize = data.length / rows;
    this.#array ??= {
      shape: [this.#batch, ...rest],
      data: new Float32Array(this.#batch * rowSize),
    };
    this.#array.data.set(data, row * rowSize);
  }

  get array(): NdArray {
    if (this.#array === undefined) throw new Error("internal: no chunk was gathered");
    return this.#array;
  }
}

/**
 * Runs a model on prompts and returns what was asked for.
 *
 * @example
 * ```ts
 * const { activations } = await run(model, tokens, { names: ["blocks.1.attn.hook_pattern"] });
 * const pattern = activations.get("blocks.1.attn.hook_pattern"); // [batch, head, query, key]
 * ```
 * @throws LookbackError naming the option, hook, token or position that was wrong; `not-finite` when
 *   an answer holds NaN; `cancelled` when the signal fires.
 */
export async function run(
  model: ForwardModel,
  tokens: TokenBatch,
  options: RunOptions = {},
): Promise<RunResult> {
  const results = new Map<string, Gathered>();
  for await (const { rows, arrays } of runChunks(model, tokens, options)) {
    for (const [name, array] of arrays) {
      const gathered = results.get(name) ?? new Gathered(tokens.batch);
      results.set(name, gathered);
      gathered.put(rows[0], array);
    }
    options.onProgress?.(rows[1], tokens.batch);
  }
  const names = matchHooks(options.names ?? [], model.config);
  const arrayOf = (name: string) => (results.get(name) as Gathered).array;
  const outputs = OUTPUTS.filter((name) => results.has(name));
  return {
    activations: new Activations(new Map(names.map((name) => [name, arrayOf(name)]))),
    ...Object.fromEntries(outputs.map((name) => [name, arrayOf(name)])),
  };
}
