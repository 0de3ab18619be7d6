import { describe, expect, it } from "vitest";
import {
  expectNear,
  less,
  mean,
  meanOf,
  plainScores,
  plantedContext,
} from "../../test/hypothesis.ts";
import { randomModel } from "../../test/random-model.ts";
import { HookedTransformer } from "../model/model.ts";
import { tokenBatch, tokenRow } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { randomPrompts } from "../prompts/random.ts";
import { repeatedPrompts } from "../prompts/repeated.ts";
import { order, testedOrders } from "./order.ts";

describe("testedOrders", () => {
  it("keep A first or the last token last, the copy's own first", () => {
    expect(testedOrders(3)).toEqual([[0, 1]]);
    expect(testedOrders(4)).toEqual([
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
    ]);
    // Of 4 tokens 6 orders have A first, 6 the last one last, and 2 both.
    const five = testedOrders(5);
    expect(new Set(five.map(String)).size).toBe(10);
    expect(five.every(([first, , , last]) => first === 0 || last === 3)).toBe(true);
    expect(five[0]).toEqual([0, 1, 2, 3]);
  });
});

const source = randomModel({ d_vocab: 40 });
const DRAW = { batch: 6, seed: 4, d_vocab: 40, bos: 3 };

/** `A X1 X2 B C X1 X2 D` and three more tokens, A or C and the X's among them; read at the last. */
function asked(last: (opens: number, x: number[], random: number[]) => number[]) {
  const drawn = repeatedPrompts({ ...DRAW, length: 4 }).tokens;
  const others = randomPrompts({ ...DRAW, length: 4, seed: 5, bos: null }).tokens;
  const rows = Array.from({ length: DRAW.batch }, (_, row) => tokenRow(drawn, row));
  const ask = (from: number, other: number) => ({
    tokens: tokenBatch(
      rows.map((ids, row) => [
        ...ids.slice(0, 9),
        ...last(ids[from] as number, ids.slice(2, 4), tokenRow(others, row)),
      ]),
    ),
    answers: rows.map((ids) => [ids[from + 3], ids[other + 3]] as unknown as AnswerPair),
    read: 11,
  });
  return meanOf(plainScores(source, ask(1, 5)), plainScores(source, ask(5, 1)));
}

describe("order", () => {
  it("is what plain loops give of prompts put together by hand", async () => {
    using model = await HookedTransformer.create(source);
    const circuit = { previousToken: [], lookBack: [], induction: [] };
    const { batch, seed, bos } = DRAW;
    const { rows } = await order({ model, bos, circuit }, { lengths: [4], batch, seed });
    const own = {
      "A X1 X2": asked((a, [x1 = 0, x2 = 0]) => [a, x1, x2]),
      "A X2 X1": asked((a, [x1 = 0, x2 = 0]) => [a, x2, x1]),
      "X1 A X2": asked((a, [x1 = 0, x2 = 0]) => [x1, a, x2]),
    };
    // Random tokens are drawn for each place of the copy: A, X1, X2, B.
    const control = {
      "A X1 X2": asked((a, [, x2 = 0], random) => [a, random[1] ?? 0, x2]),
      "A X2 X1": asked((a, [x1 = 0], random) => [a, random[2] ?? 0, x1]),
      "X1 A X2": asked((a, [, x2 = 0], random) => [random[1] ?? 0, a, x2]),
    };
    const copy = own["A X1 X2"];
    const [row] = rows;
    expect(row?.arms.map(({ label, keepsLast }) => [label, keepsLast])).toEqual([
      ["A X1 X2", true],
      ["A X2 X1", false],
      ["X1 A X2", true],
    ]);
    for (const arm of row?.arms ?? []) {
      const label = arm.label as keyof typeof own;
      expectNear(
        [arm.logitDiff.mean, arm.control.mean, arm.effect.mean, arm.kept.mean],
        [
          mean(own[label]),
          mean(control[label]),
          mean(less(copy, own[label])),
          mean(own[label]) / mean(copy),
        ],
        label,
      );
    }
    expectNear([row?.copy.mean ?? Number.NaN], [mean(copy)], "copy");
    const bag = mean(own["X1 A X2"]) / mean(copy);
    expectNear([row?.keptByBag?.mean ?? Number.NaN], [bag], "bag");
  });

  it("is kept by a planted bag of tokens, and not by planted places", async () => {
    const spec = { lengths: [3, 4, 5], batch: 16, seed: 3 };
    const bag = await plantedContext("bag");
    using _ = bag.model;
    const ordered = await plantedContext("ordered");
    using __ = ordered.model;
    const kept = (await order(bag, spec)).rows;
    const lost = (await order(ordered, spec)).rows;
    // At length 3 no other order keeps the last token.
    expect([kept[0]?.keptByBag, lost[0]?.keptByBag]).toEqual([null, null]);
    for (const i of [1, 2]) {
      expect(kept[i]?.keptByBag?.ci95[0]).toBeGreaterThan(0.9);
      expect(lost[i]?.keptByBag?.ci95[1]).toBeLessThan(0.1);
      expect(lost[i]?.copy.ci95[0]).toBeGreaterThan(2);
      // The mean over all orders other than the copy's own that keep the last token.
      const arms = kept[i]?.arms.filter(({ keepsLast }) => keepsLast).slice(1) ?? [];
      expect(arms).toHaveLength([1, 5][i - 1] ?? 0);
      expectNear([kept[i]?.keptByBag?.mean ?? 0], [mean(arms.map((arm) => arm.kept.mean))]);
    }
  });
});
