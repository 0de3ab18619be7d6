import { expect, test } from "vitest";
import { openDevice } from "../engine/device.ts";
import { Stages } from "../engine/stages.ts";
import { tensor } from "../engine/tensor.ts";
import { clipped } from "./clip.ts";

/** Gradients of a matrix and a vector, clipped together; numbers in the order of the names. */
async function clippedTo(most: number, matrix: readonly number[], vector: readonly number[]) {
  const stages = new Stages(await openDevice());
  try {
    const gradients = await stages.run(
      () =>
        new Map([
          ["W", tensor({ shape: [2, 2], data: Float32Array.from(matrix) })],
          ["b", tensor({ shape: [vector.length], data: Float32Array.from(vector) })],
        ]),
    );
    const { gradients: after, norm } = await clipped(gradients, most, stages);
    const read = await Promise.all([...after.values()].map((one) => one.read()));
    return { norm, numbers: read.flatMap(({ data }) => [...data]) };
  } finally {
    stages.close();
  }
}

test("gradients that are too large together are scaled to the norm that is allowed", async () => {
  const { norm, numbers } = await clippedTo(2.5, [1, 1, 1, 1], [4, 2, 1]); // √(4 + 21) = 5
  expect(norm).toBeCloseTo(5, 5);
  for (const [i, expected] of [0.5, 0.5, 0.5, 0.5, 2, 1, 0.5].entries()) {
    expect(numbers[i]).toBeCloseTo(expected, 5);
  }
});

test("smaller ones stay as they are", async () => {
  const { norm, numbers } = await clippedTo(10, [3, 0, 0, 0], [4]);
  expect(norm).toBeCloseTo(5, 5);
  expect(numbers).toEqual([3, 0, 0, 0, 4]);
});

test("a norm that is no number is an error", async () => {
  await expect(clippedTo(1, [Number.NaN, 0, 0, 0], [1])).rejects.toThrow(/diverged/);
});
