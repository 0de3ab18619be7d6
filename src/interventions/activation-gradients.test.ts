import { afterEach, describe, expect, it } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { liveTensors, type Tensor, tensor } from "../engine/tensor.ts";
import type { HookName } from "../model/hooks.ts";
import { HookedTransformer } from "../model/model.ts";
import { activationGradients, type GradientRequest, type Metric } from "./activation-gradients.ts";
import { attributeHeads } from "./attribution.ts";

const model = await HookedTransformer.create(randomModel());
const { config } = model;
const tokens = randomTokens(config, 3, 6);
const answers = [
  [1, 2],
  [3, 4],
  [5, 6],
] as const;
const live = liveTensors();

afterEach(() => {
  expect(liveTensors()).toBe(live);
});

/** Log-probability of token 2 at the first position that is read. */
const logProb: Metric = (logits) => logits.slice(null, 0, 2).sub(logits.slice(null, 0).logSumExp());

/** How the metric of a row changes with one element of an activation, by central differences. */
async function slope(
  request: GradientRequest,
  name: HookName,
  { row, element, step }: { row: number; element: number; step: number },
): Promise<number> {
  const moved = async (by: number) => {
    const nudge = (x: Tensor) => {
      const data = new Float32Array(x.shape.reduce((product, extent) => product * extent, 1));
      data[(row * data.length) / tokens.batch + element] = by;
      return x.add(tensor({ shape: x.shape, data }));
    };
    const { values } = await activationGradients(model, {
      ...request,
      hooks: [...(request.hooks ?? []), [name, nudge]],
    });
    return values[row] as number;
  };
  return ((await moved(step)) - (await moved(-step))) / (2 * step);
}

async function expectSlopes(request: GradientRequest) {
  const { gradients } = await activationGradients(model, request);
  for (const [name, { data }] of gradients) {
    const perRow = data.length / tokens.batch;
    // The largest of a row: float32 has digits enough for its difference.
    const row = 1;
    const own = data.subarray(row * perRow, (row + 1) * perRow);
    const element = own.reduce(
      (best, x, i) => (Math.abs(x) > Math.abs(own[best] ?? 0) ? i : best),
      0,
    );
    const found = await slope(request, name, { row, element, step: 0.02 });
    expect(Math.abs(found - (own[element] as number)), name).toBeLessThan(
      0.02 * Math.abs(own[element] as number) + 1e-3,
    );
  }
  return gradients;
}

describe("gradients of activations", () => {
  it("are what differences say, at every hook point", async () => {
    const gradients = await expectSlopes({ tokens, answers, names: ["*"], positions: [4] });
    expect(gradients.names.length).toBeGreaterThan(25);
    // Nothing behind the position that is read matters to it.
    const { shape, data } = gradients.get("blocks.0.hook_resid_pre");
    const [, length = 0, d_model = 0] = shape;
    const last = data.subarray((length - 1) * d_model, length * d_model);
    expect(last.every((x) => x === 0)).toBe(true);
  });

  it("are of whatever number is made of the logits", async () => {
    const names = ["hook_embed", "blocks.*.attn.hook_pattern", "unembed.hook_out"];
    const { values } = await activationGradients(model, { tokens, names, of: logProb });
    const { answerLogProbs } = await model.run(tokens, {
      answers: [[2], [2], [2]],
      answerLogProbs: true,
    });
    for (const [row, value] of values.entries()) {
      expect(value).toBeCloseTo(answerLogProbs?.data[row] as number, 4);
    }
    await expectSlopes({ tokens, names, of: logProb });
  });

  it("are of the run as hooks change it", async () => {
    const hooks: GradientRequest["hooks"] = [["blocks.0.attn.hook_z", (z) => z.mul(0.5)]];
    const names = ["hook_embed", "blocks.0.attn.hook_z", "blocks.1.attn.hook_q"];
    await expectSlopes({ tokens, answers, names, hooks });
    const without = await activationGradients(model, { tokens, answers, names });
    const { values } = await activationGradients(model, { tokens, answers, names, hooks });
    expect(values).not.toEqual(without.values);
  });

  it("times the change of an activation are attribution patching", async () => {
    const corrupted = randomTokens(config, 3, 6, 9);
    const request = { answers, names: ["blocks.*.attn.hook_z"] };
    const from = await activationGradients(model, { ...request, tokens: corrupted });
    const to = await activationGradients(model, { ...request, tokens });
    const expected = await attributeHeads(model, { clean: tokens, corrupted, answers });
    for (let layer = 0; layer < config.n_layers; layer++) {
      const name = `blocks.${layer}.attn.hook_z` as const;
      const { shape, data } = from.gradients.get(name);
      const [batch = 0, , heads = 0, d_head = 0] = shape;
      const effects = new Float64Array(heads);
      for (const [i, gradient] of data.entries()) {
        const change =
          (to.activations.get(name).data[i] as number) -
          (from.activations.get(name).data[i] as number);
        const head = Math.floor(i / d_head) % heads;
        effects[head] = (effects[head] as number) + (gradient * change) / batch;
      }
      const ofLayer = (expected as number[][])[layer] ?? [];
      for (const [head, effect] of effects.entries()) {
        expect(effect).toBeCloseTo(ofLayer[head] as number, 4);
      }
    }
  });

  it("come out the same in chunks, with how far they are", async () => {
    const request = { tokens, answers, names: ["blocks.0.hook_attn_out"] };
    const whole = await activationGradients(model, request);
    const done: number[] = [];
    const inChunks = await activationGradients(model, {
      ...request,
      chunkRows: 2,
      onProgress: (rows) => done.push(rows),
    });
    expect(done).toEqual([2, 3]);
    const [a, b] = [whole, inChunks].map(({ gradients }) =>
      gradients.get("blocks.0.hook_attn_out"),
    );
    expect(b?.shape).toEqual(a?.shape);
    for (const [i, x] of (a?.data ?? []).entries()) expect(b?.data[i]).toBeCloseTo(x, 5);
  });

  it("say what is wrong with a request", async () => {
    const names = ["hook_embed"];
    const failing = (request: Omit<GradientRequest, "tokens">) =>
      expect(activationGradients(model, { tokens, ...request })).rejects;
    await failing({ names: [], answers }).toThrow(/with respect to which activations/);
    await failing({ names }).toThrow(/what is to be differentiated/);
    await failing({ names, answers: [[1], [2], [3]] }).toThrow(/\[right, wrong\]/);
    await failing({ names, of: (logits) => logits.sum() }).toThrow(/gave shape \[\] for 3 prompts/);
    await failing({ names: ["blocks.7.hook_attn_out"], answers }).toThrow(/unknown hook/);
    await failing({ names, answers, chunkRows: 0 }).toThrow(/chunkRows/);
    await failing({ names, answers, signal: AbortSignal.abort() }).toThrow(/cancelled/);
  });
});
