import { describe, expect, it } from "vitest";
import { fromNested } from "../../test/golden/compare.ts";
import { randomModel } from "../../test/random-model.ts";
import { ablate, patch, SMALL, session } from "../../test/session.ts";
import { HookedTransformer } from "../model/model.ts";
import { effectAt, patchEffects, strongestHeads } from "./patch-effects.ts";
import { sessionPatchMatrix } from "./patch-matrix.ts";

const source = randomModel({ n_heads: 3 });

describe("patchEffects", () => {
  it("are how far a patch goes beyond the run without it", async () => {
    using model = await HookedTransformer.create(source);
    const spec = { ...SMALL, interventions: [ablate("zero", 0, 1)] };
    const what = { component: "z", by: "head", direction: "noise" } as const;
    const matrix = await sessionPatchMatrix(session(model), spec, what);
    const effects = patchEffects(matrix);
    expect([effects.rows, effects.columns]).toEqual([2, 3]);
    const normalised = matrix.normalised as number[][];
    const expected = (normalised[1]?.[2] ?? 0) - matrix.before.mean;
    expect(effects.values[1 * 3 + 2]).toBeCloseTo(expected, 6);
    expect(matrix.before.mean).not.toBe(1); // or there would be nothing to tell apart
  });

  it("have the intervals of the difference, prompt by prompt", async () => {
    using model = await HookedTransformer.create(source);
    const what = { component: "z", by: "head" } as const;
    const noise = { ...what, direction: "noise" } as const;
    // Where the run is one end of the way, a share less a constant is as sure as the share.
    const plain = await sessionPatchMatrix(session(model), SMALL, noise);
    const { data } = fromNested(plain.normalisedSe);
    const cells = patchEffects(plain);
    for (const [i, se] of cells.se.entries()) expect(se).toBeCloseTo(data[i] ?? Number.NaN, 6);
    for (const [i, value] of cells.values.entries()) {
      const { mean, ci95, n } = effectAt(cells, i);
      expect([mean, n]).toEqual([value, 6]);
      expect(ci95[1] - mean).toBeCloseTo(2.5706 * (cells.se[i] ?? Number.NaN), 4); // t with 5 degrees
      expect(mean - ci95[0]).toBeCloseTo(ci95[1] - mean, 9);
    }
    // A patch of what an intervention has put there already changes nothing, in any prompt.
    const on = { ...SMALL, interventions: [patch("z", 1, 2)] };
    const again = patchEffects(await sessionPatchMatrix(session(model), on, noise));
    expect(effectAt(again, 1 * 3 + 2)).toMatchObject({ mean: 0, se: 0 });
  });

  it("of one prompt have no intervals", async () => {
    using model = await HookedTransformer.create(source);
    const spec = { ...SMALL, prompt: { ...SMALL.prompt, batch: 1 } as typeof SMALL.prompt };
    const what = { component: "z", by: "head", direction: "denoise" } as const;
    const effects = patchEffects(await sessionPatchMatrix(session(model), spec, what));
    expect(effects.low).toBeUndefined();
    expect(effectAt(effects, 2)).toMatchObject({ mean: effects.values[2], n: 1 });
  });

  it("by position follow a head along the prompt", async () => {
    using model = await HookedTransformer.create(source);
    const what = { component: "q", by: "head-position", direction: "denoise" } as const;
    const matrix = await sessionPatchMatrix(session(model), SMALL, what);
    const { rows, columns, values } = patchEffects(matrix);
    const [layers = 0, positions = 0, heads = 0] = matrix.shape;
    expect([rows, columns]).toEqual([layers * heads, positions]);
    const { data } = fromNested(matrix.normalised);
    let largest = 0;
    for (let layer = 0; layer < layers; layer++) {
      for (let position = 0; position < positions; position++) {
        for (let head = 0; head < heads; head++) {
          const value = values[(layer * heads + head) * positions + position] ?? Number.NaN;
          expect(value).toBeCloseTo(data[(layer * positions + position) * heads + head] ?? 0, 6);
          largest = Math.max(largest, Math.abs(value));
        }
      }
    }
    expect(largest).toBeGreaterThan(0);
  });
});

it("puts the strongest head first", () => {
  const values = Float64Array.of(0.1, -0.5, 0.7, 0.1);
  const [low, high] = [values.map((value) => value - 0.2), values.map((value) => value + 0.2)];
  const se = values.map(() => 0.1);
  const heads = strongestHeads({ rows: 2, columns: 2, values, se, low, high, n: 9 });
  const labels = heads.map(({ label, effect }) => `${label} ${effect.mean}`);
  expect(labels).toEqual(["L1H0 0.7", "L0H0 0.1", "L1H1 0.1", "L0H1 -0.5"]);
  expect(heads[3]?.effect).toEqual({ mean: -0.5, se: 0.1, ci95: [-0.7, -0.3], n: 9 });
});
