/**
 * @file The array handle of Lookback: what hooks see. No operation consumes its operands, and the
 * scope in which a tensor was made frees it.
 */

import { nn, numpy as np } from "@jax-js/jax";
import { LookbackError } from "../errors.ts";
import { type NdArray, ndarray } from "./ndarray.ts";
import { nextTask } from "./next-task.ts";
import { operation, shapeText, unlessOutOfMemory } from "./operation.ts";
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
        `tensor ${shapeText(this.shape)} was freed with its run; call .keep() inside of the hook to use it afterwards`,
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

  /** {@link free}, for `using x = …`. */
  [Symbol.dispose](): void {
    this.free();
  }

  /** The numbers, copied to plain memory, when the device has them ready. */
  async read(): Promise<NdArray> {
    const data = await unlessOutOfMemory(() => this.array.data());
    await nextTask();
    return ndarray(
      this.shape,
      data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>),
    );
  }

  /** Starts the work behind this tensor; resolves when it is done. */
  async compute(): Promise<void> {
    (await unlessOutOfMemory(() => this.array.blockUntilReady())).dispose();
  }

  add(other: Operand): Tensor {
    return this.#with("add", other, (own, given) => own.add(given));
  }

  sub(other: Operand): Tensor {
    return this.#with("sub", other, (own, given) => own.sub(given));
  }

  mul(other: Operand): Tensor {
    return this.#with("mul", other, (own, given) => own.mul(given));
  }

  div(other: Operand): Tensor {
    return this.#with("div", other, (own, given) => own.div(given));
  }

  square(): Tensor {
    return this.#to("square", np.square);
  }

  sqrt(): Tensor {
    return this.#to("sqrt", np.sqrt);
  }

  exp(): Tensor {
    return this.#to("exp", np.exp);
  }

  /** Natural logarithm. */
  log(): Tensor {
    return this.#to("log", np.log);
  }

  /** The larger of each number and a bound. */
  atLeast(bound: number): Tensor {
    return this.#to("atLeast", (own) => np.maximum(own, bound));
  }

  /** Sum over one axis, or over everything. The axis is dropped unless `keepAxis`. */
  sum(axis?: number, keepAxis = false): Tensor {
    return this.#to("sum", (own) => own.sum(axis ?? null, { keepdims: keepAxis }), alongAxis(axis));
  }

  /** Mean over one axis, or over everything. The axis is dropped unless `keepAxis`. */
  mean(axis?: number, keepAxis = false): Tensor {
    return this.#to(
      "mean",
      (own) => own.mean(axis ?? null, { keepdims: keepAxis }),
      alongAxis(axis),
    );
  }

  /** Maximum over one axis. The axis is dropped unless `keepAxis`. */
  max(axis: number, keepAxis = false): Tensor {
    return this.#to("max", (own) => own.max(axis, { keepdims: keepAxis }), alongAxis(axis));
  }

  /** Matrix product over the last two axes, broadcasting the ones before. */
  matmul(other: Tensor): Tensor {
    checkTensor("matmul", other);
    return this.#with("matmul", other, np.matmul);
  }

  /** Softmax over the last axis. */
  softmax(): Tensor {
    return this.#to("softmax", (own) => nn.softmax(own, -1));
  }

  /** log Σ exp over the last axis, which is dropped. */
  logSumExp(): Tensor {
    return this.#to("logSumExp", (own) => nn.logsumexp(own, -1));
  }

  reshape(...shape: readonly number[]): Tensor {
    return this.#to("reshape", (own) => own.reshape([...shape]), `to ${shapeText(shape)}`);
  }

  /** Axes in a new order: `permute(0, 2, 1, 3)` turns `[batch, pos, head, d]` to `[batch, head, pos, d]`. */
  permute(...axes: readonly number[]): Tensor {
    return this.#to("permute", (own) => own.transpose([...axes]), `to axes ${axes.join(", ")}`);
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
    return this.#to("slice", (own) => own.slice(...spec));
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
    const whole = this.shape.slice(0, axis).map((): AxisRange => null);
    checkTensor("withSlice", part);
    const fitted = (own?: np.Array) => np.broadcastTo(own as np.Array, shape);
    const pieces = [made("withSlice", [part], fitted, `into ${shapeText(shape)}`)];
    if (start > 0) pieces.unshift(this.slice(...whole, [0, start]));
    if (end < extent) pieces.push(this.slice(...whole, [end, extent]));
    return concatenate(pieces, axis);
  }

  /** What the array library makes of this tensor alone. */
  #to(name: string, make: (own: np.Array) => np.Array, how?: string): Tensor {
    return made(name, [this], (own) => make(own as np.Array), how);
  }

  /** What the array library makes of this tensor and another, or a number. */
  #with(
    name: string,
    other: Operand,
    make: (own: np.Array, given: np.Array | number) => np.Array,
  ): Tensor {
    if (typeof other === "number") return this.#to(name, (own) => make(own, other));
    checkTensor(name, other, "a tensor or a number");
    return made(name, [this, other], (own, given) => make(own as np.Array, given as np.Array));
  }

  /** The array library clamps silently; a range that is off must be loud. */
  #checkRange(axis: number, start: number, end: number): void {
    const whole = Number.isInteger(start) && Number.isInteger(end);
    if (!(whole && start >= 0 && start < end && end <= (this.shape[axis] ?? 0))) {
      throw new LookbackError(
        "bad-shape",
        `slice ${start} to ${end} is outside axis ${axis} of shape ${shapeText(this.shape)}`,
        { operation: "slice", shapes: [this.shape] },
      );
    }
  }
}

