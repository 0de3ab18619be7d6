import { describe, expect, it } from "vitest";
import { fromNested } from "../../test/golden/compare.ts";
import { randomModel } from "../../test/random-model.ts";
import { ablate, apart, patch, SMALL, session } from "../../test/session.ts";
import { activationPatch } from "../interventions/patch.ts";
import { HookedTransformer } from "../model/model.ts";
import { sessionAnswer } from "./answer.ts";
import { sessionAnswers } from "./answers.ts";
import { type SessionPatchMatrix, sessionPatchMatrix } from "./patch-matrix.ts";
import { patchedDifferences } from "./patched-differences.ts";
import { SESSION_COMPONENTS, type SessionSpec } from "./spec.ts";

const source = randomModel({ n_heads: 3 });
const LARGE: SessionSpec = {
  ...SMALL,
  prompt: { ...SMALL.prompt, batch: 200 } as typeof SMALL.prompt,
};
const HEADS = { component: "z", by: "head", direction: "denoise" } as const;

describe("sessionPatchMatrix", () => {
  it.each(SESSION_COMPONENTS)("patches %s as the library", async (component) => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const { clean, corrupted, answers, read } = small.prompts(SMALL.prompt);
    if (corrupted === null || answers === null) throw new Error("repeated prompts have both");
    for (const by of ["head", "head-position"] as const) {
      for (const direction of ["denoise", "noise"] as const) {
        const what = { component, by, direction };
        const expected = await activationPatch(model, { clean, corrupted, answers, read, ...what });
        const matrix = await sessionPatchMatrix(small, SMALL, what);
        expect(matrix).toMatchObject({ ...what, shape: expected.shape, n: 6, total: 6 });
        expect(matrix).toMatchObject(expected.estimates);
        expect(matrix.normalised).toEqual(expected.normalised);
        expect(matrix.normalisedSe).toEqual(expected.normalisedSe);
        expect(matrix.values).toEqual(expected.values);
        expect(matrix.before.mean).toBe(direction === "denoise" ? 0 : 1);
      }
    }
  });

  it("grows with the prompts, each time the matrix of those that are done", async () => {
    using model = await HookedTransformer.create(source);
    const large = session(model);
    const seen: SessionPatchMatrix[] = [];
    const shares: number[] = [];
    const pauses: number[] = [];
    const what = { ...HEADS, by: "head-position" } as const;
    const last = await sessionPatchMatrix(large, LARGE, {
      ...what,
      onRows: (matrix) => seen.push(matrix),
      onProgress: (share) => shares.push(share),
      pause: async () => {
        pauses.push(seen.length);
      },
    });
    expect(pauses).toEqual([1, 2, 3]); // between parts, where others may have their turn
    expect(seen.map(({ n }) => n)).toEqual([50, 100, 150, 200]);
    expect(seen.at(-1)).toBe(last);
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    const { clean, corrupted, answers, read } = large.prompts(LARGE.prompt);
    if (corrupted === null || answers === null) throw new Error("repeated prompts have both");
    const whole = await activationPatch(model, { clean, corrupted, answers, read, ...what });
    expect(apart(fromNested(last.normalised), fromNested(whole.normalised))).toBeLessThan(1e-4);
  });

  it("patches place by place what it patches at once", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const answers = await sessionAnswers(small, SMALL);
    for (const component of SESSION_COMPONENTS) {
      const by = "head-position";
      const corrupted = { ...SMALL, runs: "corrupted" } as const;
      const request = { component, by, answers, rows: [0, 6] } as const;
      const given = await patchedDifferences(small, corrupted, request);
      const matrix = await sessionPatchMatrix(small, SMALL, {
        component,
        by,
        direction: "denoise",
      });
      const means = given.patched.map((scores) => scores.reduce((sum, x) => sum + x, 0) / 6);
      const values = fromNested(matrix.values);
      expect(apart({ ...values, data: Float32Array.from(means) }, values)).toBeLessThan(1e-5);
    }
  });

  it("patches on top of interventions: each cell is the answer with one more", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const interventions = [ablate("zero", 0, 1), patch("v", 0, 2, 7)];
    const spec = { ...SMALL, interventions };
    const what = { component: "k", by: "head-position", direction: "noise" } as const;
    const matrix = await sessionPatchMatrix(small, spec, what);
    const { data } = fromNested(matrix.values);
    const answer = async (runs: SessionSpec["runs"], on: SessionSpec["interventions"]) =>
      (await sessionAnswer(small, { ...SMALL, runs, interventions: on })).logitDifference.mean;
    for (const [layer, position, head] of [
      [0, 7, 1],
      [1, 2, 0],
      [1, 7, 2],
      [1, 9, 1],
    ] as const) {
      const one = await answer("clean", [...interventions, patch("k", layer, head, position)]);
      expect(data[(layer * 10 + position) * 3 + head]).toBeCloseTo(one, 4);
    }
    const [clean, corrupted] = [await answer("clean", []), await answer("corrupted", [])];
    expect(matrix.clean.mean).toBeCloseTo(clean, 4);
    expect(matrix.corrupted.mean).toBeCloseTo(corrupted, 4);
    const before = await answer("clean", interventions);
    expect(matrix.before.mean).toBeCloseTo((before - corrupted) / (clean - corrupted), 3);
  });

  it("stops when it is told to", async () => {
    using model = await HookedTransformer.create(source);
    const stop = new AbortController();
    const running = sessionPatchMatrix(session(model), LARGE, {
      ...HEADS,
      by: "head-position",
      signal: stop.signal,
      onRows: () => stop.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
  });

  it("needs two prompts that differ before the answer is read", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const pattern = { kind: "pattern", pattern: "BOS A B A", batch: 2, seed: 0 } as const;
    const alone = { ...SMALL, prompt: pattern };
    await expect(sessionPatchMatrix(small, alone, HEADS)).rejects.toThrow(/no corrupted prompt/);
    const same = { ...SMALL, prompt: { ...pattern, corrupted: "BOS A B A" } };
    await expect(sessionPatchMatrix(small, same, HEADS)).rejects.toThrow(/change nothing/);
    const blind = { ...SMALL, mode: "position-only" } as const;
    await expect(sessionPatchMatrix(small, blind, HEADS)).rejects.toThrow(/no token is seen/);
  });
});
