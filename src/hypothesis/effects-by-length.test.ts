import { describe, expect, it } from "vitest";
import {
  expectNear,
  less,
  mean,
  type PlainChange,
  plainRuns,
  plainScores,
  plantedContext,
} from "../../test/hypothesis.ts";
import { randomModel } from "../../test/random-model.ts";
import { liveTensors } from "../engine/tensor.ts";
import { activationPatch } from "../interventions/patch.ts";
import type { Estimate } from "../measures/statistics.ts";
import { HookedTransformer } from "../model/model.ts";
import { type CorruptedSide, repeatedPair } from "../prompts/repeated.ts";
import { repeatedSpec } from "./answer-logits.ts";
import type { CircuitHeads } from "./context.ts";
import { type EffectsRow, effectsByLength } from "./effects-by-length.ts";

const source = randomModel({ n_heads: 3, d_vocab: 40 });
const SPEC = { lengths: [3], batch: 5, seed: 2 };
const SIDES = ["query", "keys"] as const satisfies readonly CorruptedSide[];

/** One previous-token head, two look-back heads, two induction heads. */
const CIRCUIT: CircuitHeads = {
  previousToken: [{ layer: 0, head: 0 }],
  lookBack: [
    { layer: 0, head: 2 },
    { layer: 0, head: 1 },
  ],
  induction: [
    { layer: 1, head: 1 },
    { layer: 1, head: 2 },
  ],
};

async function measured(circuit: CircuitHeads): Promise<readonly EffectsRow[]> {
  using model = await HookedTransformer.create(source);
  const before = liveTensors();
  const { rows } = await effectsByLength({ model, bos: 3, circuit }, SPEC);
  expect(liveTensors()).toBe(before);
  return rows;
}

/** Effects by plain loops: 0 is the corrupted run and 1 the clean one. */
function plain(side: CorruptedSide) {
  const spec = { length: 3, batch: SPEC.batch, seed: SPEC.seed, d_vocab: 40, bos: 3 };
  const { clean, corrupted } = repeatedPair(spec, side);
  const from = plainRuns(source, clean.tokens, clean.read);
  const base = plainScores(source, corrupted);
  const way = less(plainScores(source, clean), base);
  return {
    clean: mean(plainScores(source, clean)),
    corrupted: mean(base),
    gap: mean(way),
    effect: (change: Omit<PlainChange, "from">) =>
      mean(less(plainScores(source, corrupted, { ...change, from }), base)) / mean(way),
  };
}

function expectMeans(given: readonly (Estimate | null | undefined)[], wanted: number[]): void {
  expectNear(
    given.map((estimate) => estimate?.mean ?? Number.NaN),
    wanted,
  );
}

