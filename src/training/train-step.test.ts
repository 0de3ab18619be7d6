import { afterEach, describe, expect, it } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { goldenTraining, TRAINED_MODELS } from "../../test/training-fixtures.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { nextTask } from "../engine/next-task.ts";
import { liveTensors } from "../engine/tensor.ts";
import { HookedTransformer } from "../model/model.ts";
import { type TokenBatch, tokenBatch } from "../model/tokens.ts";
import type { AdamWOptions } from "./adamw.ts";
import { createTrainState, disposeTrainState, readWeights, trainStep } from "./train-step.ts";

const OPTIONS: AdamWOptions = {
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  weightDecay: 0.1,
};

const SOURCE = randomModel();
const { config: CONFIG, weights: WEIGHTS } = SOURCE;
const TOKENS = randomTokens(CONFIG, 4, 6);

afterEach(() => {
  expect(liveTensors(), "tensors left").toBe(0);
});

describe.each(TRAINED_MODELS)("%s", (name) => {
  it("learns as in PyTorch", async () => {
    const golden = await goldenTraining(name);
    using state = await createTrainState(golden.config, golden.initial, golden.optimizer);
    for (const [step, tokens] of golden.batches.entries()) {
      const { loss } = await trainStep(state, tokens);
      expect(loss, `loss of step ${step + 1}`).toBeCloseTo(golden.losses[step] as number, 4);
    }
    expect(state.steps).toBe(golden.batches.length);
    const weights = await readWeights(state);
    expect([...weights.keys()].sort()).toEqual([...golden.final.keys()].sort());
    for (const [key, { shape, data }] of golden.final) {
      if (key.endsWith(".b_K")) continue; // has no gradient but rounding errors
      const own = weights.get(key) as NdArray;
      expect(own.shape).toEqual(shape);
      const worst = Math.max(...own.data.map((x, i) => Math.abs(x - (data[i] as number))));
      expect(worst, key).toBeLessThan(2e-4); // ten steps of 1e-2 are 1e-1
    }
  });
});

describe("trainStep", () => {
  it("says the loss that the model has, before and after steps", async () => {
    using state = await createTrainState(CONFIG, WEIGHTS, OPTIONS);
    for (let step = 0; step < 3; step++) {
      const weights = await readWeights(state);
      using model = await HookedTransformer.create({ ...SOURCE, weights });
      const { lossPerToken } = await model.run(TOKENS, { lossPerToken: true });
      const { data } = lossPerToken as NdArray;
      const mean = data.reduce((sum, loss) => sum + loss, 0) / data.length;
      expect((await trainStep(state, TOKENS)).loss).toBeCloseTo(mean, 4);
    }
  });

  it("brings the loss down, whatever shape the batches have", async () => {
    using state = await createTrainState(CONFIG, WEIGHTS, OPTIONS);
    const first = await trainStep(state, TOKENS);
    for (let step = 0; step < 30; step++) {
      await trainStep(state, TOKENS);
      if (step % 10 === 0)
        await trainStep(state, randomTokens(CONFIG, 1 + step / 10, 3 + step / 10));
    }
    const last = await trainStep(state, TOKENS);
    expect(last.loss).toBeLessThan(first.loss / 3);
  });

  it("holds as many tensors after each step", async () => {
    using state = await createTrainState(CONFIG, WEIGHTS, OPTIONS);
    await trainStep(state, TOKENS);
    const after = liveTensors();
    for (let step = 0; step < 3; step++) {
      await trainStep(state, TOKENS);
      expect(liveTensors()).toBe(after);
    }
    await trainStep(state, randomTokens(CONFIG, 2, 9)); // another layout in place of the first
    expect(liveTensors()).toBe(after);
  });

  it("takes steps in the order they were asked for", async () => {
    const losses = async (together: boolean) => {
      using state = await createTrainState(CONFIG, WEIGHTS, OPTIONS);
      const first = trainStep(state, TOKENS);
      if (!together) await first;
      const second = trainStep(state, TOKENS);
      const weights = readWeights(state);
      const all = [(await first).loss, (await second).loss, (await weights).get("embed.W_E")?.data];
      return all;
    };
    expect(await losses(true)).toEqual(await losses(false));
  });

  it("takes a factor of the learning rate for one step", async () => {
    using state = await createTrainState(CONFIG, WEIGHTS, OPTIONS);
    await trainStep(state, TOKENS, { rateFactor: 0 });
    expect((await readWeights(state)).get("unembed.W_U")?.data).toEqual(
      WEIGHTS.get("unembed.W_U")?.data,
    );
  });

  it("gives back the weights it was given, before any step", async () => {
    using state = await createTrainState(CONFIG, WEIGHTS, OPTIONS);
    expect(await readWeights(state)).toEqual(WEIGHTS);
  });
});

