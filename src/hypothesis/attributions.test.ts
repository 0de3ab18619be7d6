import { describe, expect, it } from "vitest";
import { expectNear, less, mean, plainRuns, plainScores } from "../../test/hypothesis.ts";
import { randomModel } from "../../test/random-model.ts";
import { HookedTransformer } from "../model/model.ts";
import { repeatedPair } from "../prompts/repeated.ts";
import { attributions } from "./attributions.ts";

describe("attributions", () => {
  it("stand beside the exact effects, what asks being corrupted", async () => {
    const source = randomModel({ d_vocab: 40 });
    using model = await HookedTransformer.create(source);
    const circuit = { previousToken: [], lookBack: [], induction: [] };
    const shares: number[] = [];
    const { rows } = await attributions(
      { model, bos: 3, circuit, onProgress: (share) => shares.push(share) },
      { lengths: [2, 4], batch: 5, seed: 6 },
    );
    expect(rows.map(({ length }) => length)).toEqual([2, 4]);
    for (const { length, clean, corrupted, heads, layers } of rows) {
      const pair = repeatedPair({ length, batch: 5, seed: 6, d_vocab: 40, bos: 3 }, "query");
      const own = plainScores(source, pair.clean);
      const base = plainScores(source, pair.corrupted);
      expectNear([clean.mean, corrupted.mean], [mean(own), mean(base)]);
      const from = plainRuns(source, pair.clean.tokens, pair.clean.read);
      const effect = (labels: string[]) =>
        mean(less(plainScores(source, pair.corrupted, { from, heads: labels }), base)) /
        mean(less(own, base));
      expect(heads.map(({ label }) => label)).toEqual(["L0H0", "L0H1", "L1H0", "L1H1"]);
      for (const { label, exact } of heads) expectNear([exact.mean], [effect([label])], label);
      // Integrated gradients of a layer's heads sum to what the layer does.
      for (const { layer } of layers) {
        const ofLayer = heads.filter(({ label }) => label.startsWith(`L${layer}`));
        const sum = ofLayer.reduce((all, { integrated }) => all + integrated.mean, 0);
        const together = effect(ofLayer.map(({ label }) => label));
        expect(Math.abs(sum - together), `layer ${layer}`).toBeLessThan(0.01 * (1 + Math.abs(sum)));
      }
    }
    // Each length is three pieces of work, and each of these begins anew.
    expect(Math.max(...shares)).toBe(1);
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
  });
});
