import { describe, expect, it } from "vitest";
import { plantedContext } from "../../test/hypothesis.ts";
import { composition } from "./composition.ts";

describe("composition", () => {
  it("finds who reads whom in a planted circuit, by queries, keys and values", async () => {
    const context = await plantedContext("key-only");
    using _ = context.model;
    const { spec, baseline, pairs } = await composition(context, { draws: 5, seed: 0 });
    expect(spec).toEqual({ draws: 5, seed: 0 });
    expect(baseline.draws).toBe(5);
    const ofInduction = (mode: "Q" | "K" | "V") => {
      expect(pairs[mode]).toHaveLength(16);
      const found = pairs[mode].filter(({ reader }) => reader === "L1H3");
      return new Map(found.map(({ writer, score }) => [writer, score]));
    };
    const [q, k, v] = [ofInduction("Q"), ofInduction("K"), ofInduction("V")];
    const of = (scores: ReadonlyMap<string, number>, writer: string) =>
      scores.get(writer) ?? Number.NaN;
    // "lag 1" counts 12 for 63 tokens, what is not BOS, and the bag behind a key 4 for all 64.
    const expected = (4 * Math.sqrt(64)) / (12 * Math.sqrt(63));
    expect(of(k, "L0H2") / of(k, "L0H1")).toBeCloseTo(expected, 3);
    // The query reads no bag, but the token before, which counts 4; values are copied tokens alone.
    expect(of(q, "L0H1") / of(k, "L0H2")).toBeCloseTo(1, 3);
    for (const score of [of(q, "L0H2"), of(v, "L0H1"), of(v, "L0H2")]) {
      expect(score).toBeCloseTo(0, 3);
    }
    // Heads of random weights score as the baseline does.
    expect(of(k, "L0H0") / baseline.mean).toBeCloseTo(1, 1);
    for (const mode of ["Q", "K", "V"] as const) {
      const scores = pairs[mode].map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    }
  });

  it("has a baseline, and no pairs, where the weights are not at hand", async () => {
    const { source, ...context } = await plantedContext("none");
    using _ = context.model;
    expect(source).toBeDefined();
    const { baseline, pairs } = await composition(context, { draws: 2, seed: 0 });
    expect(baseline.mean * Math.sqrt(context.model.config.d_model)).toBeCloseTo(1, 1);
    expect(pairs).toEqual({ Q: [], K: [], V: [] });
  });
});
