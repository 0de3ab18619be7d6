import { describe, expect, it } from "vitest";
import { GOLDEN_MODELS, goldenFile, goldenModel } from "../../test/golden/fixtures.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { at } from "../engine/ndarray.ts";
import { liveTensors, zeros } from "../engine/tensor.ts";
import { HookedTransformer } from "../model/model.ts";
import type { Processing } from "../model/processing.ts";
import { batchRows, type TokenBatch } from "../model/tokens.ts";
import { scoreContrast, scoreDecomposition } from "./score-decomposition.ts";
import type { MeanParts } from "./stream-sources.ts";

/** The sum over query sources and key sources of [S][S][K], for each key. */
function sumsByKey(parts: MeanParts["mean"]): number[] {
  const sums: number[] = [];
  for (const ofQuery of parts) {
    for (const ofKey of ofQuery) {
      for (const [k, part] of ofKey.entries()) sums[k] = (sums[k] ?? 0) + part;
    }
  }
  return sums;
}

/** The model's own scores of one prompt's head from a query on each key. */
async function scoresOf(
  model: HookedTransformer,
  tokens: TokenBatch,
  [layer, head, query]: readonly [number, number, number],
): Promise<number[]> {
  const name = `blocks.${layer}.attn.hook_attn_scores` as const;
  const { activations } = await model.run(tokens, { names: [name] });
  return [...at(activations.get(name), 0, head, query).data.subarray(0, query + 1)];
}

describe.each(GOLDEN_MODELS)("scoreDecomposition of %s", (name) => {
  it.each<Processing>(["none", "default"])(
    "sums to the scores, processing %s",
    async (processing) => {
      const tokens = (await goldenFile(name, "forward")).tokens("tokens");
      using model = await goldenModel(name, { processing });
      for (let layer = 0; layer < model.config.n_layers; layer++) {
        const row = batchRows(tokens, layer % tokens.batch, (layer % tokens.batch) + 1);
        const query = 7 + layer;
        const scores = await scoresOf(model, row, [layer, 1, query]);
        const largest = Math.max(...scores.map(Math.abs));
        const { parts, ...decomposition } = await scoreDecomposition(model, {
          tokens: row,
          layer,
          head: 1,
          query: query - row.length,
        });
        const sums = sumsByKey(parts.mean);
        expect(sums).toHaveLength(query + 1);
        for (const [key, score] of scores.entries()) {
          expect(Math.abs((sums[key] ?? Number.NaN) - score) / largest).toBeLessThan(1e-4);
          const total = decomposition.scores[key]?.mean ?? Number.NaN;
          expect(Math.abs(total - score) / largest).toBeLessThan(1e-4);
        }
        expect(decomposition.sources).toHaveLength(3 + layer * (model.config.n_heads + 1));
      }
    },
  );
});

describe("scoreDecomposition", () => {
  const source = randomModel({ n_layers: 3, normalization: null });
  const tokens = randomTokens(source.config, 5, 6);
  const place = { layer: 2, head: 1, query: -1 } as const;

  it("gives a head what the scores lose without it, where nothing normalises", async () => {
    using model = await HookedTransformer.create(source);
    const { sources, parts } = await scoreDecomposition(model, { tokens, ...place, keys: [2] });
    const mean = parts.mean;
    const writer = sources.indexOf("L1H0"); // its ablation changes nothing else that layer 2 reads
    const name = "blocks.2.attn.hook_attn_scores" as const;
    const scoreWith = async (ablated: boolean) => {
      const { activations } = await model.run(tokens, {
        names: [name],
        hooks: ablated
          ? [["blocks.1.attn.hook_z", (z) => z.withSlice(2, [0, 1], zeros([1, 1, 1, 1]))]]
          : [],
      });
      let sum = 0;
      for (let row = 0; row < 5; row++) {
        sum += at(activations.get(name), row, 1, 5, 2).data[0] as number;
      }
      return sum / 5;
    };
    const asQuery = (mean[writer] ?? []).reduce((sum, [part = 0]) => sum + part, 0);
    const asKey = mean.reduce((sum, ofQuery) => sum + (ofQuery[writer]?.[0] ?? 0), 0);
    const both = mean[writer]?.[writer]?.[0] ?? 0;
    const lost = (await scoreWith(false)) - (await scoreWith(true));
    expect(asQuery + asKey - both).toBeCloseTo(lost, 4);
  });

  it("of a mean over prompts is the mean of theirs, and says the standard error", async () => {
    using model = await HookedTransformer.create(source);
    const whole = await scoreDecomposition(model, { tokens, ...place });
    const each = await Promise.all(
      Array.from({ length: 5 }, (_, row) =>
        scoreDecomposition(model, { tokens: batchRows(tokens, row, row + 1), ...place }),
      ),
    );
    const values = each.map(({ parts }) => parts.mean[1]?.[3]?.[4] ?? 0);
    const mean = values.reduce((sum, value) => sum + value / 5, 0);
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / 4, 0);
    expect(whole.parts.mean[1]?.[3]?.[4]).toBeCloseTo(mean, 5);
    expect(whole.parts.se[1]?.[3]?.[4]).toBeCloseTo(Math.sqrt(variance / 5), 5);
    expect(whole.parts.n).toBe(5);
  });

  it("puts positions of a shortformer beside LayerNorm", async () => {
    const shortformer = randomModel({ shortformer_pos: true, normalization: "LN" });
    using model = await HookedTransformer.create(shortformer);
    const at0 = { tokens: randomTokens(shortformer.config, 1, 4), layer: 0, head: 0, query: -1 };
    const { parts } = await scoreDecomposition(model, at0);
    using doubled = await HookedTransformer.create({
      ...shortformer,
      weights: new Map(
        [...shortformer.weights].map(([key, { shape, data }]) => [
          key,
          { shape, data: key === "pos_embed.W_pos" ? data.map((x) => 2 * x) : data },
        ]),
      ),
    });
    const twice = (await scoreDecomposition(doubled, at0)).parts.mean;
    const once = parts.mean;
    // Sources: embed, pos, bias. A scale that positions were under would not double.
    expect(twice[1]?.[1]?.[2]).toBeCloseTo(4 * (once[1]?.[1]?.[2] ?? 0), 4);
    expect(twice[1]?.[0]?.[2]).toBeCloseTo(2 * (once[1]?.[0]?.[2] ?? 0), 4);
    expect(twice[0]?.[0]?.[2]).toBeCloseTo(once[0]?.[0]?.[2] ?? 0, 5);
  });

  it("frees what it made", async () => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    await scoreDecomposition(model, { tokens, ...place });
    await scoreContrast(model, { tokens, ...place, key: [1, 2] });
    expect(liveTensors()).toBe(base);
  });

  it.each([
    ["unknown-head", { head: 2 }],
    ["unknown-head", { layer: 3 }],
    ["bad-spec", { query: 6 }],
    ["bad-spec", { query: 2, keys: [3] }],
    ["bad-spec", { keys: [-7] }],
    ["cancelled", { signal: AbortSignal.abort() }],
  ])("fails with %s for %j", async (code, wrong) => {
    using model = await HookedTransformer.create(source);
    const request = { tokens, ...place, ...wrong };
    await expect(scoreDecomposition(model, request)).rejects.toMatchObject({ code });
  });
});

