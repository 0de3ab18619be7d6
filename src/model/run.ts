/** @file Running a model on prompts: plain numbers back, for the whole batch. */

import type { NdArray } from "../engine/ndarray.ts";
import type { ForwardModel } from "./forward.ts";
import type { RunOptions } from "./plan.ts";
import { runChunks } from "./run-chunks.ts";
import { arraysOf, type RunResult, runResult } from "./run-result.ts";
import type { TokenBatch } from "./tokens.ts";

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
  for await (const chunk of runChunks(model, tokens, options)) {
    for (const [name, array] of arraysOf(chunk)) {
      const gathered = results.get(name) ?? new Gathered(tokens.batch);
      results.set(name, gathered);
      gathered.put(chunk.rows[0], array);
    }
  }
  return runResult(new Map([...results].map(([name, gathered]) => [name, gathered.array])));
}
