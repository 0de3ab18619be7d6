import { describe, expect, it } from "vitest";
import { GOLDEN_MODELS, goldenFile, goldenModel } from "../../test/golden/fixtures.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { liveTensors, tensor } from "../engine/tensor.ts";
import { HookedTransformer } from "../model/model.ts";
import type { TokenBatch } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { attributionScores } from "./attribution.ts";
import {
  integratedGradientScores,
  integratedGradients,
  layerEffects,
} from "./integrated-gradients.ts";
import { patchScores } from "./patch.ts";

interface Given {
  readonly clean: TokenBatch;
  readonly corrupted: TokenBatch;
  readonly answers: readonly AnswerPair[];
  readonly read?: number;
}

/**
 * Logit differences of the corrupted prompts with the z of one layer moved towards the clean one: all
 * heads by one share, and one of them by some more.
 */
async function mover(model: HookedTransformer, given: Given, layer: number) {
  const { clean, corrupted, answers, read = -1 } = given;
  const name = `blocks.${layer}.attn.hook_z` as const;
  const of = async (tokens: TokenBatch) =>
    (await model.run(tokens, { names: [name] })).activations.get(name);
  const [from, to] = [await of(corrupted), await of(clean)];
  const [, , heads = 0, d_head = 0] = from.shape;
  return async (share: number, more = 0, moreHead = -1): Promise<number[]> => {
    const data = from.data.map((x, i) => {
      const isMore = Math.floor(i / d_head) % heads === moreHead;
      return x + (share + (isMore ? more : 0)) * ((to.data[i] as number) - x);
    });
    const { answerLogits } = await model.run(corrupted, {
      answers,
      positions: [read],
      hooks: [[name, () => tensor({ shape: from.shape, data })]],
    });
    const logits = answerLogits?.data ?? new Float32Array();
    return answers.map((_, row) => (logits[2 * row] as number) - (logits[2 * row + 1] as number));
  };
}

function givenOf(model: { config: Parameters<typeof randomTokens>[0] }): Given {
  return {
    clean: randomTokens(model.config, 3, 6, 5),
    corrupted: randomTokens(model.config, 3, 6, 6),
    answers: [[1, 2], [3, 4], [9, 0]], // biome-ignore format: pairs
  };
}

