import { describe, expect, it } from "vitest";
import { GOLDEN_MODELS, loadGoldenModel } from "../../test/golden/fixtures.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { readModel } from "../node/read-model.ts";
import { repeatedPrompts } from "../prompts/repeated.ts";
import type { ModelConfig } from "./config.ts";
import { HookedTransformer, type ModelSource } from "./model.ts";
import { circuitWeights, type Processing, processWeights } from "./processing.ts";
import { checkWeights } from "./weights.ts";

/** Log-probabilities of every token at every position, in float64, by rows of the vocabulary. */
function logProbabilities({ shape, data }: NdArray): Float64Array[] {
  const vocab = shape[2] ?? 0;
  return Array.from({ length: data.length / vocab }, (_, row) => {
    const logits = Float64Array.from(data.subarray(row * vocab, (row + 1) * vocab));
    const max = Math.max(...logits);
    const normaliser = max + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - max), 0));
    return logits.map((x) => x - normaliser);
  });
}

async function logitsOf(model: HookedTransformer): Promise<NdArray> {
  const tokens = randomTokens(model.config, 3, 12);
  const { logits } = await model.run(tokens, { positions: "all" });
  if (logits === undefined) throw new Error("no logits");
  return logits;
}

/** The most that processing changes any log-probability, over the largest logit where that is beyond 1. */
async function change(source: ModelSource): Promise<number> {
  using raw = await HookedTransformer.create(source, { processing: "none" });
  using processed = await HookedTransformer.create(source, { processing: "default" });
  const before = await logitsOf(raw);
  const expected = logProbabilities(before);
  const changes = logProbabilities(await logitsOf(processed)).flatMap((given, row) => [
    ...given.map((x, token) => Math.abs(x - (expected[row]?.[token] ?? Number.NaN))),
  ]);
  const largest = before.data.reduce((max, x) => Math.max(max, Math.abs(x)), 1);
  return Math.max(...changes) / largest;
}

describe("the predictions of a processed model", () => {
  it.each(GOLDEN_MODELS)(
    "are those of the raw one: logits differ by a constant over the vocabulary (%s)",
    async (name) => {
      expect(await change(await loadGoldenModel(name))).toBeLessThan(1e-5);
    },
  );

  it.each<Partial<ModelConfig>>([
    { normalization: "LN", shortformer_pos: true },
    { normalization: "LNPre", shortformer_pos: true, n_layers: 3 },
    { normalization: null, shortformer_pos: true },
    { normalization: "LNPre" },
  ])("are those of the raw one (%j)", async (shape) => {
    expect(await change(randomModel(shape))).toBeLessThan(1e-5);
  });

  it("are those of the raw one, of a trained shortformer under the post's protocol", async () => {
    const source = await readModel("shortformer-2l");
    const spec = { d_vocab: source.config.d_vocab, bos: 0, length: 3, batch: 8, seed: 1 };
    const { tokens, answers, read } = repeatedPrompts(spec);
    const differences = async (processing: Processing) => {
      using model = await HookedTransformer.create(source, { processing });
      const { answerLogits } = await model.run(tokens, { answers, positions: [read] });
      const data = answerLogits?.data ?? [];
      return answers.map((_, row) => Number(data[2 * row]) - Number(data[2 * row + 1]));
    };
    const [raw, processed] = [await differences("none"), await differences("default")];
    for (const [row, expected] of raw.entries()) expect(processed[row]).toBeCloseTo(expected, 4);
  });
});

describe.each(GOLDEN_MODELS)("processing %s", (name) => {
  it("centres what writes to and what is read from the residual stream", async () => {
    const { weights, config } = await loadGoldenModel(name);
    const processed = processWeights(weights, config, "default");
    const isBesideNorm = config.shortformer_pos && config.normalization !== null;
    /** The largest mean over one axis of a weight. */
    const largestMean = (key: string, axis: number) => {
      const { shape, data } = processed.weights.get(key) as NdArray;
      const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      const n = shape[axis] ?? 1;
      const sums = new Map<number, number>();
      for (const [i, x] of data.entries()) {
        const line = Math.floor(i / (n * inner)) * inner + (i % inner);
        sums.set(line, (sums.get(line) ?? 0) + x / n);
      }
      return Math.max(...[...sums.values()].map(Math.abs));
    };
    const vocabulary = [["unembed.W_U", 1], ["unembed.b_U", 0]] as const; // biome-ignore format: pairs
    const writers: [string, number][] = [["embed.W_E", 1]];
    if (!isBesideNorm) writers.push(["pos_embed.W_pos", 1]);
    const readers: [string, number][] = [["unembed.W_U", 0]];
    for (let layer = 0; layer < config.n_layers; layer++) {
      const attn = `blocks.${layer}.attn`;
      writers.push([`${attn}.W_O`, 2], [`${attn}.b_O`, 0]);
      if (isBesideNorm) continue; // queries and keys read positions too, whose mean is not zero
      for (const letter of ["Q", "K", "V"]) readers.push([`${attn}.W_${letter}`, 1]);
    }
    const stream = config.normalization === null ? [] : [...writers, ...readers];
    for (const [key, axis] of [...vocabulary, ...stream]) {
      expect(largestMean(key, axis), `means of ${key} over axis ${axis}`).toBeLessThan(1e-6);
    }
    expect(checkWeights(processed.weights, processed.config)).toEqual(processed.weights);
  });
});

