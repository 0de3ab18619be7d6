import { describe, expect, it } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { liveTensors } from "../engine/tensor.ts";
import { deviceTensors } from "./device-weights.ts";
import { HookedTransformer } from "./model.ts";

describe("HookedTransformer", () => {
  it("says what it is", async () => {
    const source = randomModel();
    using model = await HookedTransformer.create(source);
    expect(model).toMatchObject({
      name: "random",
      hash: source.hash,
      config: source.config,
      processing: "none",
      device: "wasm",
    });
  });

  it("holds its weights until it is disposed of, and nothing after", async () => {
    const base = liveTensors();
    const model = await HookedTransformer.create(randomModel());
    expect(liveTensors() - base).toBe([...deviceTensors(model.weights)].length);
    await model.run(randomTokens(model.config, 2, 5), { names: ["*"] });
    expect(liveTensors() - base).toBe([...deviceTensors(model.weights)].length);
    model.dispose();
    expect(liveTensors()).toBe(base);
    model.dispose();
    expect(liveTensors()).toBe(base);
  });

  it("is disposed of at the end of a block that uses it", async () => {
    const base = liveTensors();
    {
      using model = await HookedTransformer.create(randomModel(), { processing: "default" });
      await model.run(randomTokens(model.config, 1, 3));
    }
    expect(liveTensors()).toBe(base);
  });

  it("cannot run after it was disposed of", async () => {
    const model = await HookedTransformer.create(randomModel());
    model.dispose();
    const base = liveTensors();
    await expect(model.run(randomTokens(model.config, 1, 3))).rejects.toMatchObject({
      code: "freed-tensor",
      message:
        'model "random" was disposed: its weights are freed, and it cannot run any more; create it again',
    });
    expect(liveTensors()).toBe(base);
  });

  it("is on a device that there is", async () => {
    const device = "cuda" as "wasm";
    await expect(HookedTransformer.create(randomModel(), { device })).rejects.toMatchObject({
      code: "bad-spec",
    });
  });

  it("refuses weights that do not fit, with nothing left behind", async () => {
    const base = liveTensors();
    const { config, ...source } = randomModel();
    await expect(
      HookedTransformer.create({ ...source, config: { ...config, n_heads: 4 } }),
    ).rejects.toMatchObject({ code: "bad-weights" });
    expect(liveTensors()).toBe(base);
  });

  it("does not see what happens to the arrays that it was made from", async () => {
    const source = randomModel();
    using model = await HookedTransformer.create(source);
    const tokens = randomTokens(source.config, 1, 4);
    const { logits } = await model.run(tokens);
    for (const { data } of source.weights.values()) data.fill(0);
    expect((await model.run(tokens)).logits).toEqual(logits);
  });
});
