import { describe, expect, it } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { liveTensors } from "../engine/tensor.ts";
import { logSumExp } from "../measures/answers.ts";
import type { ModelConfig } from "./config.ts";
import { hookNames } from "./hooks.ts";
import { HookedTransformer } from "./model.ts";
import { run } from "./run.ts";
import type { RunOptions } from "./run-options.ts";
import { tokenRow } from "./tokens.ts";

/** Every kind of model: with LayerNorm or without, standard or shortformer positions. */
const KINDS: readonly Partial<ModelConfig>[] = [
  { normalization: "LN", shortformer_pos: false },
  { normalization: "LN", shortformer_pos: true, n_layers: 3 },
  { normalization: null, shortformer_pos: false, n_layers: 1 },
  { normalization: null, shortformer_pos: true },
];

/** The largest difference of two arrays of one shape. */
function distance(a: NdArray | undefined, b: NdArray | undefined): number {
  expect(a?.shape).toEqual(b?.shape);
  return Math.max(
    ...(a?.data ?? []).map((x, i) => {
      const y = b?.data[i] as number;
      return x === y ? 0 : Math.abs(x - y);
    }),
  );
}

/** Numbers of `[batch, pos, n]` at some positions. */
function atPositions({ shape, data }: NdArray, positions: readonly number[]): NdArray {
  const [batch = 0, length = 0, n = 0] = shape;
  const rows = Array.from({ length: batch }, (_, b) =>
    positions.flatMap((p) => [...data.subarray((b * length + p) * n, (b * length + p + 1) * n)]),
  );
  return { shape: [batch, positions.length, n], data: Float32Array.from(rows.flat()) };
}

async function everywhere(model: HookedTransformer, tokens: Parameters<typeof run>[1]) {
  const { logits, activations } = await model.run(tokens, {
    names: ["*"],
    logits: true,
    positions: "all",
  });
  if (logits === undefined) throw new Error("no logits");
  return { logits, activations };
}

const CLOSE = 2e-5;

