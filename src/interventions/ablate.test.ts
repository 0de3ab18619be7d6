import { describe, expect, it } from "vitest";
import { fromNested } from "../../test/golden/compare.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { liveTensors, tensor } from "../engine/tensor.ts";
import { estimatePaired } from "../measures/statistics.ts";
import { HookedTransformer } from "../model/model.ts";
import { batchRows } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { ablateHeads } from "./ablate.ts";
import type { AblationKind } from "./ablation-kinds.ts";

const source = randomModel({ n_layers: 2, n_heads: 3 });
const tokens = randomTokens(source.config, 5, 6);
const answers: AnswerPair[] = [[1, 2], [3, 4], [9, 0], [5, 6], [7, 8]]; // biome-ignore format: pairs

/** What stands in for z `[batch, pos, head, d]` when one head is ablated. */
function replaced(z: NdArray, kind: AblationKind, head: number): NdArray {
  const [batch = 0, length = 0, heads = 0, d_head = 0] = z.shape;
  const at = (row: number, p: number, h: number, d: number) =>
    ((row * length + p) * heads + h) * d_head + d;
  const data = z.data.slice();
  for (let row = 0; row < batch; row++) {
    for (let p = 0; p < length; p++) {
      for (let d = 0; d < d_head; d++) {
        const rows = Array.from({ length: batch }, (_, r) => z.data[at(r, p, head, d)] as number);
        const mean = rows.reduce((sum, x) => sum + x, 0) / batch;
        const next = rows[(row + 1) % batch] as number;
        data[at(row, p, head, d)] = { zero: 0, mean, resample: next }[kind];
      }
    }
  }
  return { shape: z.shape, data };
}

async function logitDifferences(
  model: HookedTransformer,
  read: number,
  hook?: readonly [layer: number, z: NdArray],
): Promise<number[]> {
  const { answerLogits } = await model.run(tokens, {
    answers,
    positions: [read],
    hooks: hook === undefined ? [] : [[`blocks.${hook[0]}.attn.hook_z`, () => tensor(hook[1])]],
  });
  const data = answerLogits?.data ?? new Float32Array();
  return answers.map((_, row) => (data[2 * row] as number) - (data[2 * row + 1] as number));
}

describe("ablateHeads", () => {
  it.each<[AblationKind, number]>([
    ["zero", 5],
    ["mean", 5],
    ["resample", 5],
    ["mean", 3],
    ["resample", 3],
  ])("by %s, read at %i, is as by brute force", async (kind, read) => {
    using model = await HookedTransformer.create(source);
    const given = await ablateHeads(model, { tokens, answers, kind, read });
    const clean = await logitDifferences(model, read);
    expect(given.clean.n).toBe(5);
    expect(given.clean.mean).toBeCloseTo(clean.reduce((a, b) => a + b) / 5, 4);
    for (const array of [given.values, given.effect, given.effectSe]) {
      expect(fromNested(array).shape).toEqual([2, 3]);
    }
    for (let layer = 0; layer < 2; layer++) {
      const name = `blocks.${layer}.attn.hook_z` as const;
      const z = (await model.run(tokens, { names: [name] })).activations.get(name);
      for (let head = 0; head < 3; head++) {
        const ablated = await logitDifferences(model, read, [layer, replaced(z, kind, head)]);
        const place = 3 * layer + head;
        const mean = ablated.reduce((a, b) => a + b) / 5;
        expect(fromNested(given.values).data[place], `L${layer}H${head}`).toBeCloseTo(mean, 4);
        const effect = estimatePaired(clean, ablated);
        expect(fromNested(given.effect).data[place]).toBeCloseTo(effect.mean, 4);
        expect(fromNested(given.effectSe).data[place]).toBeCloseTo(effect.se, 4);
      }
    }
  });

  it("takes the mean over other prompts where these are given", async () => {
    using model = await HookedTransformer.create(source);
    const others = randomTokens(source.config, 5, 6, 9);
    const given = await ablateHeads(model, { tokens, answers, kind: "mean", others });
    const name = "blocks.0.attn.hook_z";
    const own = (await model.run(tokens, { names: [name] })).activations.get(name);
    const { activations } = await model.run(others, { names: [name] });
    const means = replaced(activations.get(name), "mean", 2);
    const [batch = 0, length = 0, heads = 0, d_head = 0] = own.shape;
    const data = own.data.slice();
    for (let at = 0; at < batch * length * heads * d_head; at++) {
      if (Math.floor(at / d_head) % heads === 2) data[at] = means.data[at] as number;
    }
    const ablated = await logitDifferences(model, 5, [0, { shape: own.shape, data }]);
    const mean = ablated.reduce((a, b) => a + b) / 5;
    expect(fromNested(given.values).data[2]).toBeCloseTo(mean, 4);
    const short = { ...others, batch: 4, ids: others.ids.slice(6) };
    for (const kind of ["mean", "zero"] as const) {
      const request = { tokens, answers, kind, others: short };
      await expect(ablateHeads(model, request)).rejects.toMatchObject({ code: "bad-shape" });
    }
  });

  it("has nothing to take from within one prompt", async () => {
    using model = await HookedTransformer.create(source);
    const request = { tokens: batchRows(tokens, 0, 1), answers: answers.slice(0, 1) };
    for (const kind of ["resample", "mean"] as const) {
      await expect(ablateHeads(model, { ...request, kind })).rejects.toMatchObject({
        code: "bad-spec",
        message: expect.stringContaining("at least 2 prompts"),
      });
    }
  });

  it("frees what it made, and can be cancelled", async () => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    for (const kind of ["zero", "mean", "resample"] as const) {
      await ablateHeads(model, { tokens, answers, kind });
      expect(liveTensors()).toBe(base);
      const signal = AbortSignal.abort();
      await expect(ablateHeads(model, { tokens, answers, kind, signal })).rejects.toMatchObject({
        code: "cancelled",
      });
      expect(liveTensors()).toBe(base);
    }
  });

  it("says what is wrong with prompts and answers", async () => {
    using model = await HookedTransformer.create(source);
    const request = { tokens, answers, kind: "zero" } as const;
    await expect(ablateHeads(model, { ...request, read: 6 })).rejects.toMatchObject({
      code: "bad-spec",
    });
    const kind = "meen" as "mean";
    await expect(ablateHeads(model, { ...request, kind })).rejects.toMatchObject({
      code: "bad-spec",
      message: 'kind: "meen" is not one of resample, mean, zero; did you mean "mean"?',
    });
    await expect(ablateHeads(model, { ...request, answers: [] })).rejects.toMatchObject({
      code: "bad-shape",
    });
  });
});
