import { expect, it } from "vitest";
import { expAtMostZero } from "./exponential-series.ts";
import { fuse } from "./fuse.ts";
import { scoped } from "./scope.ts";
import { tensor } from "./tensor.ts";

const compiled = fuse(expAtMostZero);

it.each([
  [0, -16, 5e-6],
  [-16, -32, 2e-5],
])("is exp from %d to %d, to %d of its value", async (start, end, tolerance) => {
  const count = 20_001;
  const xs = Float32Array.from({ length: count }, (_, i) => start + ((end - start) * i) / count);
  const exps = scoped(() => compiled(tensor({ shape: [count], data: xs })));
  const { data } = await exps.read();
  exps.free();
  if (start === 0) expect(data[0]).toBe(1);
  const errors = data.map((value, i) => Math.abs(value / Math.exp(xs[i] as number) - 1));
  expect(Math.max(...errors)).toBeLessThan(tolerance);
});

it("stays at exp(-32) below", async () => {
  const xs = Float32Array.of(-32, -33, -1e30, Number.NEGATIVE_INFINITY);
  const exps = scoped(() => compiled(tensor({ shape: [4], data: xs })));
  const { data } = await exps.read();
  exps.free();
  expect(new Set(data).size).toBe(1);
  expect(data[0]).toBeLessThan(1.3e-14);
});
