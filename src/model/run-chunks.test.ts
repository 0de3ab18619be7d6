/** @file A batch in chunks: they cover it in order, hold what a whole run gives, and leave nothing behind. */

import { describe, expect, it } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { liveTensors } from "../engine/tensor.ts";
import { HookedTransformer } from "./model.ts";
import type { RunOptions } from "./run-options.ts";
import { arraysOf } from "./run-result.ts";

const source = randomModel({ n_layers: 2, n_ctx: 64 });
/** Long enough that a chunk holds only some of them. */
const tokens = randomTokens(source.config, 130, 60);
const answers = Array.from({ length: 130 }, (_, row) => [row % 11, (row + 3) % 11]);

const ASKED: readonly (readonly [string, RunOptions])[] = [
  ["activations", { names: ["blocks.1.attn.hook_pattern"] }],
  ["answers", { answers, positions: [3, -1] }],
  [
    "answers from the whole vocabulary",
    { answers, answerLogProbs: true, positions: [3, -1], names: ["blocks.0.attn.hook_z"] },
  ],
];

describe("runChunks", () => {
  it.each(ASKED)("gives %s as a run of single rows does", async (_, options) => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    let row = 0;
    let chunks = 0;
    for await (const chunk of model.runChunks(tokens, options)) {
      expect(chunk.rows[0]).toBe(row);
      const [start, end] = chunk.rows;
      for (const one of [start, end - 1]) {
        const { length, ids } = tokens;
        const prompt = { batch: 1, length, ids: ids.subarray(one * length, (one + 1) * length) };
        const alone = await model.run(prompt, {
          ...options,
          ...(options.answers && { answers: [options.answers[one] as number[]] }),
        });
        const expected = new Map(arraysOf(alone));
        for (const [name, { shape, data }] of arraysOf(chunk)) {
          expect(shape[0]).toBe(end - start);
          const size = data.length / (end - start);
          const own = data.subarray((one - start) * size, (one - start + 1) * size);
          for (const [i, x] of own.entries()) {
            expect(Math.abs(x - (expected.get(name)?.data[i] ?? Number.NaN))).toBeLessThan(1e-5);
          }
        }
      }
      row = end;
      chunks++;
    }
    expect(row).toBe(130);
    expect(chunks).toBeGreaterThan(1);
    expect(liveTensors()).toBe(base);
  });

  it.each(ASKED)("of %s may be left in the middle", async (_, options) => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    for await (const { rows } of model.runChunks(tokens, options)) {
      expect(rows[0]).toBe(0);
      break;
    }
    // What was under way is freed when it is done.
    await model.run(tokens, options);
    expect(liveTensors()).toBe(base);
  });
});
