import { describe, expect, it } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { HookedTransformer } from "./model.ts";
import { Activations, runResult } from "./run-result.ts";

describe("a result", () => {
  it("is written to JSON with the shapes and numbers of all that it holds", () => {
    const result = runResult(
      new Map([
        ["hook_embed", { shape: [1, 2, 1], data: Float32Array.of(3, 4) }],
        ["answerLogits", { shape: [1, 1, 2], data: Float32Array.of(0.5, -1) }],
      ]),
    );
    expect(JSON.parse(JSON.stringify(result))).toEqual({
      activations: { hook_embed: { shape: [1, 2, 1], values: [[[3], [4]]] } },
      answerLogits: { shape: [1, 1, 2], values: [[[0.5, -1]]] },
    });
    expect(Object.keys(result)).toEqual(["activations", "answerLogits"]);
    expect(() => structuredClone(result.answerLogits)).not.toThrow();
  });

  it("of a run has its scores in JSON, where the hidden ones are null", async () => {
    using model = await HookedTransformer.create(randomModel());
    const name = "blocks.0.attn.hook_attn_scores";
    const { activations } = await model.run(randomTokens(model.config, 1, 2), { names: [name] });
    const { values } = JSON.parse(JSON.stringify(activations))[name];
    expect(values[0][0][0]).toEqual([expect.any(Number), null]);
  });
});

describe("Activations", () => {
  it("say what is meant by a short name, and by one that was not asked for", () => {
    const array = { shape: [1], data: new Float32Array(1) };
    const activations = new Activations(new Map([["blocks.1.attn.hook_pattern", array]]));
    expect(() => activations.get("pattern" as "hook_embed")).toThrow(
      '"pattern" is not among the activations that this run was asked for; did you mean "blocks.1.attn.hook_pattern"?',
    );
  });
});
