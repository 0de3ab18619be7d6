// First, for threads.
import "../node/threads.ts";
import { beforeAll, describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { findHeads } from "../experiments/find-heads.ts";
import { table } from "../experiments/table.ts";
import { logitDifferences, probabilities } from "../measures/answers.ts";
import { estimate } from "../measures/statistics.ts";
import { HookedTransformer } from "../model/model.ts";
import { longForm } from "./long-form.ts";
import { mergeParts, type SweepPart } from "./merge.ts";
import type { CellMeans, FinishedCell, SweepResult } from "./result.ts";
import { type Shard, shardCells } from "./shard.ts";
import { type SweepProgress, sweep } from "./sweep.ts";
import { sweepPrompts } from "./sweep-prompts.ts";
import { cellAt, cellCount, parseSweepSpec } from "./sweep-spec.ts";

const SPEC = parseSweepSpec({
  length: [2, 3],
  gap: [0, 2],
  filler: ["random", "repeat", "bos"],
  copies: [1, 2],
  seed: [4, 5],
  batch: 6,
  bos: 0,
});
const COUNT = 2 * 2 * 3 * 2 * 2;

let model: HookedTransformer;
let whole: SweepResult;

beforeAll(async () => {
  model = await HookedTransformer.create(randomModel({ n_ctx: 24, d_vocab: 31 }));
  whole = await sweep(model, SPEC);
  return () => model.dispose();
});

const keyed = (cells: readonly FinishedCell[]) => new Map(cells.map((cell) => [cell.cell, cell]));

function part(name: string, { cells, shard, ...identity }: SweepResult): SweepPart {
  return { name, identity, shard: shard ?? { index: 1, count: 1 }, cells: keyed(cells) };
}

describe("sweep", () => {
  it("measures what all logits of each cell's prompts say", async () => {
    expect(whole.cells.map(({ cell }) => cell)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    for (const { cell, parameters, pB, pD, logitDiff } of whole.cells.slice(0, 12)) {
      expect(parameters).toEqual(cellAt(SPEC, cell));
      const { tokens, answers, read } = sweepPrompts({ ...parameters, d_vocab: 31, bos: 0 });
      const { logits } = await model.run(tokens, { positions: "all" });
      if (logits === undefined) throw new Error("no logits");
      const right = probabilities(
        logits,
        answers.map(([b]) => b),
        read,
      );
      const wrong = probabilities(
        logits,
        answers.map(([, d]) => d),
        read,
      );
      expect(pB.mean).toBeCloseTo(estimate(right).mean, 6);
      expect(pB.se).toBeCloseTo(estimate(right).se, 6);
      expect(pD.mean).toBeCloseTo(estimate(wrong).mean, 6);
      expect(logitDiff.mean).toBeCloseTo(estimate(logitDifferences(logits, answers, read)).mean, 4);
      expect(logitDiff.n).toBe(6);
    }
  });

  it("asks what the table of the post asks, where nothing but the length varies", async () => {
    const lengths = [2, 3, 5];
    const { cells } = await sweep(model, parseSweepSpec({ length: lengths, batch: 40, bos: 0 }));
    const heads = await findHeads(model, 0, {
      previousToken: null,
      lookBack: null,
      induction: null,
    });
    const context = { model, bos: 0, heads, published: false };
    const { rows } = await table(context, { lengths, batch: 40, seed: 120 });
    const means = ({ pB, pD, logitDiff }: CellMeans) => ({ pB, pD, logitDiff });
    expect(cells.map(means)).toEqual(rows.map(means));
  });

  it("gives the same numbers in parts, and in parts of them again", async () => {
    const shards: SweepPart[] = [];
    for (const index of [1, 2, 3, 4, 5]) {
      const result = await sweep(model, SPEC, { shard: { index, count: 5 } });
      expect(result.shard).toEqual({ index, count: 5 });
      shards.push(part(`shard ${index}`, result));
    }
    expect(mergeParts(shards.toReversed())).toEqual(whole);
  });

  it("measures again nothing that was finished, and stops between cells", async () => {
    const controller = new AbortController();
    const kept: FinishedCell[] = [];
    const stopped = sweep(model, SPEC, {
      signal: controller.signal,
      onCell: (cell) => {
        kept.push(cell);
        if (kept.length === 7) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    expect(kept.map(({ cell }) => cell)).toEqual([0, 1, 2, 3, 4, 5, 6]);

    const measured: number[] = [];
    const progress: SweepProgress[] = [];
    const result = await sweep(model, SPEC, {
      finished: keyed(kept),
      onCell: ({ cell }) => measured.push(cell),
      onProgress: (now) => progress.push(now),
    });
    expect(result).toEqual(whole);
    expect(measured).toEqual(Array.from({ length: COUNT - 7 }, (_, i) => i + 7));
    expect(progress[0]).toEqual({ done: 7, total: COUNT, cell: 7 });
    expect(progress.at(-1)).toEqual({ done: COUNT, total: COUNT, cell: COUNT - 1 });
  });

  it("has a row for each quantity of each cell", () => {
    const { rows, spec } = longForm(whole);
    expect(spec).toEqual(SPEC);
    expect(rows).toHaveLength(3 * COUNT);
    expect(rows.slice(0, 3).map(({ quantity }) => quantity)).toEqual(["pB", "pD", "logitDiff"]);
    expect(rows[5]).toEqual({
      ...cellAt(SPEC, 1),
      quantity: "logitDiff",
      ...whole.cells[1]?.logitDiff,
    });
  });
});

describe("what cannot be is found before any work", () => {
  const never = () => expect.fail("a cell was measured");
  const refused = (json: object) =>
    expect(sweep(model, parseSweepSpec({ bos: 0, ...json }), { onCell: never })).rejects;

  it.each([
    [
      { length: [2, 3], gap: [0, 15] },
      /^cell 3 \(length 3, gap 15\): its prompts have 25 tokens, and .* 24 \(n_ctx\)$/,
    ],
    [
      { vocabulary: [null, { range: [20, 32] }] },
      /^cell 1 \(vocabulary \[20, 32\)\): vocabulary holds token 31; .* 0 to 30$/,
    ],
    [
      { distinct: true, vocabulary: { ids: [0, 1, 2, 3, 4] } },
      /^cell 0 \(length 3\): distinct tokens need a vocabulary of 7, and this one has 5$/,
    ],
    [{ bos: 31 }, /^bos: 31 is no token of this model's vocabulary, 0 to 30$/],
    [{ bos: null }, /names no bos_token_id/],
  ])("%j", async (json, message) => {
    await refused(json).toThrow(message);
  });

  it("a shard that is none", async () => {
    const shard: Shard = { index: 6, count: 5 };
    await expect(sweep(model, SPEC, { shard })).rejects.toThrow(/from 1 to 5/);
  });
});

describe("shards", () => {
  it("hold every cell once", () => {
    for (const count of [1, 3, 7, 60]) {
      const all = Array.from({ length: count }, (_, i) =>
        shardCells({ index: i + 1, count }, cellCount(SPEC)),
      ).flat();
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    }
  });
});

describe("mergeParts", () => {
  const half = (index: number) => ({
    ...whole,
    cells: whole.cells.filter(({ cell }) => cell % 2 === index - 1),
    shard: { index, count: 2 },
  });

  it("names cells that are missing, and the shard that has them", () => {
    expect(() => mergeParts([part("a", half(1))])).toThrow(
      /^24 of 48 cells are missing: cell 1 \(length 2, .*seed 5\) of shard 2\/2, .*, and 19 more$/,
    );
  });

  it("takes a cell twice where both agree to six digits", () => {
    expect(mergeParts([part("a", whole), part("b", half(2))])).toEqual(whole);
    const cells = half(2).cells.map((cell, i) =>
      i === 3 ? { ...cell, pB: { ...cell.pB, mean: cell.pB.mean * 1.00002 } } : cell,
    );
    expect(() => mergeParts([part("a", whole), part("b", { ...half(2), cells })])).toThrow(
      /^cell 7 \(.*\) has other numbers in a than in b$/,
    );
  });

  it("refuses what is of another sweep, and says how it differs", () => {
    const model = { ...whole.model, hash: "1".repeat(64) };
    const spec = parseSweepSpec({ ...SPEC, gap: [0, 4] });
    const other = part("b", { ...half(2), model, spec });
    expect(() => mergeParts([part("a", half(1)), other])).toThrow(
      /^these are parts of different sweeps: gap is \[0,2\] in a and \[0,4\] in b; the model's hash is "0{64}" in a and "1{64}" in b$/,
    );
    const drawn = parseSweepSpec({ ...SPEC, draw: { x: "gap" } });
    expect(mergeParts([part("a", half(1)), part("b", { ...half(2), spec: drawn })])).toEqual(whole);
  });
});
