import { describe, expect, it } from "vitest";
import { innerProduct, type Matrix, matrixProduct, transpose } from "./matrix.ts";

const matrix = (...rows: number[][]): Matrix => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  data: Float64Array.from(rows.flat()),
});

const a = matrix([1, 2, 3], [4, 5, 6]);
const b = matrix([1, 0], [-1, 2], [0, 3]);

describe("matrices", () => {
  it("multiply", () => {
    expect(matrixProduct(a, b)).toEqual(matrix([-1, 13], [-1, 28]));
    expect(matrixProduct(b, a)).toEqual(matrix([1, 2, 3], [7, 8, 9], [12, 15, 18]));
  });

  it("are transposed", () => {
    expect(transpose(a)).toEqual(matrix([1, 4], [2, 5], [3, 6]));
  });

  it("have an inner product, the sum over equal places", () => {
    expect(innerProduct(a, a)).toBe(91);
    expect(innerProduct(a, transpose(b))).toBe(1 - 2 + 10 + 18);
  });

  it("are refused where their shapes do not fit", () => {
    expect(() => matrixProduct(a, a)).toThrow(/\[2, 3\] and \[2, 3\]: the inner dimensions differ/);
    expect(() => innerProduct(a, b)).toThrow(/\[2, 3\] and \[3, 2\]: the shapes differ/);
  });
});
