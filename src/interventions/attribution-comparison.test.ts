import { describe, expect, it } from "vitest";
import { fromNested } from "../../test/golden/compare.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { HookedTransformer } from "../model/model.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { attributeHeads } from "./attribution.ts";
import { attributionComparison } from "./attribution-comparison.ts";
import { activationPatch } from "./patch.ts";

describe("attributionComparison", () => {
  const source = randomModel();
  const given = {
    clean: randomTokens(source.config, 5, 6, 5),
    corrupted: randomTokens(source.config, 5, 6, 6),
    answers: [[1, 2], [3, 4], [9, 0], [2, 2], [5, 6]] as AnswerPair[], // biome-ignore format: pairs
  };

  it("has the normalised means of each method, and how they agree", async () => {
    using model = await HookedTransformer.create(source);
    const labels: string[] = [];
    const comparison = await attributionComparison(model, {
      ...given,
      steps: 24,
      onProgress: (_, __, label) => void labels.push(label),
    });
    const { heads, agreement, layers, clean, corrupted } = comparison;
    expect(heads.map(({ label }) => label)).toEqual(["L0H0", "L0H1", "L1H0", "L1H1"]);
    const patched = await activationPatch(model, { ...given, component: "z", by: "head" });
    const exact = fromNested(patched.normalised).data;
    const attributed = fromNested(await attributeHeads(model, given)).data;
    const way = clean.mean - corrupted.mean;
    for (const [i, head] of heads.entries()) {
      expect(head.exact.mean).toBeCloseTo(exact[i] ?? Number.NaN, 5);
      expect(head.attribution.mean).toBeCloseTo((attributed[i] ?? Number.NaN) / way, 4);
      expect(head.integrated.n).toBe(5);
    }
    for (const { layer, exact, unexplained } of layers) {
      expect(Math.abs(unexplained.mean)).toBeLessThan(1e-4 * Math.max(1, Math.abs(exact.mean)));
      const sum = heads
        .filter(({ label }) => label.startsWith(`L${layer}`))
        .reduce((total, { integrated }) => total + integrated.mean, 0);
      expect(sum).toBeCloseTo(exact.mean, 3);
    }
    const errors = heads.map((head) => head.integrated.mean - head.exact.mean);
    const largest = heads.findIndex(({ label }) => label === agreement.integrated.largest.head);
    expect(Math.max(...errors.map(Math.abs))).toBe(Math.abs(errors[largest] ?? Number.NaN));
    expect(agreement.integrated.largest.error).toBe(errors[largest]);
    expect([...new Set(labels)]).toHaveLength(3);
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison);
  });

  it("refuses steps that are none", async () => {
    using model = await HookedTransformer.create(source);
    await expect(attributionComparison(model, { ...given, steps: 0 })).rejects.toMatchObject({
      code: "bad-spec",
    });
  });
});