describe.each(KINDS)("a run of %j", (kind) => {
  const source = randomModel(kind);
  const tokens = randomTokens(source.config, 5, 6);

  it("reads out any positions as a run that reads out all of them", async () => {
    using model = await HookedTransformer.create(source);
    const { logits } = await everywhere(model, tokens);
    expect(logits.shape).toEqual([5, 6, 11]);
    for (const [positions, expected] of [
      [undefined, [5]],
      ["last", [5]],
      [[0], [0]],
      [
        [-1, 2],
        [5, 2],
      ],
      [
        [3, 3],
        [3, 3],
      ],
      [
        [5, 4, 3, 2, 1, 0],
        [5, 4, 3, 2, 1, 0],
      ],
      ["all", [0, 1, 2, 3, 4, 5]],
    ] as const) {
      const given = await model.run(tokens, { logits: true, ...(positions && { positions }) });
      const difference = distance(given.logits, atPositions(logits, expected));
      expect(difference, `positions ${positions}`).toBeLessThan(CLOSE);
    }
  });

  it("gives of each activation what a run that keeps all of them gives", async () => {
    using model = await HookedTransformer.create(source);
    const { activations } = await everywhere(model, tokens);
    expect(activations.names).toEqual(hookNames(model.config));
    for (const [name, expected] of activations) {
      const alone = await model.run(tokens, { names: [name] });
      expect(alone.activations.names).toEqual([name]);
      expect(alone.logits).toBeUndefined();
      expect(distance(alone.activations.get(name), expected), name).toBeLessThan(CLOSE);
    }
  });

  it("gives activations at the positions alone where it is told to", async () => {
    using model = await HookedTransformer.create(source);
    const { activations } = await everywhere(model, tokens);
    for (const positions of [[1, 4], [5], [5, 4, 3, 2, 1, 0]]) {
      const given = await model.run(tokens, { names: ["*"], namesAt: "positions", positions });
      for (const [name, whole] of activations) {
        const queries = name.endsWith("_scores") || name.endsWith("_pattern");
        const [batch = 0, ...rest] = whole.shape;
        // Every axis before and after that of positions taken together.
        const axis = queries ? 2 : 1;
        const outer = batch * (queries ? (rest[0] ?? 0) : 1);
        const inner = whole.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
        const flat = { shape: [outer, 6, inner], data: whole.data };
        const expected = {
          shape: whole.shape.with(axis, positions.length),
          data: atPositions(flat, positions).data,
        };
        const actual = given.activations.get(name);
        expect(distance(actual, expected), `${name} at ${positions}`).toBeLessThan(CLOSE);
      }
    }
  });

  it("gives answers' logits and log-probabilities as the whole vocabulary has them", async () => {
    using model = await HookedTransformer.create(source);
    const { logits } = await everywhere(model, tokens);
    const answers = [[1, 2, 1], [3, 4, 10], [5, 6, 0], [7, 8, 9], [0, 10, 5]]; // biome-ignore format: rows
    const asked: RunOptions[] = [
      { answers },
      { answers, positions: [0, 3] },
      { answers, answerLogProbs: true },
      { answers, answerLogProbs: true, logits: true, positions: "all" },
      { answers, answerLogProbs: true, names: ["unembed.hook_out"], positions: [2] },
      { answers, answerLogProbs: true, lossPerToken: true },
    ];
    for (const options of asked) {
      const given = await model.run(tokens, options);
      const positions = options.positions === "all" ? [0, 1, 2, 3, 4, 5] : options.positions;
      const list = (positions ?? [5]) as number[];
      const expected = { shape: [5, list.length, 3], data: new Float32Array(15 * list.length) };
      const logProbs = { ...expected, data: new Float32Array(15 * list.length) };
      let i = 0;
      for (const [row, ids] of answers.entries()) {
        for (const position of list) {
          const start = (row * 6 + position) * 11;
          const vocabulary = logits.data.subarray(start, start + 11);
          for (const id of ids) {
            expected.data[i] = vocabulary[id] as number;
            logProbs.data[i++] = (vocabulary[id] as number) - logSumExp(vocabulary);
          }
        }
      }
      expect(distance(given.answerLogits, expected)).toBeLessThan(CLOSE);
      if (options.answerLogProbs) {
        expect(distance(given.answerLogProbs, logProbs)).toBeLessThan(CLOSE);
      } else {
        expect(given.answerLogProbs).toBeUndefined();
      }
    }
  });

  it("gives the loss of each next token, and logits where they were asked", async () => {
    using model = await HookedTransformer.create(source);
    const { logits } = await everywhere(model, tokens);
    const given = await model.run(tokens, { lossPerToken: true, logits: true });
    expect(distance(given.logits, atPositions(logits, [5]))).toBeLessThan(CLOSE);
    const expected = { shape: [5, 5], data: new Float32Array(25) };
    for (let row = 0; row < 5; row++) {
      for (let position = 0; position < 5; position++) {
        const vocabulary = logits.data.subarray((row * 6 + position) * 11).subarray(0, 11);
        const next = tokenRow(tokens, row)[position + 1] as number;
        expected.data[row * 5 + position] = logSumExp(vocabulary) - (vocabulary[next] as number);
      }
    }
    expect(distance(given.lossPerToken, expected)).toBeLessThan(CLOSE);
  });

  it("stops before a layer and goes on from there to the same end", async () => {
    using model = await HookedTransformer.create(source);
    const { logits, activations } = await everywhere(model, tokens);
    for (let layer = 0; layer < model.config.n_layers; layer++) {
      const { residual } = await model.run(tokens, { stopAt: layer });
      expect(distance(residual, activations.get(`blocks.${layer}.hook_resid_pre`))).toBe(0);
      if (residual === undefined) throw new Error("no residual");
      const startAt = { layer, residual };
      const resumed = await model.run(tokens, { startAt, positions: "all", logits: true });
      expect(distance(resumed.logits, logits), `from layer ${layer}`).toBeLessThan(CLOSE);
      const again = await model.run(tokens, { startAt, stopAt: layer });
      expect(again.residual).toEqual(residual);
    }
  });

  it("gives the same numbers in chunks of any size", async () => {
    using model = await HookedTransformer.create(source);
    const options: RunOptions = {
      names: ["*"],
      logits: true,
      positions: [1, 5],
      answers: Array.from({ length: 5 }, (_, row) => [row, row + 1]),
      answerLogProbs: true,
      lossPerToken: true,
    };
    const whole = await model.run(tokens, options);
    for (const chunkRows of [1, 2, 3, 5, 100]) {
      const done: number[] = [];
      const chunked = await model.run(tokens, {
        ...options,
        chunkRows,
        onProgress: (rows, total) => done.push(rows / total),
      });
      for (const [name, activation] of chunked.activations) {
        const difference = distance(activation, whole.activations.get(name));
        expect(difference, `${name} by ${chunkRows}`).toBeLessThan(CLOSE);
      }
      for (const output of ["logits", "answerLogits", "answerLogProbs", "lossPerToken"] as const) {
        const difference = distance(chunked[output], whole[output]);
        expect(difference, `${output} by ${chunkRows}`).toBeLessThan(CLOSE);
      }
      expect(done).toHaveLength(Math.ceil(5 / chunkRows));
      expect(done.at(-1)).toBe(1);
    }
  });

  it("leaves out token or positional embeddings as a model that has none", async () => {
    for (const [mode, key] of [
      ["position-only", "embed.W_E"],
      ["token-only", "pos_embed.W_pos"],
    ] as const) {
      using model = await HookedTransformer.create(source);
      const weights = new Map(source.weights);
      const { shape, data } = source.weights.get(key) ?? { shape: [], data: new Float32Array() };
      weights.set(key, { shape, data: new Float32Array(data.length) });
      using without = await HookedTransformer.create({ ...source, weights });
      const options: RunOptions = { names: ["*"], logits: true, positions: "all" };
      const given = await model.run(tokens, { ...options, mode });
      const expected = await without.run(tokens, options);
      expect(distance(given.logits, expected.logits)).toBeLessThan(CLOSE);
      for (const [name, activation] of given.activations) {
        const difference = distance(activation, expected.activations.get(name));
        expect(difference, `${name}, ${mode}`).toBeLessThan(CLOSE);
      }
      const total = await model.run(tokens, options);
      expect(distance(given.logits, total.logits), mode).toBeGreaterThan(0.1);
    }
  });

  it("sees no token after a position", async () => {
    using model = await HookedTransformer.create(source);
    const { logits } = await everywhere(model, tokens);
    const ids = tokens.ids.slice();
    for (let row = 0; row < 5; row++) ids[row * 6 + 4] = ((ids[row * 6 + 4] ?? 0) + 1) % 11;
    const changed = await everywhere(model, { ...tokens, ids });
    expect(atPositions(changed.logits, [0, 1, 2, 3])).toEqual(atPositions(logits, [0, 1, 2, 3]));
    const after = distance(atPositions(changed.logits, [5]), atPositions(logits, [5]));
    // One layer without LayerNorm or with values alone may see little of it, but it sees it.
    expect(after).toBeGreaterThan(1e-4);
  });
});

