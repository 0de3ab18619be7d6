import { describe, expect, it } from "vitest";
import { atPlaces, atPlacesOfAll, placeTable, sumAtPlaces } from "./places.ts";
import { scoped } from "./scope.ts";
import { tensor } from "./tensor.ts";

it("reads a tensor at places of a table, in the table's shape", async () => {
  const picked = scoped(() => {
    const x = tensor({ shape: [2, 3], data: Float32Array.of(10, 11, 12, 13, 14, 15) });
    return atPlaces(x, placeTable(Int32Array.of(5, 0, 0, 3, 2, 5), [3, 2]));
  });
  expect(await picked.read()).toEqual({
    shape: [3, 2],
    data: Float32Array.of(15, 10, 10, 13, 12, 15),
  });
  picked.free();
});

describe("of several tensors", () => {
  const x = () => tensor({ shape: [1, 3], data: Float32Array.of(10, 11, 12) });
  const y = () => tensor({ shape: [2, 1], data: Float32Array.of(23, 24) });
  const table = (...places: number[]) => placeTable(Int32Array.from(places), [2, 2]);

  it("reads all, one behind the other", async () => {
    const picked = scoped(() => atPlacesOfAll(table(4, 0, 2, 3), x(), y()));
    expect(await picked.read()).toEqual({ shape: [2, 2], data: Float32Array.of(24, 10, 12, 23) });
    picked.free();
  });

  it("sums what each has at its own places", async () => {
    const sum = scoped(() => sumAtPlaces([x(), y()], [table(0, 0, 2, 1), table(0, 1, 1, 0)]));
    expect(await sum.read()).toEqual({ shape: [2, 2], data: Float32Array.of(33, 34, 36, 34) });
    sum.free();
  });
});

it("wants a table that is full", () => {
  expect(() => scoped(() => placeTable(Int32Array.of(1, 2, 3), [2, 2]))).toThrow(/internal/);
});
