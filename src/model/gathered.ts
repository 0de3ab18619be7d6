/** @file What the chunks of a batch gave, put together again. */

import type { NdArray } from "../engine/ndarray.ts";

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

/** Arrays of a batch by name, put together from those of its chunks. */
export class GatheredByName<Name extends string> {
  readonly #batch: number;
  readonly #byName = new Map<Name, Gathered>();

  constructor(batch: number) {
    this.#batch = batch;
  }

  put(row: number, arrays: Iterable<readonly [Name, NdArray]>): void {
    for (const [name, array] of arrays) {
      const gathered = this.#byName.get(name) ?? new Gathered(this.#batch);
      this.#byName.set(name, gathered);
      gathered.put(row, array);
    }
  }

  get arrays(): Map<Name, NdArray> {
    return new Map(Array.from(this.#byName, ([name, gathered]) => [name, gathered.array]));
  }
}
