import { describe, expect, it } from "vitest";
import { fromNested } from "../../test/golden/compare.ts";
import { randomModel } from "../../test/random-model.ts";
import { ablate, SMALL, session } from "../../test/session.ts";
import { HookedTransformer } from "../model/model.ts";
import { patchEffects, strongestHeads } from "./patch-effects.ts";
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
    expect(effects.values[1 * 3 + 2]).toBe((normalised[1]?.[2] ?? 0) - matrix.before.mean);
    expect(matrix.before.mean).not.toBe(1); // or there would be nothing to tell apart
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
  const effects = { rows: 2, columns: 2, values: Float64Array.of(0.1, -0.5, 0.7, 0.1) };
  const labels = strongestHeads(effects).map(({ label, effect }) => `${label} ${effect}`);
  expect(labels).toEqual(["L1H0 0.7", "L0H0 0.1", "L1H1 0.1", "L0H1 -0.5"]);
});
