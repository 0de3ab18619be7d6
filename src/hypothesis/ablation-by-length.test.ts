import { describe, expect, it } from "vitest";
import {
  expectNear,
  less,
  mean,
  meanOf,
  type PlainChange,
  plainRuns,
  plainScores,
  plantedContext,
} from "../../test/hypothesis.ts";
import type { PlainRun } from "../../test/plain-transformer.ts";
import { randomModel } from "../../test/random-model.ts";
import { liveTensors } from "../engine/tensor.ts";
import { HookedTransformer } from "../model/model.ts";
import { randomPrompts } from "../prompts/random.ts";
import { askedBothWays } from "../prompts/repeated.ts";
import { ablationByLength, type Loss } from "./ablation-by-length.ts";
import type { CircuitHeads } from "./context.ts";

const source = randomModel({ n_heads: 3, d_vocab: 40 });
const BATCH = 5;
const DRAW = { batch: BATCH, seed: 7, d_vocab: 40, bos: 3 };
const HEADS = ["L0H0", "L0H1", "L0H2", "L1H0", "L1H1", "L1H2"];

const CIRCUIT: CircuitHeads = {
  previousToken: [{ layer: 0, head: 1 }],
  lookBack: [
    { layer: 0, head: 2 },
    { layer: 0, head: 1 }, // plays both roles
  ],
  induction: [
    { layer: 1, head: 0 },
    { layer: 1, head: 2 },
  ],
};

async function measured(kind: "resample" | "zero" | "mean", circuit = CIRCUIT) {
  using model = await HookedTransformer.create(source);
  const before = liveTensors();
  const spec = { lengths: [3], kind, batch: BATCH, seed: DRAW.seed };
  const { rows } = await ablationByLength({ model, bos: 3, circuit }, spec);
  expect(liveTensors()).toBe(before);
  const [row] = rows;
  if (row === undefined) throw new Error("no row");
  return row;
}

/** Corrected logit differences with heads or paths ablated, by plain loops. */
function plain(kind: "resample" | "zero") {
  const { first, second } = askedBothWays({ ...DRAW, length: 3 });
  const others = randomPrompts({ ...DRAW, length: 9, seed: DRAW.seed + 1 }).tokens;
  let from: PlainRun[] = plainRuns(source, others, first.read);
  if (kind === "zero") {
    from = from.map(({ logits, written }) => ({
      logits,
      written: new Map([...written].map(([by, x]) => [by, x.map((at) => at.map(() => 0))])),
    }));
  }
  return (change: Omit<PlainChange, "from"> = {}) =>
    meanOf(
      plainScores(source, first, { ...change, from }),
      plainScores(source, second, { ...change, from }),
    );
}

