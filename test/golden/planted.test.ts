/** @file The planted models hold what their names say, measured on prompts and not read off weights. */

import { afterAll, describe, expect, it } from "vitest";
import { at, ndarray } from "../../src/engine/ndarray.ts";
import { answerValues } from "../../src/experiments/answers.ts";
import type { ExperimentContext } from "../../src/experiments/context.ts";
import { figure5 } from "../../src/experiments/figure-5.ts";
import { findHeads } from "../../src/experiments/find-heads.ts";
import { ordering } from "../../src/experiments/ordering.ts";
import { table } from "../../src/experiments/table.ts";
import { batchMean } from "../../src/measures/batch-mean.ts";
import { type LagProfile, lagProfile } from "../../src/measures/lag-profile.ts";
import { estimate } from "../../src/measures/statistics.ts";
import { parseHead } from "../../src/model/heads.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import { type TokenBatch, tokenRow } from "../../src/model/tokens.ts";
import { randomPrompts } from "../../src/prompts/random.ts";
import { repeatedPrompts } from "../../src/prompts/repeated.ts";
import {
  PLANTED_BOS,
  PLANTED_HEADS,
  PLANTED_LENGTHS,
  type PlantedKind,
  plantedModel,
} from "../planted-model.ts";

const ROLES = { previousToken: null, lookBack: null, induction: null };
const KINDS: readonly PlantedKind[] = ["bag", "ordered", "key-only", "one-leg", "none"];

const made = new Map<PlantedKind, Promise<ExperimentContext>>();

async function make(kind: PlantedKind): Promise<ExperimentContext> {
  const model = await HookedTransformer.create(plantedModel(kind));
  const heads = await findHeads(model, PLANTED_BOS, ROLES);
  return { model, bos: PLANTED_BOS, heads, published: false };
}

/** The model of a kind with the heads that are found in it, made once. */
function planted(kind: PlantedKind): Promise<ExperimentContext> {
  const context = made.get(kind) ?? make(kind);
  made.set(kind, context);
  return context;
}

afterAll(async () => {
  for (const context of made.values()) (await context).model.dispose();
});

function randomTokens({ config }: HookedTransformer, batch: number): TokenBatch {
  const spec = { length: config.n_ctx - 1, batch, seed: 3, d_vocab: config.d_vocab };
  return randomPrompts({ ...spec, bos: PLANTED_BOS }).tokens;
}

/** Lag profiles of the heads of layer 0, on random tokens. */
async function lagProfiles(model: HookedTransformer): Promise<LagProfile[]> {
  const name = "blocks.0.attn.hook_pattern";
  const { activations } = await model.run(randomTokens(model, 16), { names: [name] });
  const { shape, data } = batchMean(activations.get(name)).mean; // [head, query, key]
  const [heads = 0, length = 0] = shape;
  const size = length * length;
  return Array.from({ length: heads }, (_, head) => {
    const pattern = ndarray([length, length], data.subarray(head * size, (head + 1) * size));
    return lagProfile(pattern, { maxLag: 8 });
  });
}

/** Each prompt with the tokens at two positions in each other's place. */
function exchanged(tokens: TokenBatch, one: number, other: number): TokenBatch {
  const ids = Int32Array.from(tokens.ids);
  for (let start = 0; start < ids.length; start += tokens.length) {
    ids[start + one] = tokens.ids[start + other] as number;
    ids[start + other] = tokens.ids[start + one] as number;
  }
  return { ...tokens, ids };
}

describe.each(KINDS)("%s", (kind) => {
  it("says B at the lengths that it can see A from, and at no others", async () => {
    const spec = { lengths: [2, 3, 4, 5, 6, 7], batch: 128, seed: 0 };
    const { rows } = await table(await planted(kind), spec);
    // Well above zero: of random weights, chance alone puts one interval in forty above it.
    const performed = rows.filter(({ logitDiff }) => logitDiff.ci95[0] > 1);
    expect(performed.map(({ length }) => length)).toEqual(PLANTED_LENGTHS[kind]);
    for (const { length, logitDiff } of rows) {
      if (PLANTED_LENGTHS[kind].includes(length)) {
        expect(logitDiff.mean, `length ${length}`).toBeLessThan(8);
      } else {
        expect(Math.abs(logitDiff.mean), `length ${length}`).toBeLessThan(0.7);
      }
    }
  });
});

