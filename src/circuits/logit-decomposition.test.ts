import { describe, expect, it } from "vitest";
import { GOLDEN_MODELS, goldenFile, goldenModel } from "../../test/golden/fixtures.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { at } from "../engine/ndarray.ts";
import { liveTensors, zeros } from "../engine/tensor.ts";
import type { Estimate } from "../measures/statistics.ts";
import { HookedTransformer } from "../model/model.ts";
import type { Processing } from "../model/processing.ts";
import { batchRows } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { directLogitAttribution } from "./logit-attribution.ts";
import { logitDecomposition, logitDifferenceDecomposition } from "./logit-decomposition.ts";

const sumOf = (estimates: readonly Estimate[]) =>
  estimates.reduce((total, { mean }) => total + mean, 0);

describe.each(GOLDEN_MODELS)("logitDecomposition of %s", (name) => {
  it.each<Processing>(["none", "default"])(
    "sums to the logits, and heads over positions to heads, processing %s",
    async (processing) => {
      const tokens = (await goldenFile(name, "forward")).tokens("tokens");
      using model = await goldenModel(name, { processing });
      const { n_layers, n_heads } = model.config;
      for (const [row, position] of [-1, 9].entries()) {
        const prompt = batchRows(tokens, row, row + 1);
        const answers = [[3, 17, 3]];
        const { answerLogits } = await model.run(prompt, { answers, positions: [position] });
        const whole = await logitDecomposition(model, { tokens: prompt, answers, position });
        expect(whole.position).toBe(position === -1 ? tokens.length - 1 : position);
        expect(whole.answers).toHaveLength(3);
        for (const [k, { total, parts, byKey }] of whole.answers.entries()) {
          const logit = answerLogits?.data[k] ?? Number.NaN;
          const largest = Math.max(...parts.map(({ mean }) => Math.abs(mean)));
          expect(Math.abs(sumOf(parts) - logit) / largest).toBeLessThan(1e-4);
          expect(Math.abs(total.mean - logit) / largest).toBeLessThan(1e-4);
          expect(parts).toHaveLength(whole.sources.length);
          for (let layer = 0; layer < n_layers; layer++) {
            for (let head = 0; head < n_heads; head++) {
              const keys = byKey.mean[layer]?.[head] ?? [];
              expect(keys).toHaveLength(whole.position + 1);
              const part = parts[whole.sources.indexOf(`L${layer}H${head}`)]?.mean ?? Number.NaN;
              const sum = keys.reduce((total, key) => total + key, 0);
              expect(Math.abs(sum - part) / largest).toBeLessThan(1e-5);
            }
          }
        }
      }
    },
  );

  it.each<Processing>(["none", "default"])(
    "gives heads what direct logit attribution does, processing %s",
    async (processing) => {
      const tokens = (await goldenFile(name, "analysis")).tokens("repeat.tokens");
      const answers = [[3, 17], [5, 3]]; // biome-ignore format: rows
      using model = await goldenModel(name, { processing });
      const { n_layers, n_heads } = model.config;
      const direct = await directLogitAttribution(model, { tokens, answers });
      for (const [row, answer] of answers.entries()) {
        const prompt = batchRows(tokens, row, row + 1);
        const whole = await logitDecomposition(model, { tokens: prompt, answers: [answer] });
        for (let head = 0; head < n_layers * n_heads; head++) {
          const label = `L${Math.floor(head / n_heads)}H${head % n_heads}`;
          for (const [k, { parts }] of whole.answers.entries()) {
            const part = parts[whole.sources.indexOf(label)]?.mean ?? Number.NaN;
            const expected = at(direct, Math.floor(head / n_heads), head % n_heads, row, k).data[0];
            expect(part, label).toBeCloseTo(expected ?? 0, 4);
          }
        }
      }
    },
  );
});

