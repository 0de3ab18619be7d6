import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { ablate, apart, patch, SMALL, session } from "../../test/session.ts";
import { at, type NdArray } from "../engine/ndarray.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import { batchMean, rowEstimates } from "../measures/batch-mean.ts";
import { lagProfile } from "../measures/lag-profile.ts";
import { HookedTransformer } from "../model/model.ts";
import { attentionEstimate, sessionAttention, sessionLagProfile, withoutBos } from "./attention.ts";

const source = randomModel({ n_heads: 3 });
const PATTERN = "blocks.1.attn.hook_pattern";

describe("sessionAttention", () => {
  it("is the mean pattern of the library's run, in every mode", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const { clean, labels } = small.prompts(SMALL.prompt);
    for (const mode of ["total", "position-only", "token-only"] as const) {
      const given = await sessionAttention(small, { ...SMALL, mode });
      const { activations } = await model.run(clean, { names: [PATTERN], mode });
      const { mean, se, n } = batchMean(activations.get(PATTERN));
      expect(given).toMatchObject({ n, labels, opensWithBos: true });
      expect(apart(given.mean[1] as NdArray, mean)).toBe(0);
      expect(apart(given.se[1] as NdArray, se)).toBe(0);
    }
  });

  it("has the interval of each cell", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const given = await sessionAttention(small, SMALL);
    const { clean } = small.prompts(SMALL.prompt);
    const { activations } = await model.run(clean, { names: [PATTERN] });
    const [, , third] = rowEstimates(activations.get(PATTERN), 2, 8);
    const cell = attentionEstimate(given, { layer: 1, head: 2 }, 8, 2);
    expect(cell.mean).toBeCloseTo(third?.mean as number, 6);
    expect(cell.ci95[0]).toBeCloseTo(third?.ci95[0] as number, 6);
    expect(cell.ci95[1]).toBeCloseTo(third?.ci95[1] as number, 6);
    expect(cell.n).toBe(6);
    expect(() => attentionEstimate(given, { layer: 2, head: 0 }, 0, 0)).toThrow(/no layer 2/);
  });

  it("shows one prompt as it is in the batch, interventions over all of it", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const spec = { ...SMALL, interventions: [ablate("mean", 0, 1), ablate("resample", 0, 2)] };
    const rows = [];
    for (let prompt = 0; prompt < 6; prompt++) {
      rows.push(await sessionAttention(small, spec, { prompt }));
    }
    expect(rows.map(({ n }) => n)).toEqual([1, 1, 1, 1, 1, 1]);
    const patterns = rows.map(({ mean }) => mean[1] as NdArray);
    const [first] = patterns;
    const together: NdArray = {
      shape: [6, ...(first?.shape ?? [])],
      data: Float32Array.from(patterns.flatMap(({ data }) => [...data])),
    };
    const mean = await sessionAttention(small, spec);
    expect(apart(mean.mean[1] as NdArray, batchMean(together).mean)).toBeLessThan(1e-6);
    await expect(sessionAttention(small, spec, { prompt: 6 })).rejects.toThrow(
      /no prompt 6 in a batch of 6/,
    );
  });

  it("shows the other run's pattern where it is patched in, and no other", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const own = await sessionAttention(small, SMALL);
    const other = await sessionAttention(small, { ...SMALL, runs: "corrupted" });
    const spec = { ...SMALL, interventions: [patch("pattern", 1, 0)] };
    const patched = await sessionAttention(small, spec);
    const head = ({ mean }: typeof own, h: number) => at(mean[1] as NdArray, h);
    expect(apart(head(patched, 0), head(other, 0))).toBe(0);
    expect(apart(head(patched, 1), head(own, 1))).toBe(0);
    expect(apart(head(own, 0), head(other, 0))).toBeGreaterThan(1e-3);
    expect(other.labels[7]).toBe("C");
  });

  it("runs a batch of many chunks as one", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const prompt = { ...SMALL.prompt, batch: 500 } as typeof SMALL.prompt;
    const spec = { ...SMALL, prompt, interventions: [patch("z", 0, 1)] };
    const { mean, n } = await sessionAttention(small, spec);
    const { clean, corrupted } = small.prompts(prompt);
    if (corrupted === null) throw new Error("repeated prompts have both");
    const z = "blocks.0.attn.hook_z";
    const other = (await model.run(corrupted, { names: [z] })).activations.get(z);
    const { activations } = await model.run(clean, {
      names: [PATTERN],
      hooks: [[z, (value) => value.withSlice(2, [1, 2], headOf(value, other))]],
    });
    expect(n).toBe(500);
    expect(apart(mean[1] as NdArray, batchMean(activations.get(PATTERN)).mean)).toBeLessThan(1e-6);
  });
});

/** Head 1 of an activation, `[B, P, 1, D]`. */
function headOf(value: Tensor, z: NdArray): Tensor {
  expect(z.shape).toEqual(value.shape);
  return tensor(z).slice(null, null, [1, 2]);
}

describe("what is made of patterns", () => {
  const pattern: NdArray = {
    shape: [1, 3, 3],
    data: Float32Array.from([1, 0, 0, 0.75, 0.25, 0, 0.5, 0.125, 0.375]),
  };

  it("hides BOS and lets the rest sum to one", () => {
    expect([...withoutBos(pattern).data]).toEqual([0, 0, 0, 0, 1, 0, 0, 0.25, 0.75]);
    expect(pattern.data[0]).toBe(1);
  });

  it("tells how far back a head looks, BOS apart where there is one", () => {
    const attention = { mean: [pattern], opensWithBos: true };
    const head = { layer: 0, head: 0 };
    expect(sessionLagProfile(attention, head)).toEqual(lagProfile(at(pattern, 0)));
    expect(sessionLagProfile({ ...attention, opensWithBos: false }, head)).toEqual(
      lagProfile(at(pattern, 0), { bos: false }),
    );
    const onlyBos = { shape: [1, 1, 1], data: Float32Array.of(1) };
    const bosAlone = sessionLagProfile({ mean: [onlyBos], opensWithBos: true }, head);
    expect(bosAlone).toMatchObject({ byLag: [], bos: 1, beyond: 0 });
  });
});
