import { beforeAll, describe, expect, it } from "vitest";
import { openDevice } from "./device.ts";
import { fuse } from "./fuse.ts";
import { gatherColumns, gatherRows } from "./gather.ts";
import { maskFuture } from "./mask-future.ts";
import { type NdArray, toNested } from "./ndarray.ts";
import { scoped } from "./scope.ts";
import {
  broadcastTo,
  concatenate,
  liveTensors,
  select,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "./tensor.ts";

const badShape = expect.objectContaining({ code: "bad-shape" });

beforeAll(async () => {
  await openDevice();
});

/** Computes in a scope and reads what comes out, as nested arrays. */
async function compute(body: () => Tensor): Promise<unknown> {
  const base = liveTensors();
  const result = scoped(body);
  const { shape, data } = await result.read();
  result.free();
  expect(liveTensors(), "every tensor but the result was freed").toBe(base);
  return toNested(shape, data);
}

const from = (shape: readonly number[], ...numbers: number[]) =>
  tensor({ shape, data: Float32Array.from(numbers) });
/** 0, 1, 2, … */
const counting = (...shape: number[]) =>
  from(shape, ...Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i));

describe("arithmetic", () => {
  it.each([
    ["add", [11, 22]],
    ["sub", [9, 18]],
    ["mul", [10, 40]],
    ["div", [10, 10]],
  ] as const)("%s works on each element, with tensors and numbers", async (op, expected) => {
    expect(await compute(() => from([2], 10, 20)[op](from([2], 1, 2)))).toEqual(expected);
    expect(await compute(() => from([1], 10)[op](1))).toEqual([expected[0]]);
  });

  it("is of floats, also of integers such as token ids", async () => {
    const data = Int32Array.of(1, 2) as unknown as Float32Array; // as JavaScript may give them
    expect(await compute(() => tensor({ shape: [2], data }).mul(1.5))).toEqual([1.5, 3]);
  });

  it("broadcasts as NumPy does", async () => {
    const sum = () => from([2, 1], 10, 20).add(from([3], 1, 2, 3));
    expect(await compute(sum)).toEqual([
      [11, 12, 13],
      [21, 22, 23],
    ]);
  });

  it("knows squares, roots and exponentials", async () => {
    expect(await compute(() => from([2], 3, -4).square())).toEqual([9, 16]);
    expect(await compute(() => from([2], 9, 16).sqrt())).toEqual([3, 4]);
    expect(await compute(() => from([2], 0, 1).exp())).toEqual([1, expect.closeTo(Math.E, 5)]);
  });

  it("leaves its operands as they were", async () => {
    const [x, y] = scoped(() => {
      const x = from([2], 1, 2);
      return [x, x.mul(x).add(x).sub(x.sum())];
    });
    expect((await x?.read())?.data).toEqual(Float32Array.of(1, 2));
    expect((await y?.read())?.data).toEqual(Float32Array.of(-1, 3));
    expect((await x?.read())?.data, "read again").toEqual(Float32Array.of(1, 2));
    x?.free();
    y?.free();
  });
});

describe("reductions", () => {
  it("sum, mean and max drop their axis unless told to keep it", async () => {
    expect(await compute(() => counting(2, 3).sum())).toBe(15);
    expect(await compute(() => counting(2, 3).sum(0))).toEqual([3, 5, 7]);
    expect(await compute(() => counting(2, 3).sum(1, true))).toEqual([[3], [12]]);
    expect(await compute(() => counting(2, 3).mean())).toBe(2.5);
    expect(await compute(() => counting(2, 3).mean(-1, true))).toEqual([[1], [4]]);
    expect(await compute(() => from([2, 2], 1, 5, -3, -4).max(1))).toEqual([5, -3]);
    expect(await compute(() => from([2, 2], 1, 5, -3, -4).max(0, true))).toEqual([[1, 5]]);
  });

  it("softmax and logSumExp run over the last axis and stand large numbers and -Infinity", async () => {
    const scores = () => from([2, 3], 1000, 1000, Number.NEGATIVE_INFINITY, 0, Math.log(3), 0);
    expect(await compute(() => scores().softmax())).toEqual([
      [0.5, 0.5, 0],
      [expect.closeTo(0.2, 6), expect.closeTo(0.6, 6), expect.closeTo(0.2, 6)],
    ]);
    expect(await compute(() => scores().logSumExp())).toEqual([
      expect.closeTo(1000 + Math.LN2, 3),
      expect.closeTo(Math.log(5), 5),
    ]);
  });
});

