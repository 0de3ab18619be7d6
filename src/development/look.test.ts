import { describe, expect, test } from "vitest";
import {
  PLANTED_BOS,
  PLANTED_HEADS,
  PLANTED_LENGTHS,
  plantedModel,
} from "../../test/planted-model.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { liveTensors } from "../engine/tensor.ts";
import { lossPerToken } from "../measures/answers.ts";
import { HookedTransformer } from "../model/model.ts";
import { askedBothWays } from "../prompts/repeated.ts";
import { followedRoles } from "./head-role.ts";
import { lookAt } from "./look.ts";

describe("a look", () => {
  test("finds the heads and lengths that were planted", async () => {
    using model = await HookedTransformer.create(plantedModel("bag"));
    const { heads, lengths, repeated } = await lookAt(model, {
      heldOut: null,
      seed: 3,
      bos: PLANTED_BOS,
      lengths: [2, 5, 6],
      batch: 60,
    });
    const withRole = (role: string) =>
      heads.filter((head) => followedRoles(head).some((own) => own === role));
    const { previousToken, lookBack, induction } = PLANTED_HEADS.bag;
    expect(withRole("previous-token").map(({ label }) => label)).toEqual([previousToken]);
    expect(withRole("induction").map(({ label }) => label)).toEqual([induction]);
    const back = heads.find(({ label }) => label === lookBack[0]);
    // Its lags are 1 to 4 alike: broad, for no lag of 2 to 5 has more than lag 1.
    for (const lag of [1, 2, 3, 4]) expect(back?.byLag[lag]).toBeCloseTo(0.25, 2);
    expect(repeated.second.mean).toBeLessThan(repeated.first.mean - 1);
    const clear = lengths
      .filter(({ logitDiff }) => logitDiff.ci95[0] > 0)
      .map(({ length }) => length);
    expect(clear).toEqual(PLANTED_LENGTHS.bag.filter((length) => length === 2 || length === 5));
  });

  test("asks about either sequence of its prompts", async () => {
    const { d_vocab } = randomModel().config;
    using model = await HookedTransformer.create(randomModel());
    const { lengths } = await lookAt(model, { heldOut: null, seed: 2, batch: 12, bos: 1 });
    expect(lengths.length).toBeGreaterThan(1);
    for (const { length, logitDiff, bothWays } of lengths) {
      const prompts = askedBothWays({ length, batch: 12, seed: 2, d_vocab, bos: 1 });
      const [first, second] = await Promise.all(
        [prompts.first, prompts.second].map(async ({ tokens, answers, read }) => {
          const { answerLogits } = await model.run(tokens, { answers, positions: [read] });
          const data = answerLogits?.data ?? [];
          const sum = answers.reduce(
            (t, _, i) => t + (data[2 * i] ?? 0) - (data[2 * i + 1] ?? 0),
            0,
          );
          return sum / answers.length;
        }),
      );
      expect(logitDiff.mean).toBeCloseTo(first ?? Number.NaN, 4);
      expect(bothWays?.mean).toBeCloseTo(((first ?? 0) + (second ?? 0)) / 2, 4);
      expect(bothWays?.n).toBe(12);
    }
  });

  test("has the loss of every held-out token in one of its bins", async () => {
    const source = randomModel({ n_ctx: 40, d_vocab: 23 });
    using model = await HookedTransformer.create(source);
    const heldOut = randomTokens(source.config, 6, 40);
    const before = liveTensors();
    const look = await lookAt(model, { heldOut, seed: 0, batch: 8, lengths: [2] });
    expect(liveTensors()).toBe(before);
    const { logits } = await model.run(heldOut, { logits: true, positions: "all" });
    if (logits === undefined || look.heldOut === null) throw new Error("nothing was measured");
    const losses = lossPerToken(logits, heldOut).data;
    const mean = (places: (place: number) => boolean) => {
      const chosen = losses.filter((_, i) => places((i % 39) + 1));
      return chosen.reduce((sum, loss) => sum + loss, 0) / chosen.length;
    };
    const { loss, byIndex, inContext } = look.heldOut;
    expect(loss.mean).toBeCloseTo(
      mean(() => true),
      4,
    );
    expect(loss.n).toBe(6);
    expect(byIndex[0]?.from).toBe(1);
    expect(byIndex.at(-1)?.to).toBe(39);
    for (const [i, bin] of byIndex.entries()) {
      expect(bin.from).toBe((byIndex[i - 1]?.to ?? 0) + 1);
      expect(bin.loss.mean).toBeCloseTo(
        mean((place) => bin.from <= place && place <= bin.to),
        4,
      );
    }
    // A fifth into the context and a fifth of that around it; the last tenth.
    expect(inContext?.early).toMatchObject({ from: 7, to: 9 });
    expect(inContext?.late).toMatchObject({ from: 36, to: 39 });
    expect(inContext?.score.mean).toBeCloseTo(
      mean((place) => place >= 36) - mean((place) => 7 <= place && place <= 9),
      4,
    );
  });

  test("is plain JSON of six digits, the same for the same seed, and fits short contexts", async () => {
    using model = await HookedTransformer.create(randomModel({ n_ctx: 12, d_vocab: 13 }));
    const spec = { heldOut: null, seed: 5, batch: 8 };
    const look = await lookAt(model, spec);
    expect(JSON.parse(JSON.stringify(look))).toEqual(look);
    const numbers = JSON.stringify(look).match(/-?\d+(\.\d+)?/g) ?? [];
    expect(numbers.filter((text) => Number(Number(text).toPrecision(6)) !== Number(text))).toEqual(
      [],
    );
    expect(await lookAt(model, spec)).toEqual(look);
    expect(await lookAt(model, { ...spec, seed: 6 })).not.toEqual(look);
    expect(look.lengths.map(({ length }) => length)).toEqual([2, 3]);
    expect(look.repeated.copy).toBe(5);
    expect(look.heads[0]?.byLag).toHaveLength(3);
  });

  test("stops when it is told to", async () => {
    using model = await HookedTransformer.create(randomModel());
    const before = liveTensors();
    const signal = AbortSignal.abort();
    await expect(lookAt(model, { heldOut: null, seed: 0, signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(liveTensors()).toBe(before);
  });
});