describe("what is wrong is said", () => {
  it("of weights", async () => {
    const fewer = new Map(WEIGHTS);
    fewer.delete("blocks.1.attn.W_O");
    await expect(createTrainState(CONFIG, fewer, OPTIONS)).rejects.toMatchObject({
      code: "bad-weights",
      message: expect.stringContaining('"blocks.1.attn.W_O"'),
    });
    const deeper = { ...CONFIG, n_layers: 3 };
    await expect(createTrainState(deeper, WEIGHTS, OPTIONS)).rejects.toMatchObject({
      code: "bad-weights",
    });
  });

  it("of options", async () => {
    for (const wrong of [{ learningRate: -1 }, { beta2: 1 }, { eps: 0 }, { weightDecay: NaN }]) {
      await expect(
        createTrainState(CONFIG, WEIGHTS, { ...OPTIONS, ...wrong }),
      ).rejects.toMatchObject({
        code: "bad-spec",
        message: expect.stringContaining(Object.keys(wrong)[0] as string),
      });
    }
  });

  it("of tokens, with the state unharmed", async () => {
    using state = await createTrainState(CONFIG, WEIGHTS, OPTIONS);
    const wrong: [TokenBatch, string][] = [
      [tokenBatch([[1, CONFIG.d_vocab]]), "token-out-of-range"],
      [tokenBatch([[1], [2]]), "bad-shape"],
      [randomTokens(CONFIG, 1, CONFIG.n_ctx + 1), "sequence-too-long"],
      [{ batch: 0, length: 4, ids: new Int32Array() }, "bad-shape"],
    ];
    for (const [tokens, code] of wrong) {
      await expect(trainStep(state, tokens)).rejects.toMatchObject({ code });
    }
    expect(state.steps).toBe(0);
    expect(await readWeights(state)).toEqual(WEIGHTS);
  });

  it("of a loss that is no number, with the state as it was", async () => {
    const W_U = WEIGHTS.get("unembed.W_U") as NdArray;
    const huge = new Map(WEIGHTS).set("unembed.W_U", {
      shape: W_U.shape,
      data: W_U.data.map((x) => x * 3e38),
    });
    using state = await createTrainState(CONFIG, huge, OPTIONS);
    await expect(trainStep(state, TOKENS)).rejects.toMatchObject({ code: "not-finite" });
    expect(state.steps).toBe(0);
    expect(await readWeights(state)).toEqual(huge);
  });

  it("of a state that was disposed of, a step under way included", async () => {
    const state = await createTrainState(CONFIG, WEIGHTS, OPTIONS);
    await trainStep(state, TOKENS);
    const underWay = trainStep(state, TOKENS);
    disposeTrainState(state);
    await expect(underWay).rejects.toMatchObject({ code: "freed-tensor" });
    await expect(trainStep(state, TOKENS)).rejects.toMatchObject({ code: "freed-tensor" });
    await expect(readWeights(state)).rejects.toMatchObject({ code: "freed-tensor" });
    disposeTrainState(state);
  });

  it("of a state that is disposed of in the middle of a step", async () => {
    const state = await createTrainState(CONFIG, WEIGHTS, OPTIONS);
    const step = trainStep(state, TOKENS);
    step.catch(() => {}); // it may fail before anybody looks
    await nextTask();
    disposeTrainState(state);
    await expect(step).rejects.toMatchObject({ code: "freed-tensor" });
  });
});