describe("integratedGradients", () => {
  it.each(GOLDEN_MODELS)("sums to the effect of the whole layer (%s)", async (name) => {
    const golden = await goldenFile(name, "patching");
    using model = await goldenModel(name);
    const wrong = golden.integers("length3.d");
    const given: Given = {
      clean: golden.tokens("length3.clean"),
      corrupted: golden.tokens("length3.corrupted"),
      answers: golden.integers("length3.b").map((b, row) => [b, wrong[row] as number]),
    };
    // The softmax of these random models is steep.
    const scores = await integratedGradientScores(model, { ...given, steps: 32 });
    const layers = layerEffects(scores);
    for (let layer = 0; layer < model.config.n_layers; layer++) {
      const moved = await mover(model, given, layer);
      const [before, after] = [await moved(0), await moved(1)];
      for (const row of before.keys()) {
        const exact = (after[row] ?? 0) - (before[row] ?? 0);
        const sum = (scores.heads[layer] ?? []).reduce((total, h) => total + (h[row] ?? 0), 0);
        expect(Math.abs(sum - exact), `layer ${layer}, row ${row}`).toBeLessThan(1e-3);
        expect(Math.abs((scores.layers[layer]?.[row] ?? 0) - (after[row] ?? 0))).toBeLessThan(1e-3);
        expect(Math.abs((scores.corrupted[row] ?? 0) - (before[row] ?? 0))).toBeLessThan(1e-3);
      }
      const mean = after.reduce((total, x, row) => total + x - (before[row] ?? 0), 0);
      expect(layers[layer]?.exact.mean).toBeCloseTo(mean / after.length, 3);
      expect(Math.abs(layers[layer]?.unexplained.mean ?? Number.NaN)).toBeLessThan(1e-3);
    }
  });

  it.each([{}, { n_layers: 3, shortformer_pos: true }, { n_layers: 1 }])(
    "is a head's slope averaged along the path, %j",
    async (shape) => {
      const source = randomModel(shape);
      using model = await HookedTransformer.create(source);
      const given = { ...givenOf(model), read: -2 };
      const scores = await integratedGradientScores(model, { ...given, steps: 12 });
      const moved = await mover(model, given, 0);
      const POINTS = 24; // midpoint rule
      const STEP = 2 ** -5;
      const sums = given.answers.map(() => 0);
      for (let i = 0; i < POINTS; i++) {
        const share = (i + 0.5) / POINTS;
        const [up, down] = [await moved(share, STEP, 1), await moved(share, -STEP, 1)];
        for (const row of sums.keys()) {
          sums[row] = (sums[row] ?? 0) + ((up[row] ?? 0) - (down[row] ?? 0)) / (2 * STEP * POINTS);
        }
      }
      for (const [row, expected] of sums.entries()) {
        const effect = scores.heads[0]?.[1]?.[row] ?? Number.NaN;
        expect(Math.abs(effect - expected)).toBeLessThan(5e-3 * Math.max(1, Math.abs(expected)));
      }
    },
  );

  it("is the patch and its first order where the answer is linear in z", async () => {
    const source = randomModel({ normalization: null });
    using model = await HookedTransformer.create(source);
    const given = givenOf(model);
    const integrated = await integratedGradientScores(model, { ...given, steps: 2 });
    const attribution = await attributionScores(model, given);
    const patched = await patchScores(model, { ...given, component: "z", by: "head" });
    for (const head of [0, 1]) {
      for (const row of [0, 1, 2]) {
        const exact = (patched.patched[2 + head]?.[row] ?? 0) - (patched.corrupted[row] ?? 0);
        expect(integrated.heads[1]?.[head]?.[row]).toBeCloseTo(exact, 4);
        expect(attribution.heads[1]?.[head]?.[row]).toBeCloseTo(exact, 4);
      }
    }
  });

  it("does not depend on how prompts are cut into chunks", async () => {
    const source = randomModel({ n_ctx: 4 });
    using model = await HookedTransformer.create(source);
    const batch = 1100; // more than one chunk
    const clean = randomTokens(source.config, batch, 4, 5);
    const corrupted = randomTokens(source.config, batch, 4, 6);
    const answers = Array.from({ length: batch }, (_, row): AnswerPair => [row % 11, 3]);
    const done: (readonly [number, number])[] = [];
    const onProgress = (...progress: [number, number]) => void done.push(progress);
    const whole = await attributionScores(model, { clean, corrupted, answers, onProgress });
    expect(done.length).toBeGreaterThan(2); // gradients: more than one chunk of two layers
    expect(done.at(-1)).toEqual([done.length, done.length]);
    const last = { batch: 1, length: 4 };
    const alone = await attributionScores(model, {
      clean: { ...last, ids: clean.ids.slice(-4) },
      corrupted: { ...last, ids: corrupted.ids.slice(-4) },
      answers: answers.slice(-1),
    });
    for (const [layer, heads] of whole.heads.entries()) {
      for (const [head, effects] of heads.entries()) {
        expect(effects.at(-1)).toBeCloseTo(alone.heads[layer]?.[head]?.[0] ?? Number.NaN, 4);
      }
    }
  });

  it("says where too few steps leave effects unexplained", async () => {
    const source = randomModel();
    using model = await HookedTransformer.create(source);
    const unexplained = async (steps: number) => {
      const { layers } = await integratedGradients(model, { ...givenOf(model), steps });
      return Math.abs(layers[0]?.unexplained.mean ?? Number.NaN);
    };
    expect(await unexplained(1)).toBeGreaterThan(100 * (await unexplained(16)));
  });

  it("frees what it made", async () => {
    using model = await HookedTransformer.create(randomModel());
    const base = liveTensors();
    await integratedGradients(model, givenOf(model));
    expect(liveTensors()).toBe(base);
  });

  it.each([
    ["bad-spec", { steps: 0 }],
    ["bad-spec", { steps: 1.5 }],
    ["bad-spec", { read: 6 }],
    ["bad-shape", { answers: [[1, 2]] as AnswerPair[] }],
    ["token-out-of-range", { answers: [[1, 2], [1, 11], [1, 2]] as AnswerPair[] }], // biome-ignore format: pairs
    ["cancelled", { signal: AbortSignal.abort() }],
  ])("fails with %s for %j", async (code, wrong) => {
    using model = await HookedTransformer.create(randomModel());
    const request = { ...givenOf(model), ...wrong };
    await expect((async () => integratedGradients(model, request))()).rejects.toMatchObject({
      code,
    });
  });
});
