import { describe, expect, it } from "vitest";
import { expectNear, less, mean, plainScores, plantedContext } from "../../test/hypothesis.ts";
import { randomModel } from "../../test/random-model.ts";
import { HookedTransformer } from "../model/model.ts";
import { tokenBatch } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { randomPrompts } from "../prompts/random.ts";
import { inductionBug } from "./induction-bug.ts";

describe("inductionBug", () => {
  it("is what plain loops give of prompts put together by hand", async () => {
    const source = randomModel({ n_ctx: 24, d_vocab: 40 });
    using model = await HookedTransformer.create(source);
    const circuit = { previousToken: [], lookBack: [], induction: [] };
    const spec = { batch: 5, seed: 6 };
    const given = await inductionBug({ model, bos: 3, circuit }, spec);
    // Drawn one after the other: [batch, 4], [batch, 4], [batch, 2].
    const drawn = [...randomPrompts({ length: 50, batch: 1, seed: 6, d_vocab: 40, bos: null }).tokens.ids]; // biome-ignore format: one draw
    const row = (from: number, width: number, i: number) =>
      drawn.slice(from + i * width, from + (i + 1) * width) as [number, number, number, number];
    const rows = Array.from({ length: 5 }, (_, i) => {
      const [a, x1, x2, b] = row(0, 4, i);
      const [c, , , d] = row(20, 4, i);
      const context = [a, x2, x1, b, c, x1, x2, d];
      const answer: AnswerPair = [b, x2];
      return { before: [3, ...context, ...context], a, x1, x2, answer, random: row(40, 2, i) };
    });
    const answers = rows.map(({ answer }) => answer);
    const scores = (last: (of: (typeof rows)[number]) => readonly number[]) =>
      plainScores(source, {
        tokens: tokenBatch(rows.map((of) => [...of.before, ...last(of)])),
        answers,
        read: 19,
      });
    const ordering = scores(({ x2, a, x1 }) => [x2, a, x1]);
    const control = scores(({ random, x1 }) => [...random, x1]);
    expectNear(
      [given.ordering.mean, given.control.mean, given.difference.mean],
      [mean(ordering), mean(control), mean(less(ordering, control))],
    );
    const spread = less(ordering, control).map((value, _, all) => (value - mean(all)) ** 2);
    expectNear([given.difference.se], [Math.sqrt(mean(spread) / 4)], "paired");
  });

  it("is there in a planted bag of tokens, and not where places are planted", async () => {
    for (const [kind, sign] of [
      ["bag", 1],
      ["ordered", -1],
    ] as const) {
      const context = await plantedContext(kind);
      using _ = context.model;
      const { ordering, difference } = await inductionBug(context, { batch: 16, seed: 3 });
      for (const { mean: found, se } of [ordering, difference]) {
        expect(sign * found, kind).toBeGreaterThan(4 * se);
      }
    }
  });
});
