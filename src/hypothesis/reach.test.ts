import { describe, expect, it } from "vitest";
import { expectNear, mean, plantedContext } from "../../test/hypothesis.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { tensor } from "../engine/tensor.ts";
import { HookedTransformer } from "../model/model.ts";
import type { HookEntry } from "../model/run-options.ts";
import { batchRows } from "../model/tokens.ts";
import type { AnsweredPrompts } from "../prompts/prompt.ts";
import { askedBothWays } from "../prompts/repeated.ts";
import { repeatedSpec } from "./answer-logits.ts";
import type { HypothesisContext } from "./context.ts";
import { limitReach, reach } from "./reach.ts";

const patternOf = (layer: number) => `blocks.${layer}.attn.hook_pattern` as const;

/** A pattern with what lies further back than a lag set to zero, but for position 0. */
function hidden({ shape, data }: NdArray, lag: number): NdArray {
  const [batch = 0, heads = 0, length = 0] = shape;
  const left = data.slice();
  for (let row = 0; row < batch * heads; row++) {
    for (let query = 0; query < length; query++) {
      for (let key = 1; key < query - lag; key++) left[(row * length + query) * length + key] = 0;
    }
  }
  return { shape, data: left };
}

describe("limitReach", () => {
  it.each([1, 3, 7])("hides what lies further back than %i, and not position 0", async (lag) => {
    using model = await HookedTransformer.create(randomModel({ n_layers: 3 }));
    const tokens = randomTokens(model.config, 3, 8);
    const names = [0, 1].map(patternOf);
    const { activations: own } = await model.run(tokens, { names });
    const { activations } = await model.run(tokens, { names, hooks: limitReach([0], lag) });
    expect(activations.get(patternOf(0))).toEqual(hidden(own.get(patternOf(0)), lag));
    // The layer above sees all, of another stream.
    const above = activations.get(patternOf(1)).data;
    const shares = Array.from({ length: 8 }, (_, key) => above[7 * 8 + key] as number);
    expect(shares.every((share) => share > 0)).toBe(true);
  });
});

/** Logit differences with the patterns of layers, read and hidden one after the other. */
async function limited(
  model: HookedTransformer,
  { tokens, answers, read }: AnsweredPrompts,
  layers: readonly number[],
  lag: number,
): Promise<number[]> {
  const hooks: HookEntry[] = [];
  for (const layer of layers) {
    const name = patternOf(layer);
    const { activations } = await model.run(tokens, { names: [name], hooks });
    const left = hidden(activations.get(name), lag);
    hooks.push([name, () => tensor(left)]);
  }
  const { answerLogits } = await model.run(tokens, { answers, positions: [read], hooks });
  const data = answerLogits?.data ?? [];
  return answers.map((_, row) => (data[2 * row] as number) - (data[2 * row + 1] as number));
}

describe("reach", () => {
  it.each([
    ["below the lowest induction head", [{ layer: 2, head: 1 }], [0, 1]],
    ["of all layers but the last, where there is none", [], [0, 1]],
    [
      "below the lower of two",
      [
        { layer: 2, head: 0 },
        { layer: 1, head: 1 },
      ],
      [0],
    ],
  ] as const)("is limited %s", async (_, induction, layers) => {
    using model = await HookedTransformer.create(randomModel({ n_layers: 3, d_vocab: 30 }));
    const circuit = { previousToken: [], lookBack: [], induction };
    const context: HypothesisContext = { model, bos: 0, circuit };
    const spec = { lengths: [3], reaches: [1, 4], batch: 4, seed: 8 };
    const result = await reach(context, spec);
    expect(result.layers).toEqual(layers);
    const { first, second } = askedBothWays(
      repeatedSpec(context, { length: 3, batch: 4, seed: 8 }),
    );
    const corrected = async (lag: number) =>
      mean([
        ...(await limited(model, first, layers, lag)),
        ...(await limited(model, second, layers, lag)),
      ]);
    const [row] = result.rows;
    const whole = await corrected(100);
    expectNear([row?.whole.mean ?? Number.NaN], [whole], "whole");
    for (const [i, lag] of spec.reaches.entries()) {
      const cell = row?.cells[i];
      const left = await corrected(lag);
      expect(cell?.reach).toBe(lag);
      expectNear([cell?.logitDiff.mean ?? Number.NaN], [left], `reach ${lag}`);
      expectNear([cell?.kept.mean ?? Number.NaN], [left / whole], `kept with ${lag}`);
    }
  });

  it("sees each prompt by itself, however many there are", async () => {
    using model = await HookedTransformer.create(randomModel({ d_vocab: 30 }));
    const circuit = { previousToken: [], lookBack: [], induction: [] };
    const context: HypothesisContext = { model, bos: 0, circuit };
    const spec = { lengths: [4], reaches: [2], batch: 300, seed: 8 };
    const { rows } = await reach(context, spec);
    const both = askedBothWays(repeatedSpec(context, { length: 4, batch: 300, seed: 8 }));
    const scores: number[] = [];
    for (const prompts of [both.first, both.second]) {
      for (let start = 0; start < 300; start += 60) {
        const part = {
          ...prompts,
          tokens: batchRows(prompts.tokens, start, start + 60),
          answers: prompts.answers.slice(start, start + 60),
        };
        scores.push(...(await limited(model, part, [0], 2)));
      }
    }
    expectNear([rows[0]?.cells[0]?.logitDiff.mean ?? Number.NaN], [mean(scores)]);
  });

  it("of n - 1 is what a planted bag of tokens needs, and n - 2 is too little", async () => {
    const context = await plantedContext("bag");
    using _ = context.model;
    const spec = { lengths: [4, 5], reaches: [2, 3, 4], batch: 20, seed: 3 };
    const { rows, layers } = await reach(context, spec);
    expect(layers).toEqual([0]);
    const kept = (length: number, lag: number) =>
      rows.find((row) => row.length === length)?.cells.find((cell) => cell.reach === lag)?.kept;
    for (const length of [4, 5]) {
      expect(Math.abs(1 - (kept(length, length - 1)?.mean ?? 0)), `${length}`).toBeLessThan(0.15);
      expect(Math.abs(kept(length, length - 2)?.mean ?? 1), `${length}`).toBeLessThan(0.05);
    }
  });
});