describe("matmul", () => {
  it("multiplies the last two axes and broadcasts the ones before", async () => {
    expect(await compute(() => counting(2, 3).matmul(counting(3, 2)))).toEqual([
      [10, 13],
      [28, 40],
    ]);
    const batched = () => counting(2, 1, 2).matmul(from([2, 2], 0, 1, 1, 0));
    expect(await compute(batched)).toEqual([[[1, 0]], [[3, 2]]]);
  });

  it("sums as float32 does, whatever the width", async () => {
    for (const width of [1, 3, 4, 5, 64]) {
      const a = Array.from({ length: 7 * 33 }, (_, i) => Math.sin(i));
      const b = Array.from({ length: 33 * width }, (_, i) => Math.cos(3 * i));
      const product = scoped(() => from([7, 33], ...a).matmul(from([33, width], ...b)));
      const { data } = await product.read();
      product.free();
      for (const [i, given] of data.entries()) {
        const [row, column] = [Math.floor(i / width), i % width];
        let exact = 0;
        for (let k = 0; k < 33; k++) {
          exact += Math.fround(a[row * 33 + k] ?? 0) * Math.fround(b[k * width + column] ?? 0);
        }
        expect(Math.abs(given - exact), `width ${width}, element ${i}`).toBeLessThan(1e-5);
      }
    }
  });
});

