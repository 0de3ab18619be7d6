import { beforeAll, describe, expect, it } from "vitest";
import { plantedVerdict, randomVerdict } from "../../test/sample-verdict.ts";
import { estimate } from "../measures/statistics.ts";
import { acrossModels } from "./across-models.ts";
import type { VerdictResult } from "./verdict.ts";

let planted: VerdictResult;
let random: VerdictResult;

beforeAll(async () => {
  planted = await plantedVerdict();
  random = await randomVerdict();
}, 60_000);

/** The same model with other weights, in which all means are moved. */
function moved({ model, claims, ...rest }: VerdictResult, by: number): VerdictResult {
  return {
    ...rest,
    model: { ...model, name: `moved by ${by}`, hash: `${model.hash} ${by}` },
    claims: claims.map((claim) => ({
      ...claim,
      measurement: claim.measurement.map((one) => ({
        ...one,
        estimate: { ...one.estimate, mean: one.estimate.mean + by },
      })),
    })),
  };
}

describe("acrossModels", () => {
  it("has each claim as each model has it, in their order", () => {
    const { rule, models, claims } = acrossModels([planted, random]);
    expect(rule).toBe(planted.rule);
    expect(models.map(({ name }) => name)).toEqual([planted.model.name, "random"]);
    expect(models[0]).toMatchObject({ circuit: planted.circuit, confidence: planted.confidence });
    expect(claims.map(({ id }) => id)).toEqual(planted.claims.map(({ id }) => id));
    for (const [i, { verdicts, reasons }] of claims.entries()) {
      expect(verdicts).toEqual([planted.claims[i]?.verdict, random.claims[i]?.verdict]);
      expect(reasons).toEqual([planted.claims[i]?.reason, random.claims[i]?.reason]);
    }
  });

  it("matches quantities, which no claim has twice, and leaves a gap where a model has none", () => {
    const { claims } = acrossModels([planted, random]);
    for (const [i, { measurement }] of claims.entries()) {
      const own = planted.claims[i]?.measurement ?? [];
      expect(new Set(own.map(({ quantity }) => quantity)).size).toBe(own.length);
      expect(measurement.flatMap(({ models: [first] }) => first ?? [])).toEqual(own);
    }
    const carries = claims.find(({ id }) => id === "induction-carries");
    expect(carries?.measurement.length).toBeGreaterThan(0);
    for (const { models } of carries?.measurement ?? []) expect(models[1]).toBeNull();
    // The score is of one head here and of another there, and it is the same quantity.
    const scores = claims.find(({ id }) => id === "roles")?.measurement ?? [];
    expect(scores.map(({ quantity }) => quantity)).toEqual([
      "previous-token score",
      "look-back score",
      "induction score",
    ]);
    for (const { models } of scores) expect(models.map((one) => one?.where)).not.toContain(null);
  });

  it("means over the models in which a quantity is not set aside", () => {
    const others = [moved(planted, 0.5), moved(planted, 1)];
    const { claims } = acrossModels([planted, ...others, random]);
    const { measurement } = claims.find(({ id }) => id === "query-reads-previous-token") ?? {};
    const own = planted.claims.find(({ id }) => id === "query-reads-previous-token");
    const mean = own?.measurement[0]?.estimate.mean as number;
    expect(own?.measurement[0]?.applies).toBe(true);
    expect(measurement?.[0]?.mean).toEqual(estimate([mean, mean + 0.5, mean + 1]));
    const aside = {
      ...planted,
      claims: planted.claims.map((claim) => ({
        ...claim,
        measurement: claim.measurement.map((one) => ({ ...one, applies: false })),
      })),
    };
    const none = acrossModels([aside]).claims.flatMap((claim) => claim.measurement);
    expect(new Set(none.map((one) => one.mean))).toEqual(new Set([null]));
  });

  it("says how far each model looks back and matches", () => {
    const row = (length: number, low: number) => ({
      ...(planted.parts.recency.rows[0] as VerdictResult["parts"]["recency"]["rows"][number]),
      length,
      corrected: { mean: low + 0.05, se: 0, ci95: [low, low + 0.1] as const, n: 100 },
    });
    const matching = (...lows: number[]): VerdictResult => ({
      ...planted,
      parts: {
        ...planted.parts,
        recency: { ...planted.parts.recency, rows: lows.map((low, i) => row(i + 2, low)) },
      },
    });
    const longest = (...lows: number[]) => acrossModels([matching(...lows)]).models[0]?.longest;
    expect(longest(3, 1, 0.5)).toBe(4);
    expect(longest(3, 1, 0, 0.5)).toBe(3); // what is longer than one that fails does not count
    expect(longest(0)).toBeNull();
    const shuffled = matching(3, 1, 0, 0.5);
    const { recency } = shuffled.parts;
    const rows = recency.rows.toReversed(); // a spec may have its lengths in any order
    const turned = { ...shuffled, parts: { ...shuffled.parts, recency: { ...recency, rows } } };
    expect(acrossModels([turned]).models[0]?.longest).toBe(3);
    const [circuit, nothing] = acrossModels([planted, random]).models;
    expect(nothing?.reach).toBeNull();
    const lookBack = planted.parts.scorecard.heads.find(
      ({ label }) => label === planted.circuit.lookBack[0],
    );
    expect(circuit?.reach).toBe(lookBack?.lags.total.reach);
  });

  it("takes no model twice, and something", () => {
    expect(() => acrossModels([planted, random, planted])).toThrow(/have the same weights/);
    expect(() => acrossModels([])).toThrow(/no verdict/);
  });
});
