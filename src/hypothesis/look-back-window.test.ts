import { describe, expect, it } from "vitest";
import { expectNear, mean, plantedContext } from "../../test/hypothesis.ts";
import { randomModel } from "../../test/random-model.ts";
import { HookedTransformer } from "../model/model.ts";
import { randomPrompts } from "../prompts/random.ts";
import { lookBackWindow } from "./look-back-window.ts";

describe("lookBackWindow", () => {
  it("finds a planted bag's quarter on each of four lags", async () => {
    const context = await plantedContext("bag");
    using _ = context.model;
    const spec = { tokens: 24, batch: 6, seed: 1 };
    const { head, byLag, within, furthest } = await lookBackWindow(context, spec);
    expect(head).toBe("L0H2");
    // Where a prompt has fewer than four tokens before, BOS among them, these share the attention.
    const shareAt = (query: number) => 1 / Math.min(4, query);
    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((lag) => {
      if (lag < 1 || lag > 4) return 0;
      const queries = Array.from({ length: 24 - lag }, (_, i) => lag + 1 + i);
      return queries.reduce((sum, query) => sum + shareAt(query), 0) / queries.length;
    });
    expect(expected[4]).toBe(0.25);
    for (const [lag, share] of expected.entries()) {
      expect(byLag[lag]?.mean, `lag ${lag}`).toBeCloseTo(share, 4);
      expect(byLag[lag]?.n).toBe(6);
    }
    expect(byLag).toHaveLength(9);
    expect(within?.mean).toBeCloseTo(1, 4);
    expect(furthest?.mean).toBeCloseTo(0.25, 4);
  });

  it("looks at the strongest look-back head alone", async () => {
    const context = await plantedContext("ordered");
    using _ = context.model;
    const spec = { tokens: 12, batch: 3, seed: 1 };
    const { head, byLag } = await lookBackWindow(context, spec);
    expect(head).toBe("L0H2");
    expect(byLag.map(({ mean }) => Math.round(mean))).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it("is the mean over the queries that have all of the lags behind BOS", async () => {
    using model = await HookedTransformer.create(randomModel({ d_vocab: 40 }));
    const lookBack = [{ layer: 0, head: 1 }];
    const context = { model, bos: 3, circuit: { previousToken: [], lookBack, induction: [] } };
    const { byLag, within, furthest } = await lookBackWindow(context, {
      tokens: 11,
      batch: 4,
      seed: 2,
    });
    const { tokens } = randomPrompts({ length: 11, batch: 4, seed: 2, d_vocab: 40, bos: 3 });
    const name = "blocks.0.attn.hook_pattern";
    const { data } = (await model.run(tokens, { names: [name] })).activations.get(name);
    const attention = (from: number, to: number) =>
      Array.from({ length: 4 }, (_, row) => {
        let sum = 0;
        for (let query = to + 1; query < 12; query++) {
          for (let lag = from; lag <= to; lag++) {
            sum += data[((row * 2 + 1) * 12 + query) * 12 + query - lag] as number;
          }
        }
        return sum / (11 - to);
      });
    expectNear(
      byLag.map((share) => share.mean),
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((lag) => mean(attention(lag, lag))),
    );
    expectNear([within?.mean ?? Number.NaN], [mean(attention(1, 5))], "within");
    expectNear([furthest?.mean ?? Number.NaN], [mean(attention(4, 5))], "furthest");
  });

  it("is empty without one", async () => {
    const context = await plantedContext("one-leg");
    using _ = context.model;
    const spec = { tokens: 12, batch: 3, seed: 1 };
    expect(await lookBackWindow(context, spec)).toEqual({
      spec,
      head: null,
      byLag: [],
      within: null,
      furthest: null,
    });
  });
});
