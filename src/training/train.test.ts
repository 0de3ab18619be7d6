import { afterEach, describe, expect, it } from "vitest";
import { ruledText } from "../../test/training-text.ts";
import { tokensInMemory } from "../corpus/pack.ts";
import { liveTensors } from "../engine/tensor.ts";
import { bigramEntropy, countBigrams } from "./bigrams.ts";
import { parseRecipe, type Recipe, recipeConfig } from "./recipe.ts";
import { type TrainingPoint, train } from "./train.ts";

const RECIPE: Recipe = parseRecipe({
  name: "test",
  seed: 5,
  corpus: { sources: ["nowhere"] },
  model: { n_layers: 2, n_heads: 2, d_model: 16, d_head: 8, n_ctx: 12 },
  start: { bigrams: { steps: 20 } },
  batch: 4,
  steps: 12,
  copies: { share: 0.5, shortest: 2, longest: 5, from: 3, rivals: 0.5 },
});
const CONFIG = recipeConfig(RECIPE, 40, 0);
const TEXT = ruledText(40, 30);

afterEach(() => {
  expect(liveTensors(), "tensors left").toBe(0);
});

const numbersOf = ({ weights, optimizer }: TrainingPoint) => ({
  weights: [...weights].map(([name, { data }]) => [name, [...data]]),
  memory: [...(optimizer.memory ?? [])].map(([name, { data }]) => [name, [...data]]),
});

describe("train", () => {
  it("gives the same numbers whether it was stopped in between or not", async () => {
    const losses: number[] = [];
    const onStep = ({ loss }: { loss: number }) => {
      losses.push(loss);
    };
    const points: TrainingPoint[] = [];
    const whole = await train(RECIPE, CONFIG, TEXT, {
      onStep,
      isDue: (steps) => steps === 0 || steps === 5,
      onPoint: (_, point) => {
        points.push(point);
      },
    });
    expect(losses).toHaveLength(12);
    expect(points.map(({ optimizer }) => optimizer.steps)).toEqual([0, 5]);
    for (const [i, done] of [0, 5].entries()) {
      const again = losses.splice(0);
      const later = await train(RECIPE, CONFIG, TEXT, { onStep, from: points[i] });
      expect(losses).toEqual(again.slice(done));
      expect(numbersOf(later)).toEqual(numbersOf(whole));
      losses.splice(0, losses.length, ...again);
    }
  });

  it("hands over where it stands when it is stopped", async () => {
    const controller = new AbortController();
    const points: number[] = [];
    const stopped = train(RECIPE, CONFIG, TEXT, {
      signal: controller.signal,
      onStep: ({ step }) => {
        if (step === 4) controller.abort();
      },
      onPoint: (steps) => {
        points.push(steps);
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    expect(points).toEqual([4]);
  });

  it("begins near the entropy of bigrams", async () => {
    const longer = parseRecipe({
      ...RECIPE,
      steps: 40,
      start: { bigrams: { steps: 150, positions: true } },
    });
    const fit: number[] = [];
    const losses: number[] = [];
    await train(longer, CONFIG, TEXT, {
      onBigramStep: ({ loss }) => fit.push(loss),
      onStep: ({ loss }) => {
        losses.push(loss);
      },
    });
    const entropy = bigramEntropy(countBigrams(TEXT, CONFIG.n_ctx, CONFIG.d_vocab));
    expect(fit[0]).toBeGreaterThan(3);
    expect(fit.at(-1)).toBeGreaterThanOrEqual(entropy);
    expect(fit.at(-1)).toBeLessThan(entropy + 0.1);
    expect(losses[0]).toBeLessThan(entropy + 0.4);
  });

  it("refuses text that is less than a context, with and without a bigram start", async () => {
    const text = tokensInMemory(new Uint16Array(CONFIG.n_ctx - 2).fill(3), 0);
    for (const bigrams of [RECIPE.start.bigrams, null]) {
      const recipe = { ...RECIPE, start: { ...RECIPE.start, bigrams } };
      await expect(train(recipe, CONFIG, text)).rejects.toMatchObject({
        code: "bad-spec",
        message: expect.stringContaining("10 tokens, and a context of 12 needs 11"),
      });
    }
  });

  it("says that training diverged", async () => {
    const wild = parseRecipe({
      ...RECIPE,
      optimizer: {
        ...RECIPE.optimizer,
        learningRate: 100,
        muon: null,
        embeddingRates: { W_E: 100 },
      },
      schedule: { warmup: 0, decay: 0 },
      steps: 50,
    });
    await expect(train(wild, recipeConfig(wild, 40, 0), TEXT)).rejects.toMatchObject({
      code: "not-finite",
      message: expect.stringContaining("diverged"),
    });
  });
});
