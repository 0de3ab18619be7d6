import { describe, expect, it } from "vitest";
import { fromNested } from "../../test/golden/compare.ts";
import { GOLDEN_MODELS, goldenFile, goldenModel } from "../../test/golden/fixtures.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { liveTensors } from "../engine/tensor.ts";
import { estimate } from "../measures/statistics.ts";
import { HookedTransformer } from "../model/model.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { attributeHeads } from "./attribution.ts";
import type { Component, Granularity } from "./components.ts";
import { parseReceivers, parseSenders } from "./edges.ts";
import { activationPatch, patchScores } from "./patch.ts";
import { pathPatch } from "./path.ts";

const source = randomModel();
const clean = randomTokens(source.config, 4, 6, 5);
const corrupted = randomTokens(source.config, 4, 6, 6);
const answers: AnswerPair[] = [[1, 2], [3, 4], [9, 0], [5, 6]]; // biome-ignore format: pairs

const KINDS: readonly (readonly [Component, Granularity])[] = [
  ["z", "head"],
  ["q", "head-position"],
  ["pattern", "head"],
  ["v", "head"],
  ["resid_pre", "position"],
];

describe("activationPatch", () => {
  it.each(GOLDEN_MODELS)(
    "recovers all by patching the only token that differs (%s)",
    async (name) => {
      const golden = await goldenFile(name, "patching");
      using model = await goldenModel(name);
      const wrong = golden.integers("length3.d");
      // The corrupted prompts have another last A, at position 7 of 9.
      const request = {
        clean: golden.tokens("length3.clean"),
        corrupted: golden.tokens("length3.corrupted"),
        answers: golden
          .integers("length3.b")
          .map((b, row): AnswerPair => [b, wrong[row] as number]),
        component: "resid_pre",
        by: "position",
      } as const;
      const differing = [...request.clean.ids.keys()].filter(
        (i) => request.clean.ids[i] !== request.corrupted.ids[i],
      );
      const position = (differing[0] ?? 0) % 9;
      expect(new Set(differing.map((i) => i % 9)), "one position differs").toEqual(
        new Set([position]),
      );

      const denoised = await activationPatch(model, request);
      const noised = await activationPatch(model, { ...request, direction: "noise" });
      const atEmbedding = (nested: typeof denoised.values) => fromNested(nested).data[position];
      expect(atEmbedding(denoised.values)).toBeCloseTo(denoised.clean, 3);
      expect(atEmbedding(denoised.normalised)).toBeCloseTo(1, 4);
      expect(atEmbedding(denoised.normalisedSe)).toBeCloseTo(0, 4);
      expect(atEmbedding(noised.values)).toBeCloseTo(denoised.corrupted, 3);
      expect(atEmbedding(noised.normalised)).toBeCloseTo(0, 4);
    },
  );

  it.each(KINDS)(
    "by noise is denoising with the prompts exchanged (%s by %s)",
    async (component, by) => {
      using model = await HookedTransformer.create(source);
      const noised = await patchScores(model, {
        ...{ clean, corrupted, answers, component, by },
        direction: "noise",
      });
      const mirrored = await patchScores(model, {
        ...{ clean: corrupted, corrupted: clean, answers, component, by },
        direction: "denoise",
      });
      expect(noised.patched).toEqual(mirrored.patched);
      expect(noised.clean).toEqual(mirrored.corrupted);
      expect(noised.corrupted).toEqual(mirrored.clean);
    },
  );

  it("denoises unless told otherwise, and reads the last position", async () => {
    using model = await HookedTransformer.create(source);
    const request = { clean, corrupted, answers, component: "z", by: "head" } as const;
    const byDefault = await activationPatch(model, request);
    expect(byDefault).toEqual(
      await activationPatch(model, { ...request, direction: "denoise", read: 5 }),
    );
    expect(byDefault).not.toEqual(await activationPatch(model, { ...request, read: 4 }));
  });

  it("states means, intervals and shares of the way from corrupted to clean", async () => {
    using model = await HookedTransformer.create(source);
    const request = { clean, corrupted, answers, component: "z", by: "head-position" } as const;
    const scores = await patchScores(model, request);
    const result = await activationPatch(model, request);
    expect(result.shape).toEqual([2, 6, 2]);
    const ofL1H0: number | undefined = result.normalised[1]?.[5]?.[0]; // indexed without a cast
    expect(ofL1H0).toBeCloseTo(fromNested(result.normalised).data[(6 + 5) * 2] ?? 0, 6);
    expect(result.clean).toBe(estimate(scores.clean).mean);
    expect(result.corrupted).toBe(estimate(scores.corrupted).mean);
    expect(result.estimates.clean).toEqual(estimate(scores.clean));
    expect(result.estimates.corrupted).toEqual(estimate(scores.corrupted));
    const normalised = fromNested(result.normalised);
    expect(normalised.shape).toEqual([2, 6, 2]);
    expect(fromNested(result.normalisedSe).shape).toEqual([2, 6, 2]);
    for (const [i, value] of fromNested(result.values).data.entries()) {
      const share = (value - result.corrupted) / (result.clean - result.corrupted);
      expect(normalised.data[i]).toBeCloseTo(share, 4);
    }

    const { answerLogits } = await model.run(clean, { answers });
    const data = answerLogits?.data ?? new Float32Array();
    for (const [row, score] of scores.clean.entries()) {
      expect(score).toBeCloseTo((data[2 * row] as number) - (data[2 * row + 1] as number), 4);
    }
  });

  it("gives the same numbers each time, and frees what it made", async () => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    const request = { clean, corrupted, answers, component: "z", by: "head" } as const;
    const first = JSON.stringify(await activationPatch(model, request));
    expect(JSON.stringify(await activationPatch(model, request))).toBe(first);
    expect(liveTensors()).toBe(base);
  });

  it("refuses prompts that do not pair up, or are the same where it matters", async () => {
    using model = await HookedTransformer.create(source);
    const request = { clean, corrupted, answers, component: "z", by: "head" } as const;
    const fewer = randomTokens(source.config, 3, 6);
    await expect(activationPatch(model, { ...request, corrupted: fewer })).rejects.toMatchObject({
      code: "bad-shape",
      message: "clean prompts [4, 6] and corrupted prompts [3, 6] must pair up",
    });
    const shorter = randomTokens(source.config, 4, 5);
    await expect(activationPatch(model, { ...request, corrupted: shorter })).rejects.toMatchObject({
      code: "bad-shape",
    });
    await expect(activationPatch(model, { ...request, corrupted: clean })).rejects.toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining("a patch would change nothing"),
    });
    // They differ, but only behind the position that is read.
    const ids = clean.ids.slice();
    for (let row = 0; row < 4; row++) ids[row * 6 + 5] = ((ids[row * 6 + 5] ?? 0) + 1) % 11;
    const later = { ...clean, ids };
    await expect(
      activationPatch(model, { ...request, corrupted: later, read: 4 }),
    ).rejects.toMatchObject({ code: "bad-spec" });
    await expect(
      activationPatch(model, { ...request, answers: answers.slice(1) }),
    ).rejects.toMatchObject({ code: "bad-shape" });
    const foreign = { ...clean, ids: clean.ids.with(3, 11) };
    await expect(activationPatch(model, { ...request, clean: foreign })).rejects.toMatchObject({
      code: "token-out-of-range",
    });
  });

  it.each<[unknown, string]>([
    [[[5], [6], [7], [8]], "answers: row 0 is [5]; each prompt needs [right, wrong]"],
    [[[1, 2], [1, 2], [1, 2, 3], [1, 2]], "answers: row 2 is [1,2,3]; each prompt needs"], // biome-ignore format: rows
    [[1, 2, 3, 4], "answers: row 0 is 1; each prompt needs"],
    [undefined, "answers: row 0 is missing; each prompt needs"],
  ])("refuses the answers %j", async (given, message) => {
    using model = await HookedTransformer.create(source);
    const request = { clean, corrupted, answers: given as AnswerPair[] };
    const refusal = { code: "bad-shape", message: expect.stringContaining(message) };
    await expect(
      activationPatch(model, { ...request, component: "z", by: "head" }),
    ).rejects.toMatchObject(refusal);
    await expect(attributeHeads(model, request)).rejects.toMatchObject(refusal);
    const [from, to] = [parseSenders("L0", model.config), [parseReceivers("L1H0", model.config)]];
    await expect(pathPatch(model, { ...request, from, to })).rejects.toMatchObject(refusal);
  });

  it("refuses a direction, a component or a granularity that there is not", async () => {
    using model = await HookedTransformer.create(source);
    const request = { clean, corrupted, answers, component: "z", by: "head" } as const;
    for (const [wrong, message] of [
      [
        { direction: "noising" },
        'direction: "noising" is not one of denoise, noise; did you mean "noise"?',
      ],
      [
        { component: "pat" },
        'component: "pat" is not one of z, q, k, v, pattern, attn_out, resid_pre; did you mean "pattern"?',
      ],
      [
        { by: "heads" },
        'by: "heads" is not one of head, head-position, position; did you mean "head"?',
      ],
    ] as const) {
      await expect(
        activationPatch(model, { ...request, ...(wrong as object) }),
      ).rejects.toMatchObject({ code: "bad-spec", message });
    }
  });
});
