/** @file The roles of the bundled models' heads: the same in layer 0 of all four, as their cards say. */

// First, for threads.
import "../../src/node/threads.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { rolesOf } from "../../src/hypothesis/head-labels.ts";
import { type HeadCard, type ScorecardResult, scorecard } from "../../src/hypothesis/scorecard.ts";
import { parseScorecardSpec } from "../../src/hypothesis/scorecard-spec.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import { readModel } from "../../src/node/index.ts";

const SHORTFORMER = ["L1H1", "L1H2", "L1H3", "L1H4"];
const STANDARD = ["L1H1", "L1H4", "L1H5", "L1H6"];

describe.each([
  ["shortformer-copied", SHORTFORMER, "L1H3"],
  ["shortformer-natural", SHORTFORMER, "L1H3"],
  ["standard-copied", STANDARD, "L1H5"],
  ["standard-natural", STANDARD, "L1H5"],
])("%s", (name, inductionHeads, strongest) => {
  let result: ScorecardResult;
  const card = (label: string) => result.heads.find((head) => head.label === label) as HeadCard;

  beforeAll(async () => {
    using model = await HookedTransformer.create(await readModel(name));
    result = await scorecard(
      { model, bos: model.config.bos_token_id ?? 0 },
      parseScorecardSpec({ batch: 100 }),
    );
  }, 120_000);

  test("L0H4 is the previous-token head, and no other", () => {
    const { previousToken } = rolesOf(result);
    expect(previousToken.map(({ label }) => label)).toEqual(["L0H4"]);
    expect(previousToken[0]?.score).toBeGreaterThan(0.85);
    expect(card("L0H4").lags.total.reach).toBeLessThanOrEqual(2);
  });

  test("L0H5 is the look-back head, and no other; L0H2 looks back broadly", () => {
    expect(rolesOf(result).lookBack.map(({ label }) => label)).toEqual(["L0H5"]);
    expect(card("L0H5").roles).not.toContain("previous-token");
    expect(card("L0H2").roles).toContain("broad-look-back");
    expect(card("L0H2").lags.total.reach).toBeGreaterThan(card("L0H5").lags.total.reach);
  });

  test("four heads of layer 1 are induction heads, and copy", () => {
    const { induction } = rolesOf(result);
    expect(induction.map(({ label }) => label).sort()).toEqual(inductionHeads);
    expect(card(strongest).prefixMatching.mean).toBeGreaterThan(0.45);
    for (const { label, score } of induction) {
      expect(score).toBeGreaterThan(0.35);
      expect(card(label).roles).toContain("copying");
    }
  });

  test("order is all to the previous-token head, half to the look-back head, nothing to L0H2", () => {
    const order = (label: string) => card(label).orderSensitivity?.mean;
    expect(order("L0H4")).toBeGreaterThan(0.85);
    expect(order("L0H5")).toBeGreaterThan(0.3);
    expect(order("L0H5")).toBeLessThan(0.55);
    expect(order("L0H2")).toBeLessThan(0.1);
    expect(card("L0H2").roles).toContain("order-free");
  });
});

test("lags of the default model's layer 0 are those of its card", async () => {
  using model = await HookedTransformer.create(await readModel("shortformer-copied"));
  const { heads } = await scorecard({ model, bos: 0 }, parseScorecardSpec({ batch: 100 }));
  const lags = (label: string) => heads.find((head) => head.label === label)?.lags.total.byLag;
  expect(lags("L0H4")?.[1]).toBeCloseTo(0.96, 2);
  for (const [lag, share] of [0.04, 0.17, 0.44, 0.19, 0.04, 0.03].entries()) {
    expect(Math.abs((lags("L0H5")?.[lag] ?? 1) - share)).toBeLessThan(0.01);
  }
});