describe("scoreContrast", () => {
  it("against other prompts is half of the difference, prompt by prompt", async () => {
    const source = randomModel({ n_layers: 2, n_heads: 3 });
    using model = await HookedTransformer.create(source);
    const [tokens, against] = [2, 3].map((seed) => randomTokens(source.config, 4, 6, seed));
    if (tokens === undefined || against === undefined) throw new Error("two batches");
    const place = { layer: 1, head: 2, query: -1, key: [1, 3] as const };
    const contrast = await scoreContrast(model, { ...place, tokens, against });
    const one = await scoreContrast(model, { ...place, tokens });
    const other = await scoreContrast(model, { ...place, tokens: against });
    expect(contrast.total.mean).toBeCloseTo((one.total.mean - other.total.mean) / 2, 5);
    for (const [q, row] of contrast.parts.entries()) {
      for (const [k, { mean }] of row.entries()) {
        const halves = [one, other].map(({ parts }) => (parts[q]?.[k]?.mean ?? 0) / 2);
        expect(mean).toBeCloseTo((halves[0] as number) - (halves[1] as number), 5);
      }
    }
    const itself = await scoreContrast(model, { ...place, tokens, against: tokens });
    expect(itself.total).toMatchObject({ mean: 0, se: 0 });
    const short = randomTokens(source.config, 3, 6);
    await expect(scoreContrast(model, { ...place, tokens, against: short })).rejects.toThrow(
      "against: prompts [3, 6] do not pair up with [4, 6]",
    );
  });

  it("is the difference of two decompositions, prompt by prompt", async () => {
    const source = randomModel({ n_layers: 2, n_heads: 3 });
    using model = await HookedTransformer.create(source);
    const tokens = randomTokens(source.config, 4, 6);
    const place = { tokens, layer: 1, head: 2, query: -1 };
    const contrast = await scoreContrast(model, { ...place, key: [1, -3] });
    const whole = await scoreDecomposition(model, { ...place, keys: [1, 3] });
    const mean = whole.parts.mean;
    expect(contrast.key).toEqual([1, 3]);
    expect(contrast.sources).toEqual(whole.sources);
    for (const [q, ofQuery] of mean.entries()) {
      for (const [k, [right = 0, wrong = 0]] of ofQuery.entries()) {
        expect(contrast.parts[q]?.[k]?.mean).toBeCloseTo(right - wrong, 4);
      }
    }
    const [right = 0, wrong = 0] = whole.scores.map((score) => score.mean);
    expect(contrast.total.mean).toBeCloseTo(right - wrong, 4);
    const sum = (estimates: readonly { mean: number }[]) =>
      estimates.reduce((total, part) => total + part.mean, 0);
    expect(sum(contrast.byQuery)).toBeCloseTo(contrast.total.mean, 8);
    expect(sum(contrast.byKey)).toBeCloseTo(contrast.total.mean, 8);
    expect(contrast.byQuery[1]?.mean).toBeCloseTo(sum(contrast.parts[1] ?? []), 8);
    // What every key has alike is no difference.
    expect(contrast.byKey.at(-1)?.mean).toBe(0);
    expect(contrast.total.n).toBe(4);
    expect(contrast.total.se).toBeGreaterThan(0);
  });
});