describe("effectsByLength", () => {
  it("is what plain loops give of heads, roles and paths, whichever side is corrupted", async () => {
    const rows = await measured(CIRCUIT);
    expect(rows.map(({ side, length }) => [side, length])).toEqual(SIDES.map((side) => [side, 3]));
    for (const row of rows) {
      const { effect, ...runs } = plain(row.side);
      expectMeans([row.clean, row.corrupted, row.gap], [runs.clean, runs.corrupted, runs.gap]);
      expect(row.heads.map(({ label }) => label).join(" ")).toBe("L0H0 L0H1 L0H2 L1H0 L1H1 L1H2");
      expectMeans(
        row.heads.map((head) => head.effect),
        row.heads.map(({ label }) => effect({ heads: [label] })),
      );
      const { previousToken, lookBack, induction } = row.roles;
      const roles = [["L0H0"], ["L0H1", "L0H2"], ["L1H1", "L1H2"]].map((heads) =>
        effect({ heads }),
      );
      expectMeans([previousToken, lookBack, induction], roles);
      expectMeans([row.lookBackOverPreviousToken], [(roles[1] ?? 0) - (roles[0] ?? 0)]);

      const receivers = (by: string) =>
        by === "logits" ? ["logits"] : [`L1H1.${by}`, `L1H2.${by}`];
      const path = (heads: readonly string[], by: string) =>
        effect({ edges: heads.flatMap((head) => receivers(by).map((to) => `${head} ${to}`)) });
      for (const by of ["q", "k", "v", "logits"] as const) {
        expectMeans(
          [row.rolePaths.previousToken[by], row.rolePaths.lookBack[by]],
          [path(["L0H0"], by), path(["L0H1", "L0H2"], by)],
        );
        for (const head of ["L0H0", "L0H1", "L0H2"]) {
          const found = row.paths.find(({ label }) => label === `${head} -> ${by}`);
          expectMeans([found?.effect], [path([head], by)]);
        }
      }
      expect(row.paths).toHaveLength(12);
    }
  });

  it("agrees with activation patching, and a role of one head with that head", async () => {
    const rows = await measured({ ...CIRCUIT, lookBack: [] });
    using model = await HookedTransformer.create(source);
    for (const row of rows) {
      const context = { model, bos: 3, circuit: CIRCUIT };
      const { clean, corrupted } = repeatedPair(
        repeatedSpec(context, { length: 3, batch: SPEC.batch, seed: SPEC.seed }),
        row.side,
      );
      const { normalised, normalisedSe } = await activationPatch(model, {
        clean: clean.tokens,
        corrupted: corrupted.tokens,
        answers: clean.answers,
        read: clean.read,
        component: "z",
        by: "head",
      });
      const given = row.heads.map(({ effect }) => effect);
      expectMeans(given, normalised.flat());
      expectNear(
        given.map(({ se }) => se),
        normalisedSe.flat(),
      );
      expectMeans([row.roles.previousToken], [row.heads[0]?.effect.mean ?? Number.NaN]);
      expect(row.roles.lookBack).toBeNull();
      expect(row.lookBackOverPreviousToken).toBeNull();
      expect(row.rolePaths.lookBack).toEqual({ q: null, k: null, v: null, logits: null });
    }
  });

  it("has no paths that a model has not", async () => {
    // Nothing is below L0H1; the look-back head stands beside it, and reaches the logits alone.
    const [row] = await measured({
      previousToken: [],
      lookBack: [{ layer: 0, head: 2 }],
      induction: [{ layer: 0, head: 1 }],
    });
    const { effect } = plain("query");
    expect(row?.paths).toEqual([]);
    expect(row?.rolePaths.lookBack).toMatchObject({ q: null, k: null, v: null });
    expectMeans([row?.rolePaths.lookBack.logits], [effect({ edges: ["L0H2 logits"] })]);
    const [without] = await measured({ previousToken: [], lookBack: [], induction: [] });
    expect(without?.roles).toEqual({ previousToken: null, lookBack: null, induction: null });
    expect(without?.paths.map(({ label }) => label).join(", ")).toBe(
      ["L0H0", "L0H1", "L0H2", "L1H0", "L1H1", "L1H2"]
        .map((head) => `${head} -> logits`)
        .join(", "),
    );
  });
});

describe("of planted circuits", () => {
  const rowOf = (rows: readonly EffectsRow[], side: CorruptedSide) =>
    rows.find((row) => row.side === side);

  it("a bag of tokens tells queries and keys, and neither values nor logits", async () => {
    const context = await plantedContext("bag");
    using _ = context.model;
    const { rows } = await effectsByLength(context, { lengths: [4], batch: 12, seed: 3 });
    const [query, keys] = SIDES.map((side) => rowOf(rows, side));
    for (const row of [query, keys]) {
      expect(row?.roles.induction?.mean).toBeCloseTo(1, 3);
      expect(row?.lookBackOverPreviousToken?.ci95[0]).toBeGreaterThan(0.9);
      expect(row?.rolePaths.lookBack.v?.mean).toBeCloseTo(0, 3);
      expect(row?.rolePaths.lookBack.logits?.mean).toBeCloseTo(0, 3);
    }
    expect(query?.rolePaths.lookBack.q?.ci95[0]).toBeGreaterThan(0.9);
    expect(Math.abs(query?.rolePaths.lookBack.k?.mean ?? 1)).toBeLessThan(0.05);
    expect(keys?.rolePaths.lookBack.k?.ci95[0]).toBeGreaterThan(0.9);
    expect(Math.abs(keys?.rolePaths.lookBack.q?.mean ?? 1)).toBeLessThan(0.05);
  });

  it("a query that reads the token before alone is told nothing by the look-back head", async () => {
    const context = await plantedContext("key-only");
    using _ = context.model;
    const { rows } = await effectsByLength(context, { lengths: [3], batch: 12, seed: 3 });
    const [query, keys] = SIDES.map((side) => rowOf(rows, side)?.rolePaths);
    expect(query?.previousToken.q?.ci95[0]).toBeGreaterThan(0.9);
    expect(Math.abs(query?.lookBack.q?.mean ?? 1)).toBeLessThan(0.01);
    expect(keys?.lookBack.k?.ci95[0]).toBeGreaterThan(0.9);
    expect(Math.abs(keys?.previousToken.k?.mean ?? 1)).toBeLessThan(0.05);
  });
});