describe.each(["resample", "zero"] as const)("ablationByLength by %s", (kind) => {
  it("is what plain loops give", async () => {
    const row = await measured(kind);
    const scores = plain(kind);
    const whole = scores();
    const expectLoss = (loss: Loss | null | undefined, change: Omit<PlainChange, "from">) => {
      const left = scores(change);
      expectNear(
        [loss?.logitDiff.mean ?? Number.NaN, loss?.lost.mean ?? Number.NaN],
        [mean(left), mean(less(whole, left)) / mean(whole)],
        `${kind} ${loss?.label}`,
      );
    };
    expectNear([row.whole.mean], [mean(whole)]);

    expect(row.heads.map(({ label }) => label)).toEqual(HEADS);
    for (const loss of row.heads) expectLoss(loss, { heads: [loss.label] });

    expectLoss(row.roles.previousToken, { heads: ["L0H1"] });
    expectLoss(row.roles.lookBack, { heads: ["L0H1", "L0H2"] });
    expectLoss(row.roles.induction, { heads: ["L1H0", "L1H2"] });

    // Four heads, of which one plays two roles and comes once.
    expect(row.pairs.map(({ label }) => label)).toEqual([
      "L1H0 + L1H2",
      "L1H0 + L0H1",
      "L1H0 + L0H2",
      "L1H2 + L0H1",
      "L1H2 + L0H2",
      "L0H1 + L0H2",
    ]);
    for (const loss of row.pairs) expectLoss(loss, { heads: loss.label.split(" + ") });

    const senders = { previousToken: ["L0H1"], lookBack: ["L0H1", "L0H2"] };
    expect(row.paths).toHaveLength(6);
    for (const loss of row.paths) {
      const [role, input] = loss.label.split(" -> ");
      const edges = senders[role as keyof typeof senders].flatMap((head) =>
        ["L1H0", "L1H2"].map((reader) => `${head} ${reader}.${input}`),
      );
      expectLoss(loss, { edges });
    }
  });

  it("keeps the circuit head by head, from nothing to all", async () => {
    const row = await measured(kind);
    const scores = plain(kind);
    const nothing = scores({ heads: HEADS });
    const over = less(scores(), nothing);
    const order = ["L1H0", "L1H2", "L0H1", "L0H2"];
    expect(row.kept.map(({ added, heads }) => [added, heads])).toEqual([
      ["none", 0],
      ...order.map((head, i) => [head, i + 1]),
      ["all", 6],
    ]);
    for (const { added, heads, logitDiff, recovered } of row.kept.slice(1, -1)) {
      const kept = order.slice(0, heads);
      const left = scores({ heads: HEADS.filter((head) => !kept.includes(head)) });
      expectNear(
        [logitDiff.mean, recovered.mean],
        [mean(left), mean(less(left, nothing)) / mean(over)],
        added,
      );
    }
    const [none, all] = [row.kept[0], row.kept.at(-1)];
    expect(Math.abs(none?.recovered.mean ?? 1)).toBe(0); // of either sign
    expect(all?.recovered).toMatchObject({ mean: 1, se: 0 });
    expect(all?.logitDiff).toEqual(row.whole);
    expect(row.circuit).toEqual(row.kept.at(-2));
  });
});

describe("ablationByLength", () => {
  it("has no circuit where a role has no head", async () => {
    const row = await measured("resample", { ...CIRCUIT, lookBack: [] });
    expect(row.roles.lookBack).toBeNull();
    expect(row.circuit).toBeNull();
    expect(row.paths.map(({ label }) => label)).toEqual([
      "previousToken -> q",
      "previousToken -> k",
      "previousToken -> v",
    ]);
    expect(row.kept.map(({ added }) => added)).toEqual(["none", "L1H0", "L1H2", "L0H1", "all"]);
    const nobody = await measured("resample", { previousToken: [], lookBack: [], induction: [] });
    expect(nobody.kept.map(({ added }) => added)).toEqual(["none", "all"]);
    expect([nobody.circuit, nobody.pairs, nobody.paths]).toEqual([null, [], []]);
  });

  it("is the model itself where the circuit is all of its heads", async () => {
    const all = HEADS.map((_, i) => ({ layer: Math.floor(i / 3), head: i % 3 }));
    const row = await measured("mean", {
      previousToken: all.slice(0, 1),
      lookBack: all.slice(1, 3),
      induction: all.slice(3),
    });
    expect(row.circuit?.heads).toBe(6);
    expectNear([row.circuit?.recovered.mean ?? Number.NaN], [1]);
    expectNear([row.circuit?.logitDiff.mean ?? Number.NaN], [row.whole.mean]);
  });

  it("finds a planted circuit needed and enough", async () => {
    const context = await plantedContext("bag");
    using _ = context.model;
    const spec = { lengths: [2, 4], kind: "resample" as const, batch: 16, seed: 3 };
    const [two, four] = (await ablationByLength(context, spec)).rows;
    for (const row of [two, four]) {
      expect(row?.roles.induction?.lost.mean).toBeCloseTo(1, 2);
      expect(row?.circuit?.recovered.mean).toBeCloseTo(1, 1);
      expect(row?.heads.find(({ label }) => label === "L0H0")?.lost.mean).toBeCloseTo(0, 2);
    }
    expect(four?.roles.lookBack?.lost.ci95[0]).toBeGreaterThan(0.8);
    expect(two?.roles.lookBack?.lost.ci95[1]).toBeLessThan(0.5);
  });
});
