import { expect, it } from "vitest";
import { atPlaces, placeTable } from "./places.ts";
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

it("wants a table that is full", () => {
  expect(() => scoped(() => placeTable(Int32Array.of(1, 2, 3), [2, 2]))).toThrow(/internal/);
});
