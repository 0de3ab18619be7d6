import { beforeAll, describe, expect, test } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { liveTensors } from "../engine/tensor.ts";
import { headScores } from "../measures/head-scores.ts";
import { lagProfile } from "../measures/lag-profile.ts";
import { estimate } from "../measures/statistics.ts";
import { HookedTransformer, type ModelSource } from "../model/model.ts";
import { patternPrompts } from "../prompts/pattern-prompts.ts";
import { randomPrompts } from "../prompts/random.ts";
import { rolesOf } from "./head-labels.ts";
import { type HeadCard, type ScorecardResult, scorecard } from "./scorecard.ts";
import { parseScorecardSpec } from "./scorecard-spec.ts";

const CONTEXT = 16;
const VOCABULARY = 16;
/** The stream: one direction for each position, then one for each token. */
const WIDTH = CONTEXT + VOCABULARY;

/**
 * One layer whose heads are known. Tokens and positions are one-hot in the stream, and positions are read
 * by queries and keys alone. H0 attends to all alike and copies; H1 attends to the token before and
 * copies; H2 attends to its own token wherever it stands, and anti-copies.
 */
function craftedModel(): ModelSource {
  const source = randomModel({
    n_layers: 1,
    n_heads: 3,
    d_model: WIDTH,
    d_head: CONTEXT,
    n_ctx: CONTEXT,
    d_vocab: VOCABULARY,
    normalization: null,
    shortformer_pos: true,
  });
  const weights = new Map<string, NdArray>();
  for (const [key, { shape }] of source.weights) {
    weights.set(key, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
  }
  const set = (key: string, value: number, ...index: readonly number[]) => {
    const { shape, data } = weights.get(key) as NdArray;
    data[index.reduce((at, i, axis) => at * (shape[axis] as number) + i, 0)] = value;
  };
  const SHARP = 400; // over √d_head = 4, a score of 100
  for (let i = 0; i < CONTEXT; i++) {
    const token = CONTEXT + i;
    set("pos_embed.W_pos", 1, i, i);
    set("embed.W_E", 1, i, token);
    set("unembed.W_U", 1, token, i);
    set("blocks.0.attn.W_Q", SHARP, 1, i, i);
    if (i + 1 < CONTEXT) set("blocks.0.attn.W_K", 1, 1, i, i + 1);
    set("blocks.0.attn.W_Q", SHARP, 2, token, i);
    set("blocks.0.attn.W_K", 1, 2, token, i);
    for (const head of [0, 1, 2]) {
      set("blocks.0.attn.W_V", 1, head, token, i);
      set("blocks.0.attn.W_O", head === 2 ? -1 : 1, head, i, token);
    }
  }
  return { ...source, weights };
}

describe("of heads that are known", () => {
  let result: ScorecardResult;
  const head = (number: number) => result.heads[number] as HeadCard;

  beforeAll(async () => {
    using model = await HookedTransformer.create(craftedModel());
    const before = liveTensors();
    result = await scorecard({ model, bos: 0 }, parseScorecardSpec({ batch: 400 }));
    expect(liveTensors()).toBe(before);
  });

  test("the one that attends to all alike is a bag", () => {
    const { orderSensitivity, lags, previousToken, copying } = head(0);
    expect(orderSensitivity?.mean).toBeCloseTo(0, 6);
    expect(orderSensitivity?.n).toBe(400);
    expect(head(0).roles).toContain("order-free");
    const queries = Array.from({ length: 14 }, (_, i) => 1 / (i + 3)); // positions 2 to 15
    expect(previousToken.mean).toBeCloseTo(queries.reduce((a, b) => a + b) / 14, 5);
    expect(lags.total).toEqual(lags.positionOnly);
    expect(copying?.mean).toBe(1);
  });

  test("the one that attends to the token before minds the order", () => {
    const { orderSensitivity, lags, previousToken, bos, copying, raisedShare } = head(1);
    expect(previousToken).toMatchObject({ mean: 1, se: 0 });
    expect(bos.mean).toBeCloseTo(1 / 15, 6); // from position 1 alone
    expect(lags.total).toMatchObject({ meanLag: 1, meanSquaredLag: 1, reach: 1, bos: 0 });
    expect(lags.positionOnly.byLag[1]).toBe(1);
    // Tokens come again, in a vocabulary of 16, as often in another order as anew.
    expect(orderSensitivity?.ci95[0]).toBeLessThan(1);
    expect(orderSensitivity?.ci95[1]).toBeGreaterThan(1);
    expect(Math.abs((orderSensitivity?.mean ?? 0) - 1)).toBeLessThan(0.15);
    expect([copying?.mean, raisedShare?.mean]).toEqual([1, 1]);
    expect(head(1).roles).toEqual(["previous-token", "copying"]);
  });

  test("the one that attends to its own token finds duplicates, and lowers them", () => {
    const { duplicateToken, copying, raisedShare, loweredShare, prefixMatching } = head(2);
    // Two copies of 7: half of the queries have one earlier occurrence and attend to both alike; a few
    // tokens come more often.
    expect(duplicateToken.mean).toBeGreaterThan(0.25);
    expect(duplicateToken.mean).toBeLessThan(0.5);
    expect(prefixMatching.mean).toBeLessThan(0.1);
    expect([copying?.mean, loweredShare?.mean]).toEqual([-1, 1]);
    expect(raisedShare?.mean).toBe(0);
    expect(head(2).roles).toContain("anti-copying");
  });

  test("a single layer has a previous-token head and nowhere for induction", () => {
    const roles = rolesOf(result);
    expect(roles.previousToken).toEqual([{ layer: 0, head: 1, label: "L0H1", score: 1 }]);
    expect(roles.lookBack).toEqual([]);
    expect(roles.induction).toEqual([]);
    expect(roles.nearest.induction).toBeNull();
  });
});

describe("of models with random weights", () => {
  test.each([
    ["LayerNorm, standard positions", {}],
    ["LayerNorm, shortformer positions", { shortformer_pos: true }],
    ["no LayerNorm", { normalization: null, n_layers: 3, n_heads: 1 }],
    ["one layer", { n_layers: 1 }],
  ] as const)("%s: every head has every number", async (_, shape) => {
    using model = await HookedTransformer.create(randomModel(shape));
    const { heads } = await scorecard({ model, bos: 0 }, parseScorecardSpec({ batch: 12 }));
    expect(heads).toHaveLength(model.config.n_layers * model.config.n_heads);
    for (const { label, layer, head, roles, lags, ...estimates } of heads) {
      expect(label).toBe(`L${layer}H${head}`);
      for (const profile of [lags.total, lags.positionOnly]) {
        const sum = profile.byLag.reduce((a, b) => a + b) + profile.bos + profile.beyond;
        expect(sum).toBeCloseTo(1, 5);
      }
      for (const value of Object.values(estimates)) {
        if (value === null) continue;
        expect(value.n).toBeGreaterThanOrEqual(6);
        expect(value.ci95.every(Number.isFinite)).toBe(true);
      }
    }
  });

  test("numbers are those of the whole batch at once, and of the golden detectors", async () => {
    using model = await HookedTransformer.create(randomModel({ n_ctx: 101, d_vocab: 40 }));
    const spec = parseScorecardSpec({ batch: 150, seed: 7 });
    const { heads } = await scorecard({ model, bos: 1 }, spec);
    const names = ["blocks.*.attn.hook_pattern"];
    const drawn = { seed: 7, d_vocab: 40, bos: 1 };
    const { tokens } = randomPrompts({ ...drawn, batch: 150, length: 48 });
    const positions = await model.run(tokens, { names, mode: "position-only" });
    const twice = patternPrompts({ ...drawn, batch: 75, pattern: "BOS X*25 X*25" }).tokens;
    const repeated = await model.run(twice, { names });
    for (const { layer, head, lags, induction, duplicateToken } of heads) {
      const name = `blocks.${layer}.attn.hook_pattern` as const;
      // Any prompt will do where no token is seen: here the last.
      const { data } = positions.activations.get(name);
      const size = 49 * 49;
      const last = data.slice((149 * 2 + head) * size, (149 * 2 + head + 1) * size);
      expect(lags.positionOnly).toEqual(lagProfile({ shape: [49, 49], data: last }));
      const pattern = repeated.activations.get(name);
      for (const [kind, measured] of [
        ["induction", induction],
        ["duplicate-token", duplicateToken],
      ] as const) {
        const expected = estimate(headScores(pattern, twice, kind)[head] ?? []);
        expect(measured.mean).toBeCloseTo(expected.mean, 6);
        expect(measured.n).toBe(75);
      }
    }
  });

  test("progress goes from 0 to 1, and a signal ends it", async () => {
    using model = await HookedTransformer.create(randomModel());
    const shares: number[] = [];
    const spec = parseScorecardSpec({ batch: 4 });
    await scorecard({ model, bos: 0, onProgress: (share) => shares.push(share) }, spec);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1, 6);
    const before = liveTensors();
    const controller = new AbortController();
    const cancelled = scorecard(
      {
        model,
        bos: 0,
        signal: controller.signal,
        onProgress: (share) => share > 0.5 && controller.abort(),
      },
      spec,
    );
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
    expect(liveTensors()).toBe(before);
  });

  test("a short context is refused, and a BOS that is no token", async () => {
    using short = await HookedTransformer.create(randomModel({ n_ctx: 12 }));
    await expect(scorecard({ model: short, bos: 0 }, parseScorecardSpec())).rejects.toMatchObject({
      code: "unsupported",
    });
    using model = await HookedTransformer.create(randomModel());
    await expect(scorecard({ model, bos: 11 }, parseScorecardSpec())).rejects.toThrow("bos");
  });
});
