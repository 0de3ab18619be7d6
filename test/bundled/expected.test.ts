/**
 * @file The bundled models under the post's protocol, against what TransformerLens measured on the
 * same weights and the same tokens (`test/fixtures/expected/`).
 */

// First, for threads.
import "../../src/node/threads.ts";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Nested } from "../../src/engine/ndarray.ts";
import { at } from "../../src/engine/ndarray.ts";
import { liveTensors } from "../../src/engine/tensor.ts";
import { type ReproduceResult, reproduce } from "../../src/experiments/reproduce.ts";
import { parseReproduceSpec } from "../../src/experiments/reproduce-spec.ts";
import { batchMean } from "../../src/measures/batch-mean.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import { bundledNames } from "../../src/node/bundled.ts";
import { readModel } from "../../src/node/index.ts";
import { randomPrompts } from "../../src/prompts/random.ts";

/** Float32 through two layers, averaged: absolute on shares and logits of order one. */
const TOLERANCE = 1e-4;

interface Expected {
  table: { length: number; logit_diff: number; logit_diff_se: number; p_b: number; p_d: number }[];
  /** Layer 1, [head][key] */
  figure1_last_rows: number[][];
  figure5: {
    length: number;
    batch: number;
    clean: number;
    corrupted: number;
    normalised: number[][];
  }[];
  /** Layer 0, [head][key] */
  random_tokens_layer0_row8: Record<"total" | "position_only" | "token_only", number[][]>;
  ordering: { logit_diff: number; p_b: number; p_x2: number; last_layer_rows: number[][] };
  recency: { second_a: number; p_b: number; p_c: number }[];
}

/** Compares numbers in any nesting, naming the place of the worst. */
function expectNear(measured: unknown, expected: unknown, place = ""): void {
  if (typeof expected === "number") {
    const difference = Math.abs((measured as number) - expected);
    expect(difference, `${place}: ${measured} instead of ${expected}`).toBeLessThanOrEqual(
      TOLERANCE * Math.max(1, Math.abs(expected)),
    );
    return;
  }
  for (const [key, value] of Object.entries(expected as object)) {
    expectNear((measured as Record<string, unknown>)[key], value, `${place}.${key}`);
  }
}

describe.each(await bundledNames())("%s", (name) => {
  let expected: Expected;
  let model: HookedTransformer;
  let result: ReproduceResult;

  beforeAll(async () => {
    const file = new URL(`../fixtures/expected/${name}.json`, import.meta.url);
    expected = JSON.parse(await readFile(file, "utf8"));
    model = await HookedTransformer.create(await readModel(name));
    const spec = parseReproduceSpec({
      experiments: ["figures1And2", "table", "figure5", "ordering", "recency"],
      table: { lengths: [2, 3, 4, 5, 6, 7, 8] },
    });
    const before = liveTensors();
    result = await reproduce(model, spec);
    expect(liveTensors()).toBe(before);
  }, 300_000);
  afterAll(() => model.dispose());

  test("the table", () => {
    const rows = result.experiments.table?.rows.map((row) => ({
      length: row.length,
      logit_diff: row.logitDiff.mean,
      logit_diff_se: row.logitDiff.se,
      p_b: row.pB.mean,
      p_d: row.pD.mean,
      both_ways: row.bothWays.mean,
      both_ways_se: row.bothWays.se,
    }));
    expectNear(rows, expected.table);
  });

  test("figures 1 and 2", () => {
    const { figure1, figure2 } = result.experiments.figures1And2 ?? {};
    const rows = figure1?.heads.map(({ mean }) => (mean as Nested[])[8] as number[]);
    expectNear(rows, expected.figure1_last_rows);
    const head = Number(figure2?.head.slice(3));
    expectNear(
      figure2?.attention.map(({ mean }) => mean),
      expected.figure1_last_rows[head],
    );
  });

  test("figure 5", () => {
    const rows = result.experiments.figure5?.rows.map((row) => ({
      length: row.length,
      batch: row.batch,
      clean: row.clean.mean,
      corrupted: row.corrupted.mean,
      normalised: row.normalised.map((layer) => layer.map(({ mean }) => mean)),
    }));
    expectNear(rows, expected.figure5);
  });

  test("the ordering test", () => {
    const { ordering, head } = result.experiments.ordering ?? {};
    const rows = expected.ordering.last_layer_rows;
    expectNear(
      {
        logit_diff: ordering?.logitDiff.mean,
        p_b: ordering?.pB.mean,
        p_x2: ordering?.pX2.mean,
        attention: ordering?.attention.map(({ mean }) => mean),
      },
      {
        logit_diff: expected.ordering.logit_diff,
        p_b: expected.ordering.p_b,
        p_x2: expected.ordering.p_x2,
        attention: rows[Number(head?.slice(3))],
      },
    );
  });

  test("recency", () => {
    const rows = result.experiments.recency?.rows.map(({ secondA, pB, pC }) => ({
      second_a: secondA,
      p_b: pB.mean,
      p_c: pC.mean,
    }));
    expectNear(rows, expected.recency);
  });

  test("layer 0 on random tokens, in three modes", async () => {
    const { d_vocab, n_heads } = model.config;
    const { tokens } = randomPrompts({ length: 12, batch: 500, seed: 129, d_vocab, bos: 0 });
    const names = ["blocks.0.attn.hook_pattern"] as const;
    for (const mode of ["total", "position-only", "token-only"] as const) {
      const { activations } = await model.run(tokens, { names, mode });
      const { mean } = batchMean(activations.get(names[0]));
      const rows = Array.from({ length: n_heads }, (_, head) => [
        ...at(mean, head, 8).data.subarray(0, 9),
      ]);
      const key = mode.replace("-", "_") as keyof Expected["random_tokens_layer0_row8"];
      expectNear(rows, expected.random_tokens_layer0_row8[key], mode);
    }
  });
});