describe("circuitWeights", () => {
  it("are processed weights, where no positions stand beside LayerNorm", () => {
    const { weights, config } = randomModel();
    expect(circuitWeights(weights, config)).toEqual(processWeights(weights, config, "default"));
  });

  it("have LayerNorm in what reads the stream of a shortformer too", () => {
    const { weights, config } = randomModel({ shortformer_pos: true });
    const standard = { ...config, shortformer_pos: false };
    const folded = circuitWeights(weights, config);
    const expected = circuitWeights(weights, standard);
    for (const letter of ["Q", "K", "V", "O"]) {
      const key = `blocks.1.attn.W_${letter}`;
      expect(folded.weights.get(key), key).toEqual(expected.weights.get(key));
    }
    expect(folded.config).toEqual({ ...config, normalization: "LNPre" });
  });
});

describe("processWeights", () => {
  const { weights, config } = randomModel();

  it("gives the same weights back for none", () => {
    expect(processWeights(weights, config, "none")).toEqual({ weights, config });
  });

  it("folds LayerNorm and value biases away and leaves what it was given as it is", () => {
    const before = new Map([...weights].map(([key, { data }]) => [key, data.slice()]));
    const processed = processWeights(weights, config, "default");
    for (const [key, { data }] of weights) expect(data, key).toEqual(before.get(key));
    expect(processed.config).toEqual({ ...config, normalization: "LNPre" });
    expect([...processed.weights.keys()].filter((key) => key.includes("ln"))).toEqual([]);
    for (const layer of [0, 1]) {
      const b_V = processed.weights.get(`blocks.${layer}.attn.b_V`)?.data;
      expect(b_V?.every((x) => x === 0)).toBe(true);
    }
  });

  it("leaves a model without LayerNorm without it", () => {
    const { weights, config } = randomModel({ normalization: null });
    const processed = processWeights(weights, config, "default");
    expect(processed.config.normalization).toBeNull();
    expect(processed.weights.get("embed.W_E")).toBe(weights.get("embed.W_E"));
  });

  it("leaves beside shortformer positions what scales queries and keys, and nothing that is added", () => {
    const source = randomModel({ shortformer_pos: true });
    const processed = processWeights(source.weights, source.config, "default");
    const dataOf = (key: string) => processed.weights.get(key)?.data;
    expect(processed.config).toEqual(source.config);
    for (const key of ["pos_embed.W_pos", "blocks.0.ln1.w"]) {
      expect(dataOf(key), key).toBe(source.weights.get(key)?.data);
    }
    expect(dataOf("blocks.0.attn.W_Q")).toEqual(source.weights.get("blocks.0.attn.W_Q")?.data);
    for (const key of ["blocks.1.ln1.b", "ln_final.b", "blocks.1.attn.b_V"]) {
      expect(
        dataOf(key)?.every((x) => x === 0),
        key,
      ).toBe(true);
    }
    expect(dataOf("ln_final.w")?.every((x) => x === 1)).toBe(true);
  });

  it("names what there is to choose from", () => {
    expect(() => processWeights(weights, config, "folded" as Processing)).toThrow(
      expect.objectContaining({
        code: "bad-spec",
        message: 'processing: "folded" is not one of none, default',
      }),
    );
  });

  it.each([false, true])(
    "can be done again without changing more than rounding (shortformer %s)",
    (shortformer_pos) => {
      const { weights, config } = randomModel({ shortformer_pos });
      const once = processWeights(weights, config, "default");
      const twice = processWeights(once.weights, once.config, "default");
      expect(twice.config).toEqual(once.config);
      for (const [key, { data }] of once.weights) {
        const again = twice.weights.get(key)?.data ?? new Float32Array();
        const off = data.map((x, i) => Math.abs(x - (again[i] ?? Number.NaN)));
        expect(Math.max(...off), key).toBeLessThan(1e-6);
      }
    },
  );

  it.each(["none", "default"] as const)("is stated by the model (%s)", async (processing) => {
    using model = await HookedTransformer.create(randomModel(), { processing });
    expect(model.processing satisfies Processing).toBe(processing);
  });
});
