import { describe, expect, test } from "vitest";
import { type TokenBatch, tokenBatch, tokenRow } from "../model/tokens.ts";
import { derangements, orderPrompts, orderSensitivity } from "./head-order.ts";

test("derangements leave nothing in its place and are all there", () => {
  expect(derangements(2)).toEqual([[1, 0]]);
  expect(derangements(3)).toHaveLength(2);
  const four = derangements(4);
  expect(four).toHaveLength(9);
  expect(new Set(four.map(String)).size).toBe(9);
  for (const order of four) {
    expect([...order].sort()).toEqual([0, 1, 2, 3]);
    expect(order.some((from, to) => from === to)).toBe(false);
  }
});

const WIDTH = 4;
const LENGTH = 8;
const ROWS = 18;

/** All tokens of a row differ. */
const tokens = tokenBatch(
  Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: LENGTH }, (_, position) => (position === 0 ? 0 : row * 10 + position)),
  ),
);
const others = Int32Array.from({ length: ROWS * WIDTH }, (_, i) => 1000 + i);

describe("prompts", () => {
  const { original, reordered, replaced } = orderPrompts(tokens, others, WIDTH);

  test("of another order have the same tokens, each elsewhere, and the same last token", () => {
    expect(original).toBe(tokens);
    for (let row = 0; row < ROWS; row++) {
      const [before, after] = [tokenRow(tokens, row), tokenRow(reordered, row)];
      expect([...after].sort()).toEqual([...before].sort());
      expect(before.map((id, position) => id !== after[position])).toEqual([
        false,
        false,
        false,
        true,
        true,
        true,
        true,
        false,
      ]);
    }
  });

  test("of other tokens have those in the same places", () => {
    expect(tokenRow(replaced, 1)).toEqual([0, 11, 12, 1004, 1005, 1006, 1007, 17]);
  });

  test("need room", () => {
    expect(() => orderPrompts(tokenBatch([[0, 1, 2]]), new Int32Array(2), 2)).toThrow("order: ");
    expect(() => orderPrompts(tokens, new Int32Array(3), WIDTH)).toThrow("3 other tokens");
  });
});

describe("sensitivity", () => {
  const prompts = orderPrompts(tokens, others, WIDTH);
  const D_HEAD = 3;

  /** What a head gives that weighs the token at each lag, of values that are unlike each other. */
  function output(batch: TokenBatch, weightAt: (lag: number) => number) {
    const data = new Float32Array(ROWS * D_HEAD);
    for (let row = 0; row < ROWS; row++) {
      for (const [position, id] of tokenRow(batch, row).entries()) {
        const weight = weightAt(LENGTH - 1 - position);
        for (let i = 0; i < D_HEAD; i++) {
          const at = row * D_HEAD + i;
          data[at] = (data[at] as number) + weight * Math.sin(12.9898 * (id + 1) * (i + 1));
        }
      }
    }
    return { shape: [ROWS, D_HEAD], data };
  }
  const outputs = (weightAt: (lag: number) => number) => ({
    original: output(prompts.original, weightAt),
    reordered: output(prompts.reordered, weightAt),
    replaced: output(prompts.replaced, weightAt),
  });
  const identity = { shape: [3, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) };

  test("of a bag is 0", () => {
    expect(
      orderSensitivity(
        outputs(() => 1 / LENGTH),
        identity,
      )?.mean,
    ).toBeCloseTo(0, 10);
  });

  test("of a head that sees one token is 1, within its interval", () => {
    const seen = orderSensitivity(
      outputs((lag) => Number(lag === 1)),
      identity,
    );
    expect(seen?.n).toBe(ROWS);
    expect(seen?.ci95[0]).toBeLessThan(1);
    expect(seen?.ci95[1]).toBeGreaterThan(1);
    expect(seen?.ci95[0]).toBeGreaterThan(0.4);
  });

  test("of a head that sees nothing there is unknown", () => {
    expect(
      orderSensitivity(
        outputs((lag) => Number(lag === 0)),
        identity,
      ),
    ).toBeNull();
  });

  test("is of what is written, by W_O, not of z", () => {
    // W_O reads the first of three alone: then the others do not matter.
    const first = { shape: [3, 3], data: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0) };
    const { original, reordered, replaced } = outputs((lag) => 1 / (1 + lag));
    const sum = (of: { data: Float32Array }) => {
      let total = 0;
      for (let row = 0; row < ROWS; row++) {
        total += (Number(of.data[3 * row]) - Number(original.data[3 * row])) ** 2;
      }
      return total;
    };
    const measured = orderSensitivity({ original, reordered, replaced }, first)?.mean;
    expect(measured).toBeCloseTo(sum(reordered) / sum(replaced), 6);
  });
});
