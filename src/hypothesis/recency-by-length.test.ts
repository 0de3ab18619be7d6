import { describe, expect, it } from "vitest";
import {
  expectNear,
  less,
  mean,
  meanOf,
  plainScores,
  plantedContext,
} from "../../test/hypothesis.ts";
import { randomModel } from "../../test/random-model.ts";
import type { Estimate } from "../measures/statistics.ts";
import { HookedTransformer } from "../model/model.ts";
import { tokenBatch, tokenRow } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { repeatedPrompts } from "../prompts/repeated.ts";
import { recencyByLength } from "./recency-by-length.ts";

const source = randomModel({ d_vocab: 40 });
const BATCH = 5;
/** scipy.stats.t.ppf(0.975, 4) */
const T_OF_4 = 2.7764451051977934;

/** The three prompts of a length, put together by hand from its two sequences. */
function prompts(length: number) {
  const drawn = repeatedPrompts({ length, batch: BATCH, seed: 9, d_vocab: 40, bos: 3 }).tokens;
  const rows = Array.from({ length: BATCH }, (_, row) => tokenRow(drawn, row));
  const first = (row: number[]) => row.slice(1, 1 + length);
  const second = (row: number[]) => row.slice(1 + length, 1 + 2 * length);
  const ask = (
    parts: (row: number[]) => number[],
    right: (row: number[]) => number[],
    wrong: (row: number[]) => number[],
  ) => ({
    tokens: tokenBatch(rows.map((row) => [3, ...parts(row)])),
    answers: rows.map((row) => [right(row).at(-1), wrong(row).at(-1)] as unknown as AnswerPair),
    read: 3 * length - 1,
  });
  return {
    first: ask((row) => [...first(row), ...second(row), ...first(row)], first, second),
    second: ask((row) => [...first(row), ...second(row), ...second(row)], second, first),
    swapped: ask((row) => [...second(row), ...first(row), ...first(row)], first, second),
  };
}

function expectEstimate(given: Estimate, values: readonly number[], what: string): void {
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (BATCH - 1);
  const se = Math.sqrt(variance / BATCH);
  expectNear(
    [given.mean, given.se, ...given.ci95],
    [centre, se, centre - T_OF_4 * se, centre + T_OF_4 * se],
    what,
  );
  expect(given.n).toBe(BATCH);
}

describe("recencyByLength", () => {
  it("is what plain loops give", async () => {
    using model = await HookedTransformer.create(source);
    const circuit = { previousToken: [], lookBack: [], induction: [] };
    const spec = { lengths: [2, 4], batch: BATCH, seed: 9 };
    const { rows } = await recencyByLength({ model, bos: 3, circuit }, spec);
    expect(rows.map(({ length }) => length)).toEqual([2, 4]);
    for (const row of rows) {
      const asked = prompts(row.length);
      const first = plainScores(source, asked.first);
      const second = plainScores(source, asked.second);
      const swapped = plainScores(source, asked.swapped);
      expectEstimate(row.first, first, "first");
      expectEstimate(row.second, second, "second");
      expectEstimate(row.corrected, meanOf(first, second), "corrected");
      expectEstimate(row.swapped, swapped, "swapped");
      const preference = less(swapped, first).map((gain) => gain / 2);
      expectEstimate(row.preference, preference, "preference");
    }
  });

  it("takes the liking for late positions out of what a model that cannot tell says", async () => {
    const context = await plantedContext("one-leg");
    using _ = context.model;
    const { rows } = await recencyByLength(context, { lengths: [2, 5], batch: 40, seed: 3 });
    const [two, five] = rows;
    expect(two?.corrected.ci95[0]).toBeGreaterThan(3);
    expect(five?.first.ci95[1]).toBeLessThan(-0.2);
    expect(five?.preference.ci95[0]).toBeGreaterThan(0.2);
    expect(Math.abs(five?.corrected.mean ?? 1)).toBeLessThan(0.01);
  });

  it("names lengths that do not fit", async () => {
    using model = await HookedTransformer.create(source);
    const circuit = { previousToken: [], lookBack: [], induction: [] };
    await expect(
      recencyByLength({ model, bos: 3, circuit }, { lengths: [6], batch: 2, seed: 0 }),
    ).rejects.toMatchObject({ code: "sequence-too-long" });
  });
});
