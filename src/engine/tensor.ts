/**
 * @file The array handle of Lookback: what hooks see. No operation consumes its operands, and the
 * scope in which a tensor was made frees it.
 */

import { nn, numpy as np } from "@jax-js/jax";
import { LookbackError } from "../errors.ts";
import { type NdArray, ndarray } from "./ndarray.ts";
import { nextTask } from "./next-task.ts";
import { currentScope, type Scope } from "./scope.ts";

/** A tensor, or a number that stands for a tensor full of it. */
export type Operand = Tensor | number;

/** One axis of a slice: an index (drops the axis), `[start, end)`, or `null` for all of it. */
export type AxisRange = number | readonly [start: number, end: number] | null;

let live = 0;

/** Number of tensors that have been made and not freed: what tests count to find a leak. */
export function liveTensors(): number {
  return live;
}

/**
 * A float32 array on the device, `[batch, pos, …]` in the orders that TransformerLens uses.
 * Immutable: every operation returns a new tensor, broadcasting as NumPy does.
 */
export class Tensor {
  /** Owner; managed by the scope. */
  scope: Scope | undefined;
  readonly shape: readonly number[];
  #array: np.Array | undefined;

  /** Takes over one reference to the array. Inside of the engine only. */
  constructor(array: np.Array) {
    let owner: Scope;
    try {
      owner = currentScope();
    } catch (error) {
      array.dispose();
      throw error;
    }
    this.#array = array;
    this.shape = array.shape;
    live++;
    owner.adopt(this);
  }

  /** A new reference to the array underneath. Inside of the engine only. */
  get array(): np.Array {
    if (this.#array === undefined) {
      throw new LookbackError(
        "freed-tensor",
        `tensor [${this.shape.join(", ")}] was freed with its run; call .keep() inside of the hook to use it afterwards`,
      );
    }
    return this.#array.ref;
  }

  /** Another handle on the same numbers, owned by the open scope. */
  alias(): Tensor {
    return new Tensor(this.array);
  }

  /** Takes this tensor out of its scope: the caller frees it. Returns the tensor. */
  keep(): this {
    this.scope?.release(this);
    return this;
  }

  /** Gives the memory back now. Freeing twice does nothing. */
  free(): void {
    if (this.#array === undefined) return;
    this.scope?.release(this);
    this.#array.dispose();
    this.#array = undefined;
    live--;
  }

  /** The numbers, copied to plain memory, when the device has them ready. */
  async read(): Promise<NdArray> {
    const data = await this.array.data();
    await nextTask();
    return ndarray(
      this.shape,
      data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>),
    );
  }

  /** Starts the work behind this tensor; resolves when it is done. */
  async compute(): Promise<void> {
    (await this.array.blockUntilReady()).dispose();
  }

  add(other: Operand): Tensor {
    return new Tensor(this.array.add(operand(other)));
  }

  sub(other: Operand): Tensor {
    return new Tensor(this.array.sub(operand(other)));
  }

  mul(other: Operand): Tensor {
    return new Tensor(this.array.mul(operand(other)));
  }

  div(other: Operand): Tensor {
    return new Tensor(this.array.div(operand(other)));
  }

  square(): Tensor {
    return new Tensor(np.square(this.array));
  }

  sqrt(): Tensor {
    return new Tensor(np.sqrt(this.array));
  }

  exp(): Tensor {
    return new Tensor(np.exp(this.array));
  }

  /** Natural logarithm. */
  log(): Tensor {
    return new Tensor(np.log(this.array));
  }

  /** The larger of each number and a bound. */
  atLeast(bound: number): Tensor {
    return new Tensor(np.maximum(this.array, bound));
  }

  /** Sum over one axis, or over everything. The axis is dropped unless `keepAxis`. */
  sum(axis?: number, keepAxis = false): Tensor {
    return new Tensor(this.array.sum(axis ?? null, { keepdims: keepAxis }));
  }

  /** Mean over one axis, or over everything. The axis is dropped unless `keepAxis`. */
  mean(axis?: number, keepAxis = false): Tensor {
    return new Tensor(this.array.mean(axis ?? null, { keepdims: keepAxis }));
  }

  /** Maximum over one axis. The axis is dropped unless `keepAxis`. */
  max(axis: number, keepAxis = false): Tensor {
    return new Tensor(this.array.max(axis, { keepdims: keepAxis }));
  }

  /** Matrix product over the last two axes, broadcasting the ones before. */
  matmul(other: Tensor): Tensor {
    return new Tensor(np.matmul(this.array, other.array));
  }

  /** Softmax over the last axis. */
  softmax(): Tensor {
    return new Tensor(nn.softmax(this.array, -1));
  }

  /** log Σ exp over the last axis, which is dropped. */
  logSumExp(): Tensor {
    return new Tensor(nn.logsumexp(this.array, -1));
  }

  reshape(...shape: readonly number[]): Tensor {
    return new Tensor(this.array.reshape([...shape]));
  }

  /** Axes in a new order: `permute(0, 2, 1, 3)` turns `[batch, pos, head, d]` to `[batch, head, pos, d]`. */
  permute(...axes: readonly number[]): Tensor {
    return new Tensor(this.array.transpose([...axes]));
  }

