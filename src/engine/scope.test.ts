import { beforeAll, describe, expect, it } from "vitest";
import { openDevice } from "./device.ts";
import { scoped } from "./scope.ts";
import { liveTensors, type Tensor, tensor, zeros } from "./tensor.ts";

const freed = expect.objectContaining({ code: "freed-tensor" });

beforeAll(async () => {
  await openDevice();
});

describe("scoped", () => {
  it("frees what was made and not returned", () => {
    const base = liveTensors();
    const result = scoped(() => {
      const x = zeros([2, 3]);
      x.add(1).mul(2).sum();
      expect(liveTensors()).toBe(base + 4);
      return "done";
    });
    expect(result).toBe("done");
    expect(liveTensors()).toBe(base);
  });

  it("hands what is returned to its caller: a tensor, or arrays, maps and objects of them", async () => {
    const base = liveTensors();
    const kept = scoped(() => {
      const one = zeros([]).add(1);
      return { list: [one, { two: one.add(1) }], map: new Map([["three", one.add(2)]]), four: 4 };
    });
    expect(liveTensors()).toBe(base + 3);
    const three = kept.map.get("three") as Tensor;
    expect((await three.read()).data[0]).toBe(3);
    for (const value of [kept.list[0] as Tensor, (kept.list[1] as { two: Tensor }).two, three]) {
      value.free();
    }
    expect(liveTensors()).toBe(base);
  });

  it("hands what an inner scope returns to the outer one, which frees it", () => {
    const base = liveTensors();
    let inner: Tensor | undefined;
    scoped(() => {
      inner = scoped(() => zeros([2]));
      expect(inner.add(1).shape).toEqual([2]);
    });
    expect(liveTensors()).toBe(base);
    expect(() => inner?.alias()).toThrow(freed);
  });

  it("leaves the tensors of the outer scope alone when an inner one returns them", async () => {
    const base = liveTensors();
    const x = scoped(() => {
      const outer = zeros([2]).add(1);
      expect(scoped(() => outer)).toBe(outer);
      return outer;
    });
    expect((await x.read()).data).toEqual(Float32Array.of(1, 1));
    x.free();
    expect(liveTensors()).toBe(base);
  });

  it("refuses a body that goes on after it returned", async () => {
    const base = liveTensors();
    let escaped: Promise<unknown> | undefined;
    const asynchronous = async () => {
      const x = zeros([2]);
      return (await x.read()).data;
    };
    const body = () => {
      escaped = asynchronous();
      return escaped;
    };
    expect(() => scoped(body)).toThrow(
      expect.objectContaining({
        code: "freed-tensor",
        message: expect.stringContaining("the body must be synchronous"),
      }),
    );
    expect(liveTensors()).toBe(base);
    await escaped?.catch(() => {});
  });

  it("frees everything when the body throws, and the outer scope goes on", () => {
    const base = liveTensors();
    const shape = scoped(() => {
      expect(() =>
        scoped(() => {
          zeros([2]);
          throw new Error("in the middle");
        }),
      ).toThrow("in the middle");
      expect(liveTensors()).toBe(base);
      return zeros([3]).shape;
    });
    expect(shape).toEqual([3]);
    expect(liveTensors()).toBe(base);
  });
});

describe("a tensor", () => {
  it("cannot be made where nobody would free it", () => {
    const base = liveTensors();
    expect(() => zeros([2])).toThrow(freed);
    const x = scoped(() => zeros([2]));
    expect(() => x.add(1)).toThrow(freed);
    x.free();
    expect(liveTensors()).toBe(base);
  });

  it("that was kept outlives its scope, and is freed by its keeper", async () => {
    const base = liveTensors();
    let kept: Tensor | undefined;
    scoped(() => {
      kept = tensor({ shape: [2], data: Float32Array.of(1, 2) }).keep();
    });
    expect(liveTensors()).toBe(base + 1);
    expect((await kept?.read())?.data).toEqual(Float32Array.of(1, 2));
    kept?.free();
    expect(liveTensors()).toBe(base);
  });

  it("that is used after it was freed is a loud error that says what to do", async () => {
    let escaped: Tensor | undefined;
    scoped(() => {
      escaped = zeros([2, 3]);
    });
    const lost = escaped as Tensor;
    await expect(lost.read()).rejects.toMatchObject({
      code: "freed-tensor",
      message: expect.stringContaining("tensor [2, 3] was freed with its run; call .keep()"),
    });
    scoped(() => {
      expect(() => lost.add(1)).toThrow(freed);
      expect(() => zeros([2, 3]).add(lost)).toThrow(freed);
    });
  });

  it("can be freed by its block", () => {
    const base = liveTensors();
    {
      using x = scoped(() => zeros([2]));
      expect(x.shape).toEqual([2]);
      expect(liveTensors()).toBe(base + 1);
    }
    expect(liveTensors()).toBe(base);
  });

  it("is freed once, however often it is asked", () => {
    const base = liveTensors();
    scoped(() => {
      const x = zeros([2]);
      x.free();
      x.free();
      expect(liveTensors()).toBe(base);
    });
    expect(liveTensors()).toBe(base);
  });

  it("shares its numbers with an alias, and both are freed on their own", async () => {
    const base = liveTensors();
    const alias = scoped(() => {
      const x = tensor({ shape: [1], data: Float32Array.of(7) });
      return x.alias();
    });
    expect((await alias.read()).data[0]).toBe(7);
    alias.free();
    expect(liveTensors()).toBe(base);
  });
});