describe("shapes", () => {
  it("reshape, permute and expand", async () => {
    expect(await compute(() => counting(2, 3).reshape(3, 2))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(await compute(() => counting(2, 3).permute(1, 0))).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect(await compute(() => counting(1, 2, 3).permute(2, 0, 1))).toEqual([
      [[0, 3]],
      [[1, 4]],
      [[2, 5]],
    ]);
    expect(await compute(() => counting(2, 2).expand(1))).toEqual([[[0, 1]], [[2, 3]]]);
    expect(await compute(() => counting(2).expand(1))).toEqual([[0], [1]]);
  });

  it("broadcastTo, concatenate and stack", async () => {
    expect(await compute(() => broadcastTo(counting(2, 1), [2, 2, 2]))).toEqual([
      [
        [0, 0],
        [1, 1],
      ],
      [
        [0, 0],
        [1, 1],
      ],
    ]);
    const pair = () => [counting(1, 2), counting(1, 2).add(5)];
    expect(await compute(() => concatenate(pair(), 0))).toEqual([
      [0, 1],
      [5, 6],
    ]);
    expect(await compute(() => concatenate(pair(), 1))).toEqual([[0, 1, 5, 6]]);
    expect(await compute(() => stack(pair(), 2))).toEqual([
      [
        [0, 5],
        [1, 6],
      ],
    ]);
  });
});

describe("slice", () => {
  it("takes an index, a range or all of each axis", async () => {
    const x = () => counting(2, 3, 2);
    expect(await compute(() => x().slice(1))).toEqual([
      [6, 7],
      [8, 9],
      [10, 11],
    ]);
    expect(await compute(() => x().slice(null, [1, 3], 0))).toEqual([
      [2, 4],
      [8, 10],
    ]);
    expect(await compute(() => x().slice(0, 2, [1, 2]))).toEqual([5]);
  });

  it.each([
    [[2]],
    [[-1]],
    [[null, [0, 4] as const]],
    [[null, [2, 2] as const]],
    [[null, [2, 1] as const]],
    [[0.5]],
    [[Number.NaN]],
    [[0, 0, 0, 0]],
    [[null, null, null, null]],
  ])("refuses %j of a tensor [2, 3, 2]", (ranges) => {
    scoped(() => {
      expect(() => counting(2, 3, 2).slice(...ranges)).toThrow(badShape);
    });
  });

  it("says which axis was wrong", () => {
    scoped(() => {
      expect(() => counting(2, 3).slice(null, [1, 4])).toThrow(
        "slice 1 to 4 is outside axis 1 of shape [2, 3]",
      );
    });
  });
});

describe("withSlice", () => {
  it.each([
    [
      [0, 1],
      [
        [9, 9],
        [2, 3],
        [4, 5],
      ],
    ],
    [
      [1, 3],
      [
        [0, 1],
        [9, 9],
        [9, 9],
      ],
    ],
    [
      [0, 3],
      [
        [9, 9],
        [9, 9],
        [9, 9],
      ],
    ],
  ] as const)("replaces %j of an axis, broadcasting", async (range, expected) => {
    const x = () => counting(3, 2).withSlice(0, range, from([1, 1], 9));
    expect(await compute(x)).toEqual(expected);
  });

  it("replaces part of an inner axis and leaves the tensor as it is", async () => {
    expect(
      await compute(() => {
        const x = counting(2, 3);
        x.withSlice(1, [1, 2], from([2, 1], 8, 9));
        return stack([x, x.withSlice(1, [1, 2], from([2, 1], 8, 9))], 0);
      }),
    ).toEqual([
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
      [
        [0, 8, 2],
        [3, 9, 5],
      ],
    ]);
  });

  it.each([
    [1, [2, 4]],
    [1, [-1, 1]],
    [1, [1, 1]],
    [2, [0, 1]],
  ] as const)("refuses axis %i, range %j of a tensor [2, 3]", (axis, range) => {
    scoped(() => {
      expect(() => counting(2, 3).withSlice(axis, range, from([1], 0))).toThrow(badShape);
    });
  });
});

describe("lookups", () => {
  it("gatherRows takes rows of a table", async () => {
    const rows = () => gatherRows(counting(3, 2), Int32Array.of(2, 0, 0, 1), [2, 2]);
    expect(await compute(rows)).toEqual([
      [
        [4, 5],
        [0, 1],
      ],
      [
        [0, 1],
        [2, 3],
      ],
    ]);
  });

  it("gatherColumns takes its own columns of each row", async () => {
    const columns = () => gatherColumns(counting(2, 3), Int32Array.of(2, 0, 1, 1), 2);
    expect(await compute(columns)).toEqual([
      [2, 0],
      [4, 4],
    ]);
  });

  it("select chooses by a mask that broadcasts", async () => {
    const chosen = () => select(from([2, 1], 1, 0), counting(2, 2), counting(2, 2).mul(-1));
    expect(await compute(chosen)).toEqual([
      [0, 1],
      [-2, -3],
    ]);
  });
});

describe("an operation on what does not fit", () => {
  const x = () => counting(2, 3);
  const y = () => counting(4, 5);
  it.each<[string, () => unknown]>([
    ["reshape of [2, 3] to [1, 4, 128] is not possible: ", () => x().reshape(1, 4, 128)],
    ["permute of [2, 3] to axes 0, 2 is not possible: ", () => x().permute(0, 2)],
    ["add of [2, 3] and [4, 5] is not possible: ", () => x().add(y())],
    ["matmul of [2, 3] and [4, 5] is not possible: ", () => x().matmul(y())],
    ["mean of [2, 3] along axis 4 is not possible: ", () => x().mean(4)],
    ["concatenate of [2, 3] and [4, 5] along axis 0 is not", () => concatenate([x(), y()], 0)],
    ["select of [2, 3] and [2, 3] and [4, 5] is not possible: ", () => select(x(), x(), y())],
    ["broadcastTo of [2, 3] to [3, 2] is not possible: ", () => broadcastTo(x(), [3, 2])],
    ["withSlice of [4, 5] into [1, 3] is not", () => x().withSlice(0, [0, 1], y())],
    ["slice 7 to 8 is outside axis 0 of shape [2, 3]", () => x().slice(7)],
    ["zeros of [-1, 2] is not possible: ", () => zeros([-1, 2])],
    ["shape [2, 2] needs 4 numbers, got 3", () => from([2, 2], 1, 2, 3)],
    ["an array needs { shape, data }", () => tensor([1, 2] as unknown as NdArray)],
    ["add takes a tensor or a number, got an array; ", () => x().add([1] as unknown as Tensor)],
    ["matmul takes a tensor, got number; ", () => x().matmul(2 as unknown as Tensor)],
  ])("says %s…", (message, compute) => {
    const base = liveTensors();
    expect(() => scoped(compute)).toThrow(
      expect.objectContaining({ code: "bad-shape", message: expect.stringContaining(message) }),
    );
    expect(liveTensors()).toBe(base);
  });
});

describe("maskFuture", () => {
  const hidden = Number.NEGATIVE_INFINITY;

  it("hides the keys after each query", async () => {
    expect(await compute(() => maskFuture(zeros([1, 1, 3, 3]), [0, 1, 2]))).toEqual([
      [
        [
          [0, hidden, hidden],
          [0, 0, hidden],
          [0, 0, 0],
        ],
      ],
    ]);
  });

  it("knows where the queries stand that were asked for", async () => {
    expect(await compute(() => maskFuture(zeros([1, 1, 2, 3]), [2, 0]))).toEqual([
      [
        [
          [0, 0, 0],
          [0, hidden, hidden],
        ],
      ],
    ]);
  });
});

describe("memory", () => {
  it("is given back: no reference to an operand outlives its scope", () => {
    const x = scoped(() => counting(2, 2));
    const references = () => {
      const array = x.array;
      const count = array.refCount - 1; // without the one of this look
      array.dispose();
      return count;
    };
    expect(references()).toBe(1);
    scoped(() => {
      x.add(1).matmul(x).softmax().sum();
      x.withSlice(0, [0, 1], x.slice([1, 2]));
      select(x, x, concatenate([x, x], 0).slice([0, 2]));
    });
    expect(references()).toBe(1);
    for (const failing of [
      () => x.slice(7),
      () => x.matmul(zeros([3, 2])),
      () => concatenate([x, zeros([5]), x], 0),
      () => x.withSlice(0, [0, 1], zeros([3])),
    ]) {
      expect(() => scoped(failing)).toThrow(badShape);
    }
    expect(references()).toBe(1);
    x.free();
  });

  it("that runs out is an error that says what helps, and nothing is lost", async () => {
    const x = scoped(() => counting(2 ** 15));
    const tooMuch = () => zeros([2 ** 15, 2 ** 15]).add(x); // 4 GiB
    expect(() => scoped(tooMuch)).toThrow(
      expect.objectContaining({
        code: "out-of-memory",
        message: expect.stringContaining("fewer rows at a time (chunkRows)"),
        cause: expect.any(RangeError),
      }),
    );
    const fused = fuse((one: Tensor) => zeros([2 ** 15, 2 ** 15]).add(one));
    expect(() => scoped(() => fused(x))).toThrow(
      expect.objectContaining({ code: "out-of-memory" }),
    );
    expect(await compute(() => x.add(1).slice([0, 2]))).toEqual([1, 2]);
    x.free();
  });
});
