import { describe, expect, it } from "vitest";
import { expectNear, less, mean, plainScores, plantedContext } from "../../test/hypothesis.ts";
import { randomModel } from "../../test/random-model.ts";
import { HookedTransformer } from "../model/model.ts";
import { tokenBatch, tokenRow } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { repeatedPrompts } from "../prompts/repeated.ts";
import { doubledMiddle } from "./doubled-middle.ts";

const source = randomModel({ d_vocab: 40, n_ctx: 20 });
const drawn = { length: 4, batch: 5, seed: 9 };

/** Prompts put together by hand from the three sequences that are drawn. */
function byHand(isDoubled: boolean, isSwapped: boolean) {
  const { tokens } = repeatedPrompts({ ...drawn, d_vocab: 40, bos: 3, filler: [4, 0, 0] });
  const rows = Array.from({ length: drawn.batch }, (_, row) => {
    const ids = tokenRow(tokens, row);
    const [front, first, second] = [ids.slice(1, 5), ids.slice(5, 9), ids.slice(9, 13)];
    const inFront = isDoubled ? [front[0], ...first.slice(1, 3), front[3]] : front;
    const earlier = isSwapped ? [...second, ...first] : [...first, ...second];
    const answers = [first[3], second[3]] as unknown as AnswerPair;
    return { ids: [3, ...inFront, ...earlier, ...first] as number[], answers };
  });
  return {
    tokens: tokenBatch(rows.map(({ ids }) => ids)),
    answers: rows.map(({ answers }) => answers),
    read: 15,
  };
}

describe("doubledMiddle", () => {
  it("is what plain loops give", async () => {
    using model = await HookedTransformer.create(source);
    const circuit = { previousToken: [], lookBack: [], induction: [] };
    const found = await doubledMiddle({ model, bos: 3, circuit }, drawn);
    const preference = (isDoubled: boolean) =>
      less(
        plainScores(source, byHand(isDoubled, true)),
        plainScores(source, byHand(isDoubled, false)),
      ).map((gain) => gain / 2);
    const [random, doubled] = [preference(false), preference(true)];
    expectNear(
      [found?.random.mean, found?.doubled.mean, found?.fall.mean].map(
        (value) => value ?? Number.NaN,
      ),
      [mean(random), mean(doubled), mean(less(random, doubled))],
      "means",
    );
    expect(found?.fall.n).toBe(5);
  });

  it("finds in a bag of tokens that D is favoured for the middle in front of it", async () => {
    const context = await plantedContext("bag");
    using _ = context.model;
    // The bag holds four tokens: at length 3, X twice in front of D, and once in front of B.
    const found = await doubledMiddle(context, { length: 3, batch: 100, seed: 3 });
    expect(found?.random.ci95[0]).toBeGreaterThan(3);
    expect(found?.doubled.ci95[1]).toBeLessThan(2.2);
    expect(found?.fall.ci95[0]).toBeGreaterThan(1.4);
  });

  it("finds none of that where no head looks back further than one", async () => {
    const context = await plantedContext("one-leg");
    using _ = context.model;
    const found = await doubledMiddle(context, { length: 3, batch: 100, seed: 3 });
    expect(found?.random.ci95[0]).toBeGreaterThan(0.1); // it likes late places for themselves
    expect(Math.abs(found?.fall.mean ?? 1)).toBeLessThan(0.05);
  });

  it("is none without a middle, or without room", async () => {
    using model = await HookedTransformer.create(source);
    const context = { model, bos: 3, circuit: { previousToken: [], lookBack: [], induction: [] } };
    expect(await doubledMiddle(context, { ...drawn, length: 2 })).toBeNull();
    expect(await doubledMiddle(context, { ...drawn, length: 5 })).toBeNull();
  });
});