describe.each(["bag", "ordered", "key-only", "one-leg"] as const)("heads of %s", (kind) => {
  const truth = PLANTED_HEADS[kind];

  it("look at the lags that they were given", async () => {
    const { model } = await planted(kind);
    const profiles = await lagProfiles(model);
    const profileOf = (label: string) =>
      profiles[parseHead(label, model).head]?.byLag as readonly number[];
    expect(profileOf(truth.previousToken as string)[1]).toBeGreaterThan(0.95);
    const lags = [2, 3, 4];
    if (truth.lookBack.length === 1) {
      const byLag = profileOf(truth.lookBack[0] as string);
      for (const lag of [1, ...lags]) expect(byLag[lag], `lag ${lag}`).toBeCloseTo(0.25, 3);
    } else {
      for (const [i, label] of truth.lookBack.entries()) {
        expect(profileOf(label)[lags[i] as number], label).toBeGreaterThan(0.95);
      }
    }
    const roles = [truth.previousToken, ...truth.lookBack];
    for (const [head, { byLag }] of profiles.entries()) {
      if (roles.includes(`L0H${head}`)) continue;
      expect(Math.max(...byLag), `L0H${head} looks nowhere in particular`).toBeLessThan(0.1);
    }
  });

  it("are found", async () => {
    const { previousToken, lookBack, induction } = (await planted(kind)).heads;
    expect(previousToken.label).toBe(truth.previousToken);
    expect(induction.label).toBe(truth.induction);
    expect(induction.score).toBeGreaterThan(0.25);
    // The finder names a head for every role; where there is none, its score is low.
    if (truth.lookBack.length > 0) expect(truth.lookBack).toContain(lookBack.label);
    expect(lookBack.score > 0.5).toBe(truth.lookBack.length > 0);
  });
});

it("the look-back head of bag writes which of four tokens came before, and not in which order", async () => {
  const { model } = await planted("bag");
  const tokens = randomTokens(model, 1);
  const name = "blocks.0.attn.hook_z";
  const { activations } = await model.run(tokens, { names: [name] });
  const z = activations.get(name); // [1, position, head, d_head]
  const ids = tokenRow(tokens, 0);
  const { head } = parseHead("L0H2", model);
  for (const position of [4, 9, 31]) {
    const before = ids.slice(position - 4, position);
    for (let token = 0; token < model.config.d_vocab; token++) {
      const count = before.filter((id) => id === token).length;
      expect(at(z, 0, position, head, token).data[0]).toBeCloseTo(count / 4, 4);
    }
  }
});

describe("order", () => {
  const LENGTH = 5;

  /** Mean logit difference with the X's of the last copy as they were, and with two exchanged. */
  async function withOrder(kind: PlantedKind): Promise<{ kept: number; exchanged: number }> {
    const { model } = await planted(kind);
    const { d_vocab } = model.config;
    const spec = { length: LENGTH, batch: 128, seed: 1, d_vocab, bos: PLANTED_BOS };
    const prompts = repeatedPrompts(spec);
    const opening = 1 + 2 * LENGTH; // A; then X1, X2, and X3, which is the query
    const tokens = exchanged(prompts.tokens, opening + 1, opening + 2);
    const mean = async (asked: typeof prompts) =>
      estimate((await answerValues({ model }, asked)).logitDiff).mean;
    return { kept: await mean(prompts), exchanged: await mean({ ...prompts, tokens }) };
  }

  it("is nothing to bag", async () => {
    const logitDiff = await withOrder("bag");
    expect(logitDiff.kept).toBeGreaterThan(1.5);
    expect(Math.abs(logitDiff.exchanged / logitDiff.kept - 1)).toBeLessThan(0.05);
  });

  it("is what ordered goes by", async () => {
    const logitDiff = await withOrder("ordered");
    expect(logitDiff.kept).toBeGreaterThan(1.5);
    expect(Math.abs(logitDiff.exchanged)).toBeLessThan(0.2 * logitDiff.kept);
  });

  it("tells the two apart by the post's own prompts", async () => {
    const spec = { batch: 128, seed: 0 };
    const bag = await ordering(await planted("bag"), spec);
    expect(bag.ordering.logitDiff.ci95[0]).toBeGreaterThan(1);
    const ordered = await ordering(await planted("ordered"), spec);
    expect(ordered.ordering.logitDiff.ci95[1]).toBeLessThan(0);
  });
});

describe("patching one head at a time", () => {
  async function patched(kind: PlantedKind, length: number): Promise<Map<string, number>> {
    const spec = { rows: [{ length, batch: 128 }], seed: 0 };
    const { heads, rows } = await figure5(await planted(kind), spec);
    const values = rows[0]?.normalised.flat() ?? [];
    return new Map(heads.flat().map((label, i) => [label, values[i]?.mean as number]));
  }

  it("bag, length 3: both heads carry part of the answer", async () => {
    const effects = await patched("bag", 3);
    expect(effects.get("L0H1")).toBeGreaterThan(0.15);
    expect(effects.get("L0H2")).toBeGreaterThan(0.15);
    expect(effects.get("L0H0")).toBeCloseTo(0, 2);
  });

  it("bag, length 4: the look-back head carries it alone", async () => {
    const effects = await patched("bag", 4);
    expect(effects.get("L0H2")).toBeGreaterThan(0.9);
    expect(Math.abs(effects.get("L0H1") as number)).toBeLessThan(0.05);
    expect(effects.get("L1H3")).toBeCloseTo(1, 2);
  });

  it("ordered, length 4: the head at lag 2, where A is", async () => {
    const effects = await patched("ordered", 4);
    expect(effects.get("L0H2")).toBeGreaterThan(0.9);
    for (const label of ["L0H1", "L0H3", "L0H4"]) expect(effects.get(label)).toBeCloseTo(0, 1);
  });

  it("key-only, length 3: the previous-token head alone, for the query reads no other", async () => {
    const effects = await patched("key-only", 3);
    expect(effects.get("L0H1")).toBeGreaterThan(0.9);
    expect(effects.get("L0H2")).toBeCloseTo(0, 2);
  });
});
