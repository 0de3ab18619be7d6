import { expect, test } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { directLogitAttribution } from "../circuits/logit-attribution.ts";
import { liveTensors } from "../engine/tensor.ts";
import { HookedTransformer } from "../model/model.ts";
import { copyingDirections } from "./copying-directions.ts";

test.each([
  ["without LayerNorm", { normalization: null }, "none"],
  ["with LayerNorm", { shortformer_pos: true }, "default"],
] as const)(
  "a head's output along them is what it adds to each logit over the mean, %s",
  async (_, shape, processing) => {
    const source = randomModel(shape);
    using model = await HookedTransformer.create(source, { processing });
    const { config } = model;
    const tokens = randomTokens(config, 3, 6);
    const before = liveTensors();
    const directions = await copyingDirections(model, tokens);
    expect(liveTensors()).toBe(before);

    const vocabulary = Array.from({ length: config.d_vocab }, (_, id) => id);
    const attribution = await directLogitAttribution(model, {
      tokens,
      answers: Array.from({ length: tokens.batch }, () => vocabulary),
    });
    const normalized = config.normalization !== null;
    const { activations } = await model.run(tokens, {
      names: ["blocks.*.attn.hook_z", ...(normalized ? ["ln_final.hook_scale"] : [])],
      logits: true,
    });
    const last = tokens.length - 1;
    for (let layer = 0; layer < config.n_layers; layer++) {
      const z = activations.get(`blocks.${layer}.attn.hook_z`).data;
      const along = directions[layer]?.data ?? [];
      for (let row = 0; row < tokens.batch; row++) {
        const scale = normalized
          ? (activations.get("ln_final.hook_scale").data[row * tokens.length + last] as number)
          : 1;
        for (let head = 0; head < config.n_heads; head++) {
          const from = ((layer * config.n_heads + head) * tokens.batch + row) * config.d_vocab;
          const parts = attribution.data.subarray(from, from + config.d_vocab);
          const mean = parts.reduce((sum, part) => sum + part, 0) / config.d_vocab;
          for (let position = 0; position < tokens.length; position++) {
            const place = (at: number) =>
              ((row * tokens.length + at) * config.n_heads + head) * config.d_head;
            let product = 0;
            for (let i = 0; i < config.d_head; i++) {
              product += Number(z[place(last) + i]) * Number(along[place(position) + i]);
            }
            const token = tokens.ids[row * tokens.length + position] as number;
            expect(product).toBeCloseTo(((parts[token] as number) - mean) * scale, 4);
          }
        }
      }
    }
  },
);