  /**
   * The same numbers laid out afresh. A matmul that reads a permuted view is ten times slower than a
   * copy and a matmul together.
   */
  contiguous(): Tensor {
    return this.add(0);
  }

  /** A new axis of extent 1 before `axis`. */
  expand(axis: number): Tensor {
    return this.reshape(...this.shape.slice(0, axis), 1, ...this.shape.slice(axis));
  }

  /** Part of each leading axis; axes that are not named stay whole. */
  slice(...ranges: readonly AxisRange[]): Tensor {
    for (const [axis, range] of ranges.entries()) {
      if (typeof range === "number") this.#checkRange(axis, range, range + 1);
      else if (range !== null) this.#checkRange(axis, range[0], range[1]);
      else this.#checkRange(axis, 0, this.shape[axis] ?? 0);
    }
    const spec = ranges.map((range): number | [] | [number, number] =>
      range === null ? [] : typeof range === "number" ? range : [range[0], range[1]],
    );
    return new Tensor(this.array.slice(...spec));
  }

  /**
   * This tensor with the part `range` of one axis replaced; `part` has this tensor's shape but on
   * that axis, where it has the extent of the range, and broadcasts over axes of extent 1.
   */
  withSlice(axis: number, range: readonly [start: number, end: number], part: Tensor): Tensor {
    const [start, end] = range;
    this.#checkRange(axis, start, end);
    const extent = this.shape[axis] ?? 0;
    const shape = this.shape.map((size, i) => (i === axis ? end - start : size));
    const pieces: np.Array[] = [];
    const whole = this.shape.slice(0, axis).map((): AxisRange => null);
    if (start > 0) pieces.push(this.slice(...whole, [0, start]).array);
    pieces.push(np.broadcastTo(part.array, shape));
    if (end < extent) pieces.push(this.slice(...whole, [end, extent]).array);
    return new Tensor(np.concatenate(pieces, axis));
  }

  /** The array library clamps silently; a range that is off must be loud. */
  #checkRange(axis: number, start: number, end: number): void {
    const whole = Number.isInteger(start) && Number.isInteger(end);
    if (!(whole && start >= 0 && start < end && end <= (this.shape[axis] ?? 0))) {
      throw new LookbackError(
        "bad-shape",
        `slice ${start} to ${end} is outside axis ${axis} of shape [${this.shape.join(", ")}]`,
      );
    }
  }
}

function operand(value: Operand): np.Array | number {
  return typeof value === "number" ? value : value.array;
}

/** Numbers in plain memory as the array library takes them; it copies them to the device at once. */
function onDevice(data: Float32Array | Int32Array, shape: readonly number[]): np.Array {
  return np.array(data as Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>).reshape([...shape]);
}

/** A tensor from numbers in plain memory, which are copied. */
export function tensor({ shape, data }: NdArray): Tensor {
  return new Tensor(onDevice(data, shape));
}

/** A tensor full of zeros. */
export function zeros(shape: readonly number[]): Tensor {
  return new Tensor(np.zeros([...shape]));
}

/**
 * Rows of a table: `gatherRows(W_E, ids, [batch, pos])` is `[batch, pos, d_model]`. The ids must be
 * rows of the table; the caller has checked them.
 */
export function gatherRows(table: Tensor, ids: Int32Array, shape: readonly number[]): Tensor {
  return new Tensor(np.take(table.array, onDevice(ids, shape), 0));
}

/**
 * Named columns of each row: of `x [rows, n]` and `columns [rows, k]`, `[rows, k]`. The caller has
 * checked the columns.
 */
export function gatherColumns(x: Tensor, columns: Int32Array, k: number): Tensor {
  const rows = x.shape[0] ?? 0;
  return new Tensor(np.takeAlongAxis(x.array, onDevice(columns, [rows, k]), 1));
}

/** Tensors one after the other along an axis. */
export function concatenate(tensors: readonly Tensor[], axis: number): Tensor {
  return new Tensor(
    np.concatenate(
      tensors.map((t) => t.array),
      axis,
    ),
  );
}

/** Tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis: number): Tensor {
  return new Tensor(
    np.stack(
      tensors.map((t) => t.array),
      axis,
    ),
  );
}

/** Where the mask is not zero the first tensor, elsewhere the second; all three broadcast. */
export function select(mask: Tensor, chosen: Tensor, other: Tensor): Tensor {
  return new Tensor(np.where(mask.array.notEqual(0), chosen.array, other.array));
}

/** A tensor repeated over axes of extent 1 and over new leading axes. */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  return new Tensor(np.broadcastTo(x.array, [...shape]));
}

/**
 * Scores with the future hidden: `-Infinity` where key > query. Of `scores [batch, head, query, key]`,
 * the query axis holds the positions `queries`.
 */
export function maskFuture(scores: Tensor, queries: readonly number[]): Tensor {
  const keys = scores.shape.at(-1) ?? 0;
  const position = onDevice(Int32Array.from(queries), [queries.length, 1]);
  const visible = position.greaterEqual(np.arange(0, keys, 1, { dtype: np.int32 }));
  return new Tensor(np.where(visible, scores.array, -Infinity));
}
