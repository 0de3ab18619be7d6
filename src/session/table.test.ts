import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { ablate, patch, SMALL, session } from "../../test/session.ts";
import { table } from "../experiments/table.ts";
import { HookedTransformer } from "../model/model.ts";
import { sweepPrompts } from "../sweeps/sweep-prompts.ts";
import { cellAt, cellCount, parseSweepSpec } from "../sweeps/sweep-spec.ts";
import { sessionAnswer } from "./answer.ts";
import type { SessionSpec } from "./spec.ts";
import { type SessionTableRow, sessionTable, specAt, type UnfitTableRow } from "./table.ts";
import { type TableAxis, tableSweep } from "./table-sweep.ts";

const source = randomModel({ n_heads: 3 });
const SPEC: SessionSpec = {
  ...SMALL,
  prompt: { ...SMALL.prompt, batch: 100 } as typeof SMALL.prompt,
};
const LENGTHS: TableAxis = { over: "length", values: [2, 3, 4] };

describe("sessionTable", () => {
  it("is the post's table, and all its rows grow together", async () => {
    using model = await HookedTransformer.create(source);
    const seen: [number, SessionTableRow][] = [];
    let pauses = 0;
    const rows = await sessionTable(session(model), SPEC, LENGTHS, {
      onRow: (row, index) => seen.push([index, row]),
      pause: async () => {
        pauses++;
      },
    });
    expect(pauses).toBe(6);
    expect(seen.map(([index, { n }]) => [index, n])).toEqual([
      ...[0, 1, 2].map((index) => [index, 64]),
      ...[0, 1, 2].map((index) => [index, 100]),
    ]);
    expect(seen.slice(3).map(([, row]) => row)).toEqual(rows);

    const none = { layer: 0, head: 0, label: "L0H0", score: 0, named: true };
    const heads = { previousToken: none, lookBack: none, induction: none };
    const context = { model, bos: 0, heads, published: false };
    const expected = await table(context, { lengths: [2, 3, 4], batch: 100, seed: 3 });
    for (const [i, row] of expected.rows.entries()) {
      expect(rows[i]).toMatchObject({ value: row.length, n: 100, total: 100 });
      expect(rows[i]?.logitDifference.mean).toBeCloseTo(row.logitDiff.mean, 4);
      expect(rows[i]?.logitDifference.se).toBeCloseTo(row.logitDiff.se, 4);
      expect(rows[i]?.right.mean).toBeCloseTo(row.pB.mean, 5);
      expect(rows[i]?.wrong.mean).toBeCloseTo(row.pD.mean, 5);
    }
  });

  it("has interventions on in every row", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const interventions = [ablate("mean", 0, 1), ablate("resample", 0, 2), patch("z", 1, 0)];
    const spec = { ...SPEC, interventions };
    const axis: TableAxis = { over: "order", values: ["first-second", "second-first"] };
    const rows = await sessionTable(small, spec, axis);
    for (const [index, { value, logitDifference }] of rows.entries()) {
      const at = specAt(spec, axis, index);
      expect(at.prompt).toMatchObject({ order: value });
      const answer = await sessionAnswer(small, at);
      expect(logitDifference.mean).toBeCloseTo(answer.logitDifference.mean, 4);
      expect(logitDifference.se).toBeCloseTo(answer.logitDifference.se, 4);
    }
  });

  it("asks what the sweep asks that it names", () => {
    const axis: TableAxis = { over: "gap", values: [0, 2] };
    const prompt = { ...SPEC.prompt, order: "second-first", distance: 1 } as typeof SPEC.prompt;
    const spec = { ...SPEC, prompt };
    const sweep = parseSweepSpec(tableSweep(spec, axis));
    expect(cellCount(sweep)).toBe(2);
    const small = session({ config: source.config } as HookedTransformer);
    for (const index of [0, 1]) {
      const expected = sweepPrompts({ ...cellAt(sweep, index), d_vocab: 11, bos: 0 });
      const given = small.prompts(specAt(spec, axis, index).prompt);
      expect(given.clean).toEqual(expected.tokens);
      expect(given.answers).toEqual(expected.answers);
    }
    expect(tableSweep({ ...spec, runs: "corrupted" }, axis)).toBeNull();
    expect(tableSweep({ ...spec, interventions: [ablate("zero", 0, 0)] }, axis)).toBeNull();
  });

  it("says before any work that prompts are too long", async () => {
    using model = await HookedTransformer.create(source);
    const rows: SessionTableRow[] = [];
    const axis: TableAxis = { over: "length", values: [2, 6] };
    const onRow = (row: SessionTableRow) => rows.push(row);
    const running = sessionTable(session(model), SPEC, axis, { onRow });
    await expect(running).rejects.toMatchObject({ code: "sequence-too-long" });
    expect(rows).toEqual([]);
  });

  it("tells of a value that does not fit, and measures the others", async () => {
    using model = await HookedTransformer.create(source);
    const unfit: [number, UnfitTableRow][] = [];
    const onUnfit = (row: UnfitTableRow, index: number) => unfit.push([index, row]);
    const axis: TableAxis = { over: "length", values: [2, 6, 3] };
    const rows = await sessionTable(session(model), SPEC, axis, { onUnfit });
    const fitting: TableAxis = { over: "length", values: [2, 3] };
    expect(rows).toEqual(await sessionTable(session(model), SPEC, fitting));
    expect(unfit).toEqual([
      [1, { value: 6, problem: expect.stringMatching(/19 tokens do not fit/) }],
    ]);
    const none: TableAxis = { over: "length", values: [6, 7] };
    const refused = sessionTable(session(model), SPEC, none, { onUnfit });
    await expect(refused).rejects.toMatchObject({ code: "sequence-too-long" });
  });

  it.each<[string, Partial<SessionSpec>, RegExp]>([
    [
      "one position",
      { interventions: [patch("z", 0, 1, 2)] },
      /positions move with the length, so L0H1 cannot be changed at position 2 alone/,
    ],
    [
      "a pattern",
      { prompt: { kind: "pattern", pattern: "BOS A", batch: 2, seed: 0 } },
      /needs repeated sequences, not a pattern/,
    ],
  ])("refuses %s", async (_, part, message) => {
    using model = await HookedTransformer.create(source);
    const running = sessionTable(session(model), { ...SPEC, ...part }, LENGTHS);
    await expect(running).rejects.toThrow(message);
  });
});
