/** @file Plain numbers with a shape: what comes out of the engine, and what files hold. */

import { LookbackError } from "../errors.ts";

/** A dense row-major array of float32 in plain memory; nothing to free. */
export interface NdArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Nested arrays of numbers, as JSON has them; a scalar is a number. */
export type Nested = number | Nested[];

/** {@link Nested} where the number of axes is known, so that it can be indexed: `[number, number]` is `number[][]`. */
export type NestedOf<Shape extends readonly number[]> = number extends Shape["length"]
  ? Nested
  : Shape extends readonly [number, ...infer Rest extends readonly number[]]
    ? NestedOf<Rest>[]
    : number;

/** Number of elements of a shape. The shape `[]` is a scalar and has one. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * An {@link NdArray} after checking that the data fill the shape.
 *
 * @throws LookbackError `bad-shape` when they do not, or are no numbers and shape.
 */
export function ndarray(shape: readonly number[], data: Float32Array): NdArray {
  if (!Array.isArray(shape) || data?.length === undefined) {
    throw new LookbackError(
      "bad-shape",
      "an array needs { shape, data }: a list of extents, and a Float32Array of its numbers in row-major order",
    );
  }
  if (data.length !== sizeOf(shape)) {
    throw new LookbackError(
      "bad-shape",
      `shape [${shape.join(", ")}] needs ${sizeOf(shape)} numbers, got ${data.length}`,
    );
  }
  return { shape, data };
}

/** Numbers in row-major order as nested arrays of a shape: `[2, 8]` gives two arrays of eight. */
export function toNested<const Shape extends readonly number[]>(
  shape: Shape,
  numbers: ArrayLike<number>,
): NestedOf<Shape> {
  const build = (axis: number, offset: number): Nested => {
    if (axis === shape.length) return numbers[offset] as number;
    const stride = sizeOf(shape.slice(axis + 1));
    return Array.from({ length: shape[axis] as number }, (_, i) =>
      build(axis + 1, offset + i * stride),
    );
  };
  return build(0, 0) as NestedOf<Shape>;
}

/**
 * The part of an array at fixed leading indices, as a view on the same memory:
 * `at(pattern, 0, 6)` of `[batch, head, query, key]` is head 6 of row 0, `[query, key]`.
 */
export function at(array: NdArray, ...indices: readonly number[]): NdArray {
  const shape = array.shape.slice(indices.length);
  const size = sizeOf(shape);
  let offset = 0;
  for (const [axis, index] of indices.entries()) {
    const extent = array.shape[axis] ?? 0;
    if (!(Number.isInteger(index) && index >= 0 && index < extent)) {
      throw new LookbackError(
        "bad-shape",
        `index ${index} is outside axis ${axis} of shape [${array.shape.join(", ")}]`,
      );
    }
    offset = offset * extent + index;
  }
  return { shape, data: array.data.subarray(offset * size, (offset + 1) * size) };
}