/** @throws LookbackError `bad-shape` for what is no tensor. */
function checkTensor(name: string, value: unknown, wanted = "a tensor"): void {
  if (value instanceof Tensor) return;
  throw new LookbackError(
    "bad-shape",
    `${name} takes ${wanted}, got ${Array.isArray(value) ? "an array" : typeof value}; tensor({ shape, data }) makes one of plain numbers`,
    { operation: name },
  );
}

/** What the array library makes of tensors. */
function made(
  name: string,
  tensors: readonly Tensor[],
  make: (...arrays: np.Array[]) => np.Array,
  how?: string,
): Tensor {
  return new Tensor(operation(name, tensors, make, how));
}

function alongAxis(axis: number | undefined): string | undefined {
  return axis === undefined ? undefined : `along axis ${axis}`;
}

/**
 * A tensor from numbers in plain memory, which are copied.
 *
 * @throws LookbackError `bad-shape` unless the numbers fill the shape.
 */
export function tensor({ shape, data }: NdArray): Tensor {
  ndarray(shape, data);
  // Of integers, as token ids are, the library would make a tensor that rounds what is computed with it.
  const floats = data instanceof Float32Array ? data : Float32Array.from(data);
  return made("tensor", [], () =>
    np.array(floats as Float32Array<ArrayBuffer>).reshape([...shape]),
  );
}

/** A tensor full of zeros. */
export function zeros(shape: readonly number[]): Tensor {
  return made("zeros", [], () => np.zeros([...shape]), `of ${shapeText(shape)}`);
}

/** Tensors one after the other along an axis. */
export function concatenate(tensors: readonly Tensor[], axis: number): Tensor {
  const make = (...arrays: np.Array[]) => np.concatenate(arrays, axis);
  return made("concatenate", tensors, make, alongAxis(axis));
}

/** Tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis: number): Tensor {
  return made("stack", tensors, (...arrays) => np.stack(arrays, axis), alongAxis(axis));
}

/** Where the mask is not zero the first tensor, elsewhere the second; all three broadcast. */
export function select(mask: Tensor, chosen: Tensor, other: Tensor): Tensor {
  return made("select", [mask, chosen, other], (...arrays) => {
    const [where, a, b] = arrays as [np.Array, np.Array, np.Array];
    return np.where(where.notEqual(0), a, b);
  });
}

/** A tensor repeated over axes of extent 1 and over new leading axes. */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  const make = (own?: np.Array) => np.broadcastTo(own as np.Array, [...shape]);
  return made("broadcastTo", [x], make, `to ${shapeText(shape)}`);
}
