/** @file Means over a batch of prompts, element by element: average attention patterns and rows. */

import type { NdArray } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";
import { type Estimate, estimate } from "./statistics.ts";

/** Element-wise mean over prompts with its standard error; both have the shape of one prompt. */
export interface BatchMean {
  readonly mean: NdArray;
  /** Sample standard deviation over √n; 0 for a single prompt. */
  readonly se: NdArray;
  readonly n: number;
}

/**
 * Means of batches that come in parts, `[rows, …]`: of each part only its sums are kept (Chan, Golub and
 * LeVeque, 1979), in float64.
 */
export class RunningMean {
  #n = 0;
  #shape: readonly number[] = [];
  #mean = new Float64Array();
  /** Sums of squared deviations from the mean. */
  #squares = new Float64Array();

  /** Takes the next rows in. */
  add({ shape, data }: NdArray): void {
    const [rows = 1, ...rest] = shape;
    const size = data.length / rows;
    if (this.#n === 0) {
      this.#shape = rest;
      this.#mean = new Float64Array(size);
      this.#squares = new Float64Array(size);
    }
    if (rest.join() !== this.#shape.join()) {
      throw new LookbackError(
        "bad-shape",
        `a part of shape [${shape.join(", ")}] does not go with parts of [rows, ${this.#shape.join(", ")}]`,
        { shape: [...shape] },
      );
    }
    const total = this.#n + rows;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let at = i; at < data.length; at += size) sum += data[at] as number;
      const mean = sum / rows;
      let squares = 0;
      for (let at = i; at < data.length; at += size) squares += ((data[at] as number) - mean) ** 2;
      const apart = mean - (this.#mean[i] as number);
      this.#mean[i] = (this.#mean[i] as number) + (apart * rows) / total;
      this.#squares[i] =
        (this.#squares[i] as number) + squares + (apart * apart * this.#n * rows) / total;
    }
    this.#n = total;
  }

  /** The mean of all rows so far; of none, an empty one. */
  get result(): BatchMean {
    const n = this.#n;
    const se = (sum: number) => (n > 1 ? Math.sqrt(sum / (n - 1) / n) : 0);
    return {
      mean: { shape: this.#shape, data: Float32Array.from(this.#mean) },
      se: { shape: this.#shape, data: Float32Array.from(this.#squares, se) },
      n,
    };
  }
}

/** The mean of `[batch, …]` over its first axis, in float64. */
export function batchMean(batch: NdArray): BatchMean {
  const mean = new RunningMean();
  mean.add(batch);
  return mean.result;
}

/** One attention row of a head, prompt by prompt, of patterns that come in parts. */
export class AttentionRow {
  readonly #head: number;
  readonly #query: number;
  readonly #keys: number | undefined;
  /** [key][prompt] */
  readonly #values: number[][] = [];

  /**
   * @param query a place on the axis of queries of the patterns, from 0.
   * @param keys only the first so many; default all.
   */
  constructor(head: number, query: number, keys?: number) {
    this.#head = head;
    this.#query = query;
    this.#keys = keys;
  }

  /**
   * Takes the next patterns `[rows, head, query, key]` in.
   *
   * @throws LookbackError `bad-shape` where they have no such head, query or so many keys.
   */
  add({ shape, data }: NdArray): void {
    const [rows = 0, heads = 0, queries = 0, allKeys = 0] = shape;
    this.#check("head", this.#head, heads - 1);
    this.#check("query", this.#query, queries - 1);
    this.#check("number of keys", this.#keys ?? allKeys, allKeys);
    for (let row = 0; row < rows; row++) {
      const at = ((row * heads + this.#head) * queries + this.#query) * allKeys;
      for (let key = 0; key < (this.#keys ?? allKeys); key++) {
        const values = this.#values[key] ?? [];
        this.#values[key] = values;
        values.push(data[at + key] as number);
      }
    }
  }

  #check(what: string, value: number, most: number): void {
    if (Number.isInteger(value) && value >= 0 && value <= most) return;
    throw new LookbackError(
      "bad-shape",
      `the ${what} of an attention row is ${value}, and these patterns have 0 to ${most}`,
      { value },
    );
  }

  /** The attention on each key. */
  get estimates(): Estimate[] {
    return this.#values.map((values) => estimate(values));
  }
}

/**
 * The estimates along one attention row: of patterns `[batch, head, query, key]` the attention of a
 * head from a query on each of the first `keys` keys.
 *
 * @throws LookbackError `bad-shape` where there is no such head, query or so many keys.
 */
export function rowEstimates(
  pattern: NdArray,
  head: number,
  query: number,
  keys?: number,
): Estimate[] {
  const row = new AttentionRow(head, query, keys);
  row.add(pattern);
  return row.estimates;
}
