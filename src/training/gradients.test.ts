import { describe, expect, it } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { goldenTraining, TRAINED_MODELS } from "../../test/training-fixtures.ts";
import { openDevice } from "../engine/device.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import { Stages } from "../engine/stages.ts";
import { tensor } from "../engine/tensor.ts";
import type { ModelConfig } from "../model/config.ts";
import { HookedTransformer, type ModelSource } from "../model/model.ts";
import type { TokenBatch } from "../model/tokens.ts";
import type { StateDict } from "../model/weights.ts";
import { MersenneTwister } from "../prompts/mersenne-twister.ts";
import { batchLayout } from "./batch.ts";
import { lossAndGradients } from "./gradients.ts";
import { HeadLayout } from "./head-layout.ts";
import { fromTraining, paddedVocab, toTraining } from "./weights.ts";

/** The loss and its gradients in plain memory, in TransformerLens' shapes. */
async function gradientsOf(
  { config, weights }: Pick<ModelSource, "config" | "weights">,
  tokens: TokenBatch,
): Promise<{ loss: number; gradients: Map<string, NdArray> }> {
  const device = await openDevice();
  const layout = new HeadLayout(
    batchLayout(tokens.batch, tokens.length, paddedVocab(config)),
    config,
  );
  const onDevice = scoped(
    () => new Map([...weights].map(([name, w]) => [name, tensor(toTraining(name, w, config))])),
  );
  const stages = new Stages(device);
  try {
    const model = { config, weights: onDevice, layout };
    const { loss, gradients } = await lossAndGradients(model, tokens, stages);
    const read = new Map<string, NdArray>();
    for (const [name, gradient] of gradients) {
      read.set(name, fromTraining(name, await gradient.read(), config));
    }
    return { loss, gradients: read };
  } finally {
    stages.close();
    layout.dispose();
    for (const weight of onDevice.values()) weight.free();
  }
}

/** The loss as the model itself has it. */
async function lossOfModel(source: ModelSource, tokens: TokenBatch): Promise<number> {
  using model = await HookedTransformer.create(source);
  const { lossPerToken } = await model.run(tokens, { lossPerToken: true });
  const { data } = lossPerToken as NdArray;
  return data.reduce((sum, loss) => sum + loss, 0) / data.length;
}

function withWeight(source: ModelSource, name: string, weight: NdArray): ModelSource {
  return { ...source, weights: new Map([...source.weights, [name, weight]]) };
}

/** Random weights small enough that the loss is smooth. */
function tamed(source: ModelSource): ModelSource {
  const weights: StateDict = new Map(
    [...source.weights].map(([name, { shape, data }]) => {
      return [name, { shape, data: name.endsWith(".w") ? data : data.map((x) => x / 2) }];
    }),
  );
  return { ...source, weights };
}

const norm = (data: Float32Array) => Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));

const STEP = 1e-2;
const DIRECTIONS = 3;

const CONFIGS: readonly (Partial<ModelConfig> & { readonly contexts: number; length: number })[] = [
  { n_layers: 1, normalization: "LN", shortformer_pos: false, contexts: 3, length: 6 },
  { n_layers: 2, normalization: "LN", shortformer_pos: true, contexts: 2, length: 7 },
  { n_layers: 3, normalization: "LN", shortformer_pos: false, contexts: 2, length: 5 },
  { n_layers: 2, normalization: null, shortformer_pos: false, contexts: 3, length: 4 },
  { n_layers: 3, normalization: null, shortformer_pos: true, contexts: 1, length: 6 },
  { n_layers: 1, normalization: "LNPre", shortformer_pos: true, contexts: 4, length: 2 },
  // Extents that divide by nothing, and more heads than d_model has room for.
  {
    n_layers: 2,
    n_heads: 3,
    d_model: 7,
    d_head: 3,
    d_vocab: 71,
    normalization: "LN",
    contexts: 3,
    length: 16,
  },
  // Long enough for several blocks of queries, the last of them narrower.
  { n_layers: 2, n_ctx: 200, normalization: "LN", contexts: 2, length: 200 },
];

describe.each(CONFIGS)(
  "$n_layers layers, $normalization, shortformer $shortformer_pos",
  ({ contexts, length, ...shape }) => {
    const source = tamed(randomModel(shape));
    const tokens = randomTokens(source.config, contexts, length);

    it("has the model's own loss", async () => {
      const { loss } = await gradientsOf(source, tokens);
      expect(loss).toBeCloseTo(await lossOfModel(source, tokens), 4);
    });

    it("has a gradient for each weight, as finite differences have it", async () => {
      const { gradients } = await gradientsOf(source, tokens);
      expect([...gradients.keys()].sort()).toEqual([...source.weights.keys()].sort());
      const generator = new MersenneTwister(7);
      for (const [name, { shape, data }] of source.weights) {
        const gradient = (gradients.get(name) as NdArray).data;
        for (let i = 0; i < DIRECTIONS; i++) {
          const random = data.map(() => generator.uint32() / 2 ** 31 - 1);
          const direction = random.map((x) => x / norm(random));
          const moved = (by: number) =>
            withWeight(source, name, {
              shape,
              data: data.map((x, at) => x + by * (direction[at] as number)),
            });
          const difference =
            ((await lossOfModel(moved(STEP), tokens)) - (await lossOfModel(moved(-STEP), tokens))) /
            (2 * STEP);
          const along = gradient.reduce((sum, g, at) => sum + g * (direction[at] as number), 0);
          const tolerance = 2e-3 * norm(gradient) + 1e-4;
          expect(Math.abs(along - difference), name).toBeLessThan(tolerance);
        }
      }
    });
  },
);

describe.each(TRAINED_MODELS)("%s", (name) => {
  it("has the gradients of PyTorch", async () => {
    const golden = await goldenTraining(name);
    const [tokens] = golden.batches;
    const source = { config: golden.config, weights: golden.initial };
    const { loss, gradients } = await gradientsOf(source, tokens as TokenBatch);
    expect(loss).toBeCloseTo(golden.losses[0] as number, 5);
    for (const [key, { data }] of golden.gradients) {
      const own = (gradients.get(key) as NdArray).data;
      const worst = Math.max(...own.map((x, i) => Math.abs(x - (data[i] as number))));
      const largest = Math.max(...data.map(Math.abs));
      expect(worst, key).toBeLessThan(1e-5 * largest + 1e-7);
    }
  });
});