describe("logitDecomposition", () => {
  const source = randomModel({ normalization: null });
  const tokens = randomTokens(source.config, 3, 6);
  const answers = [[1, 2], [4, 10], [0, 9]]; // biome-ignore format: rows

  it("gives (head, position) what the logit loses without it, where nothing normalises", async () => {
    using model = await HookedTransformer.create(source);
    const whole = await logitDecomposition(model, { tokens, answers });
    const { answerLogits } = await model.run(tokens, { answers });
    const without = await model.run(tokens, {
      answers,
      hooks: [
        [
          "blocks.1.attn.hook_pattern",
          (pattern) => {
            const head = pattern.slice(null, [0, 1]);
            return pattern.withSlice(1, [0, 1], head.withSlice(3, [2, 3], zeros([1, 1, 1, 1])));
          },
        ],
      ],
    });
    for (const k of [0, 1]) {
      const lost = [0, 1, 2].reduce(
        (sum, row) =>
          sum +
          ((answerLogits?.data[2 * row + k] ?? 0) - (without.answerLogits?.data[2 * row + k] ?? 0)),
        0,
      );
      const part = whole.answers[k]?.byKey.mean[1]?.[0]?.[2] ?? Number.NaN;
      expect(part).toBeCloseTo(lost / 3, 4);
    }
  });

  it("frees what it made", async () => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    await logitDecomposition(model, { tokens, answers });
    expect(liveTensors()).toBe(base);
  });

  it.each([
    ["bad-spec", { position: 6 }],
    ["bad-shape", { answers: [[1]] }],
    ["token-out-of-range", { answers: [[1], [2], [11]] }],
    ["cancelled", { signal: AbortSignal.abort() }],
  ])("fails with %s for %j", async (code, wrong) => {
    using model = await HookedTransformer.create(source);
    const request = { tokens, answers, ...wrong };
    await expect(logitDecomposition(model, request)).rejects.toMatchObject({ code });
  });
});

describe("logitDifferenceDecomposition", () => {
  it.each([true, false])(
    "is that of the right less that of the wrong, shortformer %s",
    async (is) => {
      const source = randomModel({ shortformer_pos: is });
      const tokens = randomTokens(source.config, 4, 5);
      const answers: AnswerPair[] = [[1, 2], [4, 10], [0, 9], [3, 3]]; // biome-ignore format: rows
      using model = await HookedTransformer.create(source);
      const both = await logitDecomposition(model, { tokens, answers });
      const { total, parts, byKey, sources } = await logitDifferenceDecomposition(model, {
        tokens,
        answers,
      });
      expect(sources).toEqual(both.sources);
      expect(sources.includes("pos")).toBe(!is);
      const [right, wrong] = both.answers;
      for (const [s, part] of parts.entries()) {
        const expected = (right?.parts[s]?.mean ?? 0) - (wrong?.parts[s]?.mean ?? 0);
        expect(part.mean, sources[s]).toBeCloseTo(expected, 4);
      }
      const { answerLogits } = await model.run(tokens, { answers });
      const differences = answers.map((_, row) => {
        const [of = 0, less = 0] = at(
          answerLogits ?? { shape: [], data: new Float32Array() },
          row,
          0,
        ).data;
        return of - less;
      });
      const mean = differences.reduce((sum, difference) => sum + difference / 4, 0);
      expect(total.mean).toBeCloseTo(mean, 4);
      const variance = differences.reduce((sum, x) => sum + (x - mean) ** 2 / 3, 0);
      expect(total.se).toBeCloseTo(Math.sqrt(variance / 4), 4);
      expect(byKey.n).toBe(4);
    },
  );

  it("is of two answers a prompt", async () => {
    using model = await HookedTransformer.create(randomModel());
    const tokens = randomTokens(model.config, 2, 5);
    const answers = [[1, 2, 3], [4, 5, 6]] as unknown as AnswerPair[]; // biome-ignore format: rows
    await expect(logitDifferenceDecomposition(model, { tokens, answers })).rejects.toMatchObject({
      code: "bad-shape",
      message: expect.stringContaining("each prompt needs [right, wrong]"),
    });
  });
});
