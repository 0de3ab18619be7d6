import { describe, expect, it } from "vitest";
import { at, type Nested, ndarray, sizeOf, toNested } from "./ndarray.ts";

const badShape = expect.objectContaining({ code: "bad-shape" });
const counting = (n: number) => Float32Array.from({ length: n }, (_, i) => i);

describe("ndarray", () => {
  it("holds data that fill its shape", () => {
    expect(ndarray([2, 3], counting(6))).toEqual({ shape: [2, 3], data: counting(6) });
    expect(ndarray([], counting(1)).shape).toEqual([]);
  });

  it("refuses data that do not", () => {
    expect(() => ndarray([2, 3], counting(5))).toThrow("shape [2, 3] needs 6 numbers, got 5");
    expect(() => ndarray([], counting(0))).toThrow(badShape);
  });
});

describe("sizeOf", () => {
  it.each([
    [[], 1],
    [[7], 7],
    [[2, 3, 4], 24],
    [[2, 0], 0],
  ])("%j is %i", (shape, size) => {
    expect(sizeOf(shape)).toBe(size);
  });
});

describe("toNested", () => {
  it("nests in row-major order", () => {
    expect(toNested([2, 3], counting(6))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(toNested([2, 1, 2], [1, 2, 3, 4])).toEqual([[[1, 2]], [[3, 4]]]);
    expect(toNested([], [5])).toBe(5);
  });
});

describe("the type of nested numbers", () => {
  it("has as many axes as their shape", () => {
    const rows: number[][] = toNested([2, 3], [1, 2, 3, 4, 5, 6]);
    expect(rows).toEqual([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: rows
    const scalar: number = toNested([], [7]);
    expect(scalar).toBe(7);
    const shape: readonly number[] = [1, 1];
    const some: Nested = toNested(shape, [8]);
    expect(some).toEqual([[8]]);
  });
});

describe("at", () => {
  const array = ndarray([2, 3, 2], counting(12));

  it("is a view on the part at leading indices", () => {
    expect(at(array, 1)).toEqual({ shape: [3, 2], data: counting(12).subarray(6) });
    expect(at(array, 1, 2)).toEqual({ shape: [2], data: Float32Array.of(10, 11) });
    expect(at(array, 0, 1, 1)).toEqual({ shape: [], data: Float32Array.of(3) });
    expect(at(array, 1).data.buffer).toBe(array.data.buffer);
  });

  it.each([[[2]], [[-1]], [[0, 3]], [[0.5]], [[0, 0, 0, 0]]])(
    "refuses the indices %j",
    (indices) => {
      expect(() => at(array, ...indices)).toThrow(badShape);
    },
  );
});