describe("run", () => {
  it("frees everything but the weights, whatever was asked, also when it fails or is cancelled", async () => {
    using model = await HookedTransformer.create(randomModel());
    const tokens = randomTokens(model.config, 4, 6);
    const base = liveTensors();
    const answers = [[1], [2], [3], [4]];
    await model.run(tokens);
    await model.run(tokens, { names: ["*"], logits: true, lossPerToken: true, answers });
    await model.run(tokens, { answers, answerLogProbs: true, chunkRows: 1 });
    await model.run(tokens, { stopAt: 1 });
    expect(liveTensors()).toBe(base);

    const failing = model.run(tokens, {
      names: ["*"],
      hooks: [
        [
          "blocks.1.attn.hook_z",
          () => {
            throw new Error("from the hook");
          },
        ],
      ],
    });
    await expect(failing).rejects.toThrow("from the hook");
    expect(liveTensors()).toBe(base);

    const controller = new AbortController();
    const cancelled = model.run(tokens, {
      names: ["*"],
      chunkRows: 1,
      signal: controller.signal,
      onProgress: (done) => {
        if (done === 2) controller.abort();
      },
    });
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
    expect(liveTensors()).toBe(base);
  });

  it("lets a timer cancel it in the middle, as Ctrl-C does", async () => {
    using model = await HookedTransformer.create(randomModel());
    const base = liveTensors();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const tokens = randomTokens(model.config, 1000, 6);
    const { signal } = controller;
    await expect(model.run(tokens, { chunkRows: 1, signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(liveTensors()).toBe(base);
  });

  it("does not begin when it is cancelled before", async () => {
    using model = await HookedTransformer.create(randomModel());
    const signal = AbortSignal.abort();
    await expect(model.run(randomTokens(model.config, 1, 3), { signal })).rejects.toMatchObject({
      code: "cancelled",
    });
  });

  it("says what was wrong with the tokens", async () => {
    using model = await HookedTransformer.create(randomModel());
    await expect(model.run(randomTokens(model.config, 1, 17))).rejects.toMatchObject({
      code: "sequence-too-long",
    });
    await expect(
      model.run({ batch: 1, length: 2, ids: Int32Array.of(0, 11) }),
    ).rejects.toMatchObject({ code: "token-out-of-range" });
  });

  it("says when a residual stream to start from does not fit the prompts", async () => {
    using model = await HookedTransformer.create(randomModel());
    const residual = { shape: [2, 3, 7], data: new Float32Array(42) };
    const tokens = randomTokens(model.config, 2, 3);
    await expect(model.run(tokens, { startAt: { layer: 1, residual } })).rejects.toMatchObject({
      code: "bad-shape",
      message: "startAt.residual has shape [2, 3, 7]; these prompts need [2, 3, 8]",
    });
    const fewer = { shape: [2, 3, 8], data: new Float32Array(47) };
    await expect(
      model.run(tokens, { startAt: { layer: 1, residual: fewer } }),
    ).rejects.toMatchObject({
      code: "bad-shape",
      message: "shape [2, 3, 8] needs 48 numbers, got 47",
    });
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses chunks of %s rows", async (chunkRows) => {
    using model = await HookedTransformer.create(randomModel());
    const tokens = randomTokens(model.config, 2, 3);
    await expect(model.run(tokens, { chunkRows })).rejects.toMatchObject({ code: "bad-spec" });
  });

  it("says when an activation was not asked for", async () => {
    using model = await HookedTransformer.create(randomModel());
    const { activations } = await model.run(randomTokens(model.config, 1, 3), {
      names: ["blocks.0.attn.hook_z"],
    });
    expect(() => activations.get("blocks.1.attn.hook_z")).toThrow(
      expect.objectContaining({
        code: "unknown-hook",
        message: expect.stringContaining('did you mean "blocks.0.attn.hook_z"?'),
      }),
    );
  });

  it("reads prompts of one token", async () => {
    using model = await HookedTransformer.create(randomModel());
    const { logits } = await run(model, randomTokens(model.config, 2, 1));
    expect(logits?.shape).toEqual([2, 1, 11]);
  });
});
