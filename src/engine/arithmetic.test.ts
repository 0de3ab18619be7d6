import { beforeAll, describe, expect, it } from "vitest";
import { countArithmetic, matmulOperations } from "./arithmetic.ts";
import { openDevice } from "./device.ts";
import { fuse } from "./fuse.ts";
import { logSumExpOfSum } from "./log-sum-exp.ts";
import { scoped } from "./scope.ts";
import { type Tensor, tensor } from "./tensor.ts";

beforeAll(async () => {
  await openDevice();
});

const counting = (...shape: number[]) =>
  tensor({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 7 - 1),
  });

/** What computing a tensor takes. */
function flopOf(body: () => Tensor): Promise<number> {
  return countArithmetic(async () => {
    const result = scoped(body);
    await result.read();
    result.free();
  }).then(({ flop }) => flop);
}

const M = 6;
const K = 5;
const N = 8;

describe("countArithmetic", () => {
  it("counts two operations for each step of each inner product", async () => {
    expect(await flopOf(() => counting(M, K).matmul(counting(K, N)))).toBe(2 * M * K * N);
  });

  it("counts batched matmuls, on both sides and on one", async () => {
    const batched = 2 * 3 * M * K * N;
    expect(await flopOf(() => counting(3, M, K).matmul(counting(3, K, N)))).toBe(batched);
    expect(await flopOf(() => counting(3, M, K).matmul(counting(K, N)))).toBe(batched);
  });

  it("counts a matmul by its own transpose, and not a sum of squares", async () => {
    expect(await flopOf(() => counting(M, K).matmul(counting(M, K).permute(1, 0)))).toBe(
      2 * M * K * M,
    );
    expect(await flopOf(() => counting(M, K).square().sum(1))).toBe(0);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ["softmax", (x) => x.softmax()],
    ["a sum", (x) => x.sum()],
    ["a mean", (x) => x.mul(2).mean(-1)],
    ["a variance", (x) => x.sub(x.mean(-1, true)).square().mean(-1)],
    ["log Σ exp", (x) => x.logSumExp()],
    ["log Σ exp of our own", (x) => logSumExpOfSum(x)],
    ["a product of elements", (x) => x.mul(x.add(1))],
  ])("does not count %s", async (_, compute) => {
    expect(await flopOf(() => compute(counting(4, 64)))).toBe(0);
    expect(await flopOf(() => fuse(compute)(counting(4, 64)))).toBe(0);
  });

  it("counts a fused function by its matmuls, whatever is fused to them", async () => {
    const layer = fuse((x: Tensor, w: Tensor, b: Tensor) =>
      x.mul(0.5).matmul(w).add(b).div(3).softmax(),
    );
    const run = () => layer(counting(M, K), counting(K, N), counting(N));
    expect(await flopOf(run)).toBe(2 * M * K * N);
    expect(await flopOf(run), "compiled by now").toBe(2 * M * K * N);
  });

  it("counts nothing for what nobody needs", async () => {
    const unused = () => {
      counting(M, K).matmul(counting(K, N));
      return counting(2);
    };
    expect(await flopOf(unused)).toBe(0);
  });

  it("leaves the host's timeline as it was, and other people's entries in it", async () => {
    performance.measure("somebody's");
    const { kernels } = await countArithmetic(async () => {
      for (let i = 0; i < 50; i++) await flopLater();
    });
    expect(kernels).toBeGreaterThanOrEqual(50);
    expect(performance.getEntriesByType("measure").map(({ name }) => name)).toEqual(["somebody's"]);
    performance.clearMeasures();
  });

  it("counts one work at a time, and another after one that failed", async () => {
    const failing = countArithmetic(() => Promise.reject(new Error("no memory")));
    await expect(countArithmetic(async () => {})).rejects.toThrow("counted already");
    await expect(failing).rejects.toThrow("no memory");
    expect(await countArithmetic(async () => {})).toEqual({ flop: 0, kernels: 0 });
  });
});

async function flopLater(): Promise<void> {
  const result = scoped(() => counting(2, 3).matmul(counting(3, 2)));
  await result.read();
  result.free();
}

describe("matmulOperations", () => {
  const a = "GV_0<float32>{6,8,5:5,0,1:nc}[$gidx:int32 / 8, $gidx:int32 % 8, $ridx:int32]";
  const b = "GV_1<float16>{6,8,5:0,1,8:nc}[$gidx:int32 / 8, $gidx:int32 % 8, $ridx:int32]";
  const gathered = "GV_1<float32>{6,5:5,1:c}[GV_2<int32>{6:1:c}[$gidx:int32], $ridx:int32]";
  const bias = "G_2<float32>[$gidx:int32 % 8]";

  it.each([
    ["a product of views", `(${a} * ${b})`, 480],
    ["with a cast", `(${a} * Cast<float32>(${b}))`, 480],
    ["under a cast", `Cast<float32>(${a} * ${b})`, 480],
    ["of a gathered row", `(${a} * ${gathered})`, 480],
    ["scaled", `((${a} * ${b}) * 0.125)`, 480],
    ["with something fused in front", `((${a} + ${bias}) * ${b})`, 480],
    ["a view", a, 0],
    ["a view times what stays the same", `(${a} * ${bias})`, 0],
    ["a square", `((${a} + 1) * (${a} + 1))`, 0],
    ["a sum", `(${a} + ${b})`, 0],
    ["a sum of products", `((${a} * ${b}) + ${a})`, 0],
    ["nothing", "", 0],
  ])("%s", (_, exp, flop) => {
    expect(matmulOperations({ exp, size: "48", reduction: "Add:5" })).toBe(flop);
  });

  it("is nothing for a maximum of products, or for products without a sum", () => {
    expect(matmulOperations({ exp: `(${a} * ${b})`, size: "48", reduction: "Max:5" })).toBe(0);
    expect(matmulOperations({ exp: `(${a} * ${b})`, size: "48" })).toBe(0);
  });
});
