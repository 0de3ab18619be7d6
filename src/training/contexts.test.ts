import { describe, expect, it } from "vitest";
import { ContextOrder, spreadBatch } from "./contexts.ts";

describe("the order of contexts", () => {
  it("sees each once an epoch, also where an epoch ends in the midst of a step", () => {
    const order = new ContextOrder(1, 10, 4);
    const seen = [0, 1, 2, 3, 4].flatMap((step) => order.of(step));
    const all = Array.from({ length: 10 }, (_, i) => i);
    expect(seen.slice(0, 10).sort((a, b) => a - b)).toEqual(all);
    expect(seen.slice(10).sort((a, b) => a - b)).toEqual(all);
    expect(seen.slice(0, 10)).not.toEqual(seen.slice(10));
  });

  it("is the same from any step on, and another for another seed", () => {
    const order = new ContextOrder(1, 100, 8);
    const later = new ContextOrder(1, 100, 8).of(30);
    for (let step = 0; step < 30; step++) order.of(step);
    expect(order.of(30)).toEqual(later);
    expect(new ContextOrder(2, 100, 8).of(30)).not.toEqual(later);
  });
});

describe("contexts spread over a text", () => {
  const source = (count: number) => ({
    contexts: () => count,
    read: (indices: ArrayLike<number>) => Int32Array.from(indices),
  });

  it("are as far from each other as they can be", () => {
    expect(Array.from(spreadBatch(source(1003), 4, 1).ids)).toEqual([0, 250, 501, 752]);
  });

  it("are all where the text has no more", () => {
    expect(Array.from(spreadBatch(source(3), 4, 1).ids)).toEqual([0, 1, 2]);
    expect(spreadBatch(source(0), 4, 1).batch).toBe(0);
  });
});
