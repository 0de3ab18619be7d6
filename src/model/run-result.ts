/** @file What a run gives back. */

import { type NdArray, type Nested, toNested } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";
import { didYouMeanHook, type HookName } from "./hooks.ts";

/** An array as JSON has it. */
export interface ArrayJson {
  readonly shape: readonly number[];
  readonly values: Nested;
}

function arrayJson({ shape, data }: NdArray): ArrayJson {
  return { shape, values: toNested(shape, data) };
}

/**
 * Activations by hook name, at all positions or at those that were asked for. Asking for one that was not
 * asked for is an error.
 */
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
        `"${name}" is not among the activations that this run was asked for${didYouMeanHook(String(name), this.names)}`,
        { name },
      );
    }
    return activation;
  }

  get names(): HookName[] {
    return [...this.#byName.keys()];
  }

  /** Shapes and numbers by hook name: what `JSON.stringify` writes. Infinity, as in masked scores, is null there. */
  toJSON(): Readonly<Record<string, ArrayJson>> {
    return Object.fromEntries([...this].map(([name, array]) => [name, arrayJson(array)]));
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

/** The results that are one array each, beside the activations. */
export const OUTPUTS = [
  "logits",
  "answerLogits",
  "answerLogProbs",
  "lossPerToken",
  "residual",
] as const;

/** A result from arrays by name: hook names, and those in {@link OUTPUTS}. */
export function runResult(arrays: ReadonlyMap<string, NdArray>): RunResult {
  const outputs = OUTPUTS.filter((name) => arrays.has(name));
  const isOutput = (name: string) => (OUTPUTS as readonly string[]).includes(name);
  const activations = [...arrays].filter(([name]) => !isOutput(name)) as [HookName, NdArray][];
  const result: RunResult = {
    activations: new Activations(new Map(activations)),
    ...Object.fromEntries(outputs.map((name) => [name, arrays.get(name)])),
  };
  // Not among its fields: a result that is copied to another thread holds no functions.
  return Object.defineProperty(result, "toJSON", { value: () => resultJson(result) });
}

/** What `JSON.stringify` writes of a result: nested numbers, where a Float32Array would be an object. */
function resultJson(result: RunResult): Readonly<Record<string, unknown>> {
  const outputs = OUTPUTS.flatMap((name) => {
    const array = result[name];
    return array === undefined ? [] : [[name, arrayJson(array)] as const];
  });
  return { activations: result.activations.toJSON(), ...Object.fromEntries(outputs) };
}

/** The arrays of a result by name. */
export function* arraysOf(result: RunResult): Generator<[string, NdArray]> {
  yield* result.activations;
  for (const name of OUTPUTS) {
    const array = result[name];
    if (array !== undefined) yield [name, array];
  }
}
