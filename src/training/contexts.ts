/**
 * @file Which contexts a step sees. Each epoch goes through all of them in an order of its own; the
 * order hangs on the seed alone, so the number of a step is all that is needed to go on from it.
 */

import type { TokenBatch } from "../model/tokens.ts";
import { generatorOf, shuffled } from "./random-of-step.ts";

/** Text as contexts of tokens, from memory or a file. */
export interface ContextSource {
  /** How many contexts of `length` tokens there are. */
  contexts(length: number): number;
  /** Contexts by their index, [indices.length, length], row-major; BOS at position 0 of each. */
  read(indices: ArrayLike<number>, length: number): Int32Array<ArrayBuffer>;
}

/** The batches of a run, by step. */
export class ContextOrder {
  readonly #seed: number;
  readonly #count: number;
  readonly #batch: number;
  #epoch = -1;
  #order = new Uint32Array();

  /**
   * @param count contexts of an epoch.
   * @param batch contexts of a step.
   */
  constructor(seed: number, count: number, batch: number) {
    this.#seed = seed;
    this.#count = count;
    this.#batch = batch;
  }

  /** Indices of the contexts of step 0, 1, 2, … An epoch's end can be in the midst of a step. */
  of(step: number): number[] {
    return Array.from({ length: this.#batch }, (_, i) => this.#at(step * this.#batch + i));
  }

  #at(place: number): number {
    const epoch = Math.floor(place / this.#count);
    if (epoch !== this.#epoch) {
      this.#order = shuffled(generatorOf(this.#seed, "epoch", epoch), this.#count);
      this.#epoch = epoch;
    }
    return this.#order[place % this.#count] as number;
  }
}

/** Contexts as a batch. */
export function readBatch(
  source: ContextSource,
  indices: readonly number[],
  length: number,
): TokenBatch {
  return { batch: indices.length, length, ids: source.read(indices, length) };
}

/** Contexts of a look at held-out text. Documents differ by more than models do, so a look takes many. */
export const HELD_OUT_CONTEXTS = 128;

/** At most so many contexts, spread evenly over a text: neighbours are of one document. */
export function spreadBatch(source: ContextSource, most: number, length: number): TokenBatch {
  const all = source.contexts(length);
  const count = Math.min(most, all);
  const indices = Array.from({ length: count }, (_, i) => Math.floor((i * all) / count));
  return readBatch(source, indices, length);
}
