import { describe, expect, it } from "vitest";
import { tokenRow } from "../model/tokens.ts";
import { allOrders, reorderedPrompts } from "./reordered.ts";
import { askedBothWays, repeatedPrompts } from "./repeated.ts";

const spec = { length: 4, batch: 3, seed: 7, d_vocab: 1000, bos: 0 };

describe("allOrders", () => {
  it("gives each order once, that of the copy first", () => {
    expect(allOrders(1)).toEqual([[0]]);
    expect(allOrders(3)).toEqual([
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]);
    expect(new Set(allOrders(5).map(String)).size).toBe(120);
  });
});

describe("reorderedPrompts", () => {
  const [same, swapped, replaced] = reorderedPrompts(spec, [
    { order: [0, 1, 2] },
    { order: [2, 0, 1] },
    { order: [0, 2, 1], replaced: [1, 2] },
  ]);

  it("is the repeated sequence itself in the order of the copy", () => {
    expect(same).toEqual(askedBothWays(spec));
  });

  it("puts the tokens before the answer into the order, and leaves the rest", () => {
    expect(swapped?.first.labels.join(" ")).toBe("BOS A X1 X2 B C X1 X2 D X2 A X1 B");
    expect(swapped?.second.labels.join(" ")).toBe("BOS A X1 X2 B C X1 X2 D X2 C X1 B");
    expect(swapped?.first.answers).toEqual(same?.first.answers);
    expect(swapped?.second.answers).toEqual(same?.second.answers);
    expect(swapped?.first.read).toBe(same?.first.read);
    for (let row = 0; row < spec.batch; row++) {
      const own = tokenRow(repeatedPrompts(spec).tokens, row);
      const [a, x1, x2] = own.slice(9, 12);
      const expected = [...own.slice(0, 9), x2, a, x1, own[12]];
      expect(swapped && tokenRow(swapped.first.tokens, row)).toEqual(expected);
    }
  });

  it("replaces places of the copy by other tokens", () => {
    expect(replaced?.first.labels.join(" ")).toBe("BOS A X1 X2 B C X1 X2 D A R R B");
    const own = repeatedPrompts(spec).tokens;
    for (let row = 0; row < spec.batch; row++) {
      const given = replaced === undefined ? [] : tokenRow(replaced.first.tokens, row);
      expect(given.slice(0, 10)).toEqual(tokenRow(own, row).slice(0, 10));
      expect(tokenRow(own, row)).not.toContain(given[10]);
      expect(tokenRow(own, row)).not.toContain(given[11]);
    }
  });

  it("draws no token that the prompt has where tokens are distinct", () => {
    const small = { ...spec, batch: 50, d_vocab: 12, distinct: true };
    const [drawn] = reorderedPrompts(small, [{ order: [0, 1, 2], replaced: [0, 1, 2] }]);
    for (let row = 0; row < small.batch; row++) {
      const ids = drawn === undefined ? [] : tokenRow(drawn.first.tokens, row);
      const random = ids.slice(9, 12);
      expect(new Set([...ids.slice(0, 9), ...random]).size).toBe(7 + 3);
    }
  });

  it("names an order that is none", () => {
    expect(() => reorderedPrompts(spec, [{ order: [0, 0, 1] }])).toThrow(
      "order: [0, 0, 1] is no order of the 3 tokens before the answer",
    );
  });
});
