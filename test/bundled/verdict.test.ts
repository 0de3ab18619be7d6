/** The verdict on models whose truth is known, for it was planted: the instruments tell true from false. */

import { beforeAll, describe, expect, it } from "vitest";
import "../../src/node/threads.ts";
import { withEvery } from "../../src/experiments/with-every.ts";
import type { Claim, Verdict } from "../../src/hypothesis/claim.ts";
import { type VerdictResult, verdict } from "../../src/hypothesis/verdict.ts";
import { DEFAULT_VERDICT_SPEC, type VerdictSpec } from "../../src/hypothesis/verdict-spec.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import { PLANTED_BOS, type PlantedKind, plantedModel } from "../planted-model.ts";

/** Few prompts, and of each part only what the claims are judged by. */
const SPEC: VerdictSpec = {
  ...withEvery(DEFAULT_VERDICT_SPEC, "batch", 200),
  recency: { lengths: [2, 3, 4, 5, 7, 8, 9], batch: 400, seed: 120 },
  reach: { lengths: [2, 3, 4, 5], reaches: [1, 2, 3, 4], batch: 60, seed: 121 },
  effects: { lengths: [2, 3, 4, 5], batch: 80, seed: 110 },
  edges: { length: 4, batch: 8, seed: 110 },
  scores: { lengths: [4], batch: 20, seed: 110 },
  ablation: { lengths: [2, 3, 4, 5], kind: "resample", batch: 60, seed: 111 },
  order: { lengths: [4, 5], batch: 60, seed: 131 },
  attribution: { lengths: [4], batch: 10, seed: 110 },
  composition: { draws: 2, seed: 0 },
};

async function judged(kind: PlantedKind): Promise<VerdictResult> {
  const source = plantedModel(kind);
  using model = await HookedTransformer.create(source);
  return await verdict(model, PLANTED_BOS, SPEC, { source });
}

function verdicts({ claims }: VerdictResult): Record<string, Verdict> {
  return Object.fromEntries(claims.map(({ id, verdict: found }) => [id, found]));
}

function claim({ claims }: VerdictResult, id: string): Claim {
  const found = claims.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no claim ${id}`);
  return found;
}

/** What the hypothesis says of a model that is exactly as it says; one model says nothing of others. */
const ALL_HELD: Record<string, Verdict> = {
  roles: "held",
  "look-back-averages": "held",
  "matches-2-to-5": "held",
  "no-further": "held",
  "reach-sets-length": "held",
  "larger-models": "cannot tell",
  "favours-late": "held",
  "induction-carries": "held",
  "query-reads-previous-token": "held",
  "query-reads-look-back": "held",
  "key-reads-previous-token": "held",
  "key-reads-look-back": "held",
  "previous-token-fades": "held",
  "look-back-leads": "held",
  "look-back-needed": "held",
  "circuit-enough": "held",
  unordered: "held",
  "induction-bug": "held",
};

describe("a model that matches a bag of tokens, as the hypothesis says", () => {
  let result: VerdictResult;
  beforeAll(async () => {
    result = await judged("bag");
  });

  it("has its heads found", () => {
    expect(result.circuit).toEqual({
      previousToken: ["L0H1"],
      lookBack: ["L0H2"],
      induction: ["L1H3"],
    });
  });

  it("makes every claim hold", () => {
    expect(verdicts(result)).toEqual(ALL_HELD);
  });

  it("has intervals as wide as the number of predictions asks for", () => {
    const all = result.claims.flatMap(({ measurement }) => measurement);
    expect(result.comparisons).toBe(all.length);
    expect(result.confidence).toBeCloseTo(1 - 0.05 / all.length, 12);
    for (const { estimate, interval } of all) {
      expect(interval[0]).toBeLessThanOrEqual(estimate.ci95[0]);
      expect(interval[1]).toBeGreaterThanOrEqual(estimate.ci95[1]);
    }
  });
});

describe("a model that keeps the order of tokens", () => {
  it("denies that the look-back head averages and that order hardly matters", async () => {
    const result = await judged("ordered");
    expect(result.circuit.previousToken).toEqual(["L0H1"]);
    expect(result.circuit.induction).toEqual(["L1H3"]);
    const { roles, ...found } = verdicts(result);
    expect(roles).toBe("held");
    expect(found).toMatchObject({
      "look-back-averages": "did not hold",
      unordered: "did not hold",
      "induction-bug": "did not hold",
      "matches-2-to-5": "held",
      "query-reads-look-back": "held",
      "key-reads-look-back": "held",
      "look-back-needed": "held",
      "circuit-enough": "held",
    });
  });
});

describe("a model whose query does not read the bag", () => {
  it("denies that it matches lengths 4 and 5, and has nothing to say of what the query reads there", async () => {
    const result = await judged("key-only");
    expect(verdicts(result)).toMatchObject({
      "matches-2-to-5": "did not hold",
      "query-reads-previous-token": "held",
      "key-reads-look-back": "held",
      "query-reads-look-back": "cannot tell",
      "look-back-needed": "cannot tell",
    });
    expect(claim(result, "query-reads-look-back").reason).toMatch(/nothing to take a share of/);
  });
});

describe("a model without a look-back head", () => {
  it("says so", async () => {
    const result = await judged("one-leg");
    expect(result.circuit.lookBack).toEqual([]);
    expect(verdicts(result)).toMatchObject({
      roles: "did not hold",
      "matches-2-to-5": "did not hold",
      "key-reads-previous-token": "held",
    });
    for (const id of ["look-back-averages", "key-reads-look-back", "unordered", "circuit-enough"]) {
      const { verdict: found, reason, measurement } = claim(result, id);
      expect([id, found, measurement]).toEqual([id, "cannot tell", []]);
      expect(reason).toMatch(
        /^there is no look-back head below the induction heads \(L\dH\d has 0\.\d\d/,
      );
    }
  });
});

describe("a model with random weights", () => {
  it("has none of the heads, matches nothing, and no claim about them is guessed", async () => {
    const result = await judged("none");
    expect(result.circuit).toEqual({ previousToken: [], lookBack: [], induction: [] });
    const { roles, "matches-2-to-5": matches, ...rest } = verdicts(result);
    expect([roles, matches]).toEqual(["did not hold", "did not hold"]);
    expect(new Set(Object.values(rest))).toEqual(new Set(["cannot tell"]));
    expect(claim(result, "induction-carries").reason).toMatch(/^this model has no induction head/);
  });
});
