/**
 * @file The machinery of patching against brute force: one plain run for each layer, with a hook that
 * puts numbers in, written out with loops, and nothing left out that cannot matter.
 */

import { describe, expect, it } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { liveTensors, tensor, zeros } from "../engine/tensor.ts";
import { rowsPerChunk } from "../model/chunks.ts";
import type { ModelConfig } from "../model/config.ts";
import type { HookName } from "../model/hooks.ts";
import { HookedTransformer } from "../model/model.ts";
import { batchRows, type TokenBatch } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { COMPONENTS, type Component, componentHook, type Granularity } from "./components.ts";
import { exchangeEach } from "./exchange.ts";
import { activationsOf } from "./patch.ts";
import { readPosition } from "./question.ts";

const GRANULARITIES: ReadonlyMap<Component, readonly Granularity[]> = new Map(
  COMPONENTS.map((component) => [
    component,
    component === "attn_out" || component === "resid_pre"
      ? ["position"]
      : ["head", "head-position"],
  ]),
);

/** A place in `[batch, pos, head, d]`, `[batch, head, query, key]` or `[batch, pos, d]`. */
interface BruteForcePlace {
  readonly head?: number;
  readonly position?: number;
}

/** The places of a layer in the order of TransformerLens: positions outside, heads inside. */
function bruteForcePlaces(by: Granularity, heads: number, length: number): BruteForcePlace[] {
  const places: BruteForcePlace[] = [];
  if (by === "head") for (let head = 0; head < heads; head++) places.push({ head });
  for (let position = 0; by !== "head" && position < length; position++) {
    if (by === "position") places.push({ position });
    else for (let head = 0; head < heads; head++) places.push({ head, position });
  }
  return places;
}

/** A copy of `own` with the elements of a place taken from `other`. */
function exchanged(
  own: NdArray,
  other: NdArray,
  component: Component,
  { head, position }: BruteForcePlace,
): Float32Array {
  const data = own.data.slice();
  const [batch = 0, a = 0, b = 0, c = 1] = own.shape;
  let i = 0;
  for (let row = 0; row < batch; row++) {
    for (let x = 0; x < a; x++) {
      for (let y = 0; y < b; y++) {
        for (let z = 0; z < c; z++) {
          const [at, of] = component === "pattern" ? [y, x] : [x, y];
          if ((position ?? at) === at && (head ?? of) === of) data[i] = other.data[i] as number;
          i++;
        }
      }
    }
  }
  return data;
}

interface Given {
  readonly into: TokenBatch;
  readonly from: TokenBatch;
  readonly answers: readonly AnswerPair[];
  readonly read: number;
}

/** Logit differences, [layer][place][row], by one hooked run of the whole model a layer. */
async function bruteForce(
  model: HookedTransformer,
  { into, from, answers, read }: Given,
  component: Component,
  by: Granularity,
): Promise<number[][][]> {
  const { n_layers, n_heads } = model.config;
  const places = bruteForcePlaces(by, n_heads, into.length);
  const scores: number[][][] = [];
  for (let layer = 0; layer < n_layers; layer++) {
    const name: HookName = componentHook(component, layer);
    const own = (await model.run(into, { names: [name] })).activations.get(name);
    const other = (await model.run(from, { names: [name] })).activations.get(name);
    const replacement: NdArray = {
      shape: [places.length * into.batch, ...own.shape.slice(1)],
      data: Float32Array.from(places.flatMap((p) => [...exchanged(own, other, component, p)])),
    };
    const { answerLogits } = await model.run(
      {
        batch: places.length * into.batch,
        length: into.length,
        ids: Int32Array.from(places.flatMap(() => [...into.ids])),
      },
      {
        hooks: [[name, () => tensor(replacement)]],
        answers: places.flatMap(() => answers),
        positions: [read],
      },
    );
    const data = answerLogits?.data ?? new Float32Array();
    scores.push(
      places.map((_, p) =>
        answers.map((_, row) => {
          const at = 2 * (p * into.batch + row);
          return (data[at] as number) - (data[at + 1] as number);
        }),
      ),
    );
  }
  return scores;
}

/** Prompts that differ from position 2 on, so that earlier places change nothing. */
function differingPrompts(
  config: ModelConfig,
  batch: number,
  length: number,
): [TokenBatch, TokenBatch] {
  const a = randomTokens(config, batch, length, 3);
  const ids = randomTokens(config, batch, length, 4).ids;
  for (let row = 0; row < batch; row++) {
    for (const position of [0, 1])
      ids[row * length + position] = a.ids[row * length + position] ?? 0;
    // Random tokens may be the same by chance; here they must not.
    ids[row * length + 2] = ((a.ids[row * length + 2] ?? 0) + 1) % config.d_vocab;
  }
  return [a, { ...a, ids }];
}

const KINDS: readonly Partial<ModelConfig>[] = [
  { normalization: "LN", shortformer_pos: false, n_layers: 3 },
  { normalization: null, shortformer_pos: true },
  { normalization: "LN", shortformer_pos: true, n_layers: 1, n_heads: 3 },
];

describe.each(KINDS)("exchanging each place of %j", (kind) => {
  const source = randomModel(kind);
  const [clean, corrupted] = differingPrompts(source.config, 3, 6);
  const answers: AnswerPair[] = [[1, 2], [3, 4], [9, 0]]; // biome-ignore format: pairs

  describe.each(COMPONENTS)("of %s", (component) => {
    it.each(GRANULARITIES.get(component) ?? [])("by %s is as by brute force", async (by) => {
      using model = await HookedTransformer.create(source);
      for (const [into, from, read] of [
        [corrupted, clean, 4],
        [clean, corrupted, 5],
      ] as const) {
        const expected = await bruteForce(model, { into, from, answers, read }, component, by);
        const given = await exchangeEach(model, {
          question: { tokens: into, answers, read },
          component,
          by,
          source: activationsOf(model, from),
          firstDifference: 2,
        });
        const flat = expected.flat();
        expect(given.exchanged).toHaveLength(flat.length);
        expect(given.placeShape.reduce((a, b) => a * b)).toBe(flat.length);
        for (const [place, scores] of given.exchanged.entries()) {
          for (const [row, score] of scores.entries()) {
            const off = Math.abs(score - (flat[place]?.[row] ?? Number.NaN));
            expect(off, `place ${place}, row ${row}, read at ${read}`).toBeLessThan(1e-4);
          }
        }
      }
    });
  });
});

describe("exchangeEach", () => {
  const source = randomModel();
  const tokens = randomTokens(source.config, 3, 6);
  const answers: AnswerPair[] = [[1, 2], [3, 4], [9, 0]]; // biome-ignore format: pairs
  const question = { tokens, answers };

  it("changes nothing by putting a run into itself", async () => {
    using model = await HookedTransformer.create(source);
    for (const [component, granularities] of GRANULARITIES) {
      for (const by of granularities) {
        const { base, exchanged } = await exchangeEach(model, {
          question,
          component,
          by,
          source: activationsOf(model, tokens),
        });
        for (const scores of exchanged) {
          for (const [row, score] of scores.entries()) {
            const off = Math.abs(score - (base[row] ?? Number.NaN));
            expect(off, `${component} by ${by}`).toBeLessThan(1e-5);
          }
        }
      }
    }
  });

  it("gives bit for bit the run's own score to places that cannot reach the answer", async () => {
    using model = await HookedTransformer.create(source);
    const [clean, corrupted] = differingPrompts(source.config, 3, 6);
    for (const [component, granularities] of GRANULARITIES) {
      for (const by of granularities.filter((by) => by !== "head")) {
        const { base, exchanged, placeShape } = await exchangeEach(model, {
          question: { tokens: corrupted, answers, read: -2 },
          component,
          by,
          source: activationsOf(model, clean),
          firstDifference: 2,
        });
        const [, positions = 0, heads = 1] = placeShape;
        expect(positions).toBe(6);
        const readable = component === "k" || component === "v" || component === "resid_pre";
        for (const [place, scores] of exchanged.entries()) {
          const position = Math.floor(place / heads) % positions;
          const last = place >= exchanged.length / 2;
          const reaches = position >= 2 && position <= 4 && (!last || readable || position === 4);
          if (reaches) expect(scores, `${component} ${place}`).not.toEqual(base);
          else expect(scores, `${component} ${place}`).toEqual(base);
        }
      }
    }
  });

  it("takes numbers from a source that are the same for all rows", async () => {
    using model = await HookedTransformer.create(source);
    const { exchanged } = await exchangeEach(model, {
      question,
      component: "z",
      by: "head",
      source: ({ hooks }) => ({
        activations: new Map(hooks.map((hook) => [hook, zeros([1, 6, 2, 4])])),
      }),
    });
    const { answerLogits } = await model.run(tokens, {
      answers,
      hooks: [["blocks.0.attn.hook_z", (z) => z.withSlice(2, [1, 2], zeros([1, 1, 1, 1]))]],
    });
    const data = answerLogits?.data ?? new Float32Array();
    for (const [row, score] of (exchanged[1] ?? []).entries()) {
      expect(score).toBeCloseTo((data[2 * row] as number) - (data[2 * row + 1] as number), 4);
    }
  });

  it("splits rows into chunks without a trace", async () => {
    const wide = randomModel({ n_heads: 8 });
    using model = await HookedTransformer.create(wide);
    const [clean, corrupted] = differingPrompts(wide.config, 130, 16);
    const pairs = Array.from({ length: 130 }, (_, row): AnswerPair => [row % 11, (row + 1) % 11]);
    const ask = (rows: readonly [number, number], onProgress?: (done: number) => void) =>
      exchangeEach(model, {
        question: { tokens: batchRows(corrupted, ...rows), answers: pairs.slice(...rows) },
        component: "z",
        by: "head",
        source: activationsOf(model, batchRows(clean, ...rows)),
        ...(onProgress && { onProgress }),
      });
    const progress: number[] = [];
    const whole = await ask([0, 130], (done) => progress.push(done));
    expect(progress.length / 2, "chunks of rows").toBeGreaterThan(1);
    for (const rows of [
      [0, 1],
      [60, 70],
      [129, 130],
    ] as const) {
      // biome-ignore format: ranges
      const part = await ask(rows);
      const places = [whole.base, ...whole.exchanged];
      for (const [place, scores] of [part.base, ...part.exchanged].entries()) {
        for (const [row, score] of scores.entries()) {
          const off = Math.abs(score - (places[place]?.[rows[0] + row] ?? Number.NaN));
          expect(off, `row ${rows[0] + row}, place ${place}`).toBeLessThan(1e-5);
        }
      }
    }
  });

  it("splits the places of one row into chunks without a trace", async () => {
    // So many heads and positions that not all places of a row fit at a time.
    const wide = randomModel({ n_heads: 32, n_ctx: 64 });
    using model = await HookedTransformer.create(wide);
    expect(rowsPerChunk(wide.config, 64), "runs at a time").toBeLessThan(64);
    const [into, from] = differingPrompts(wide.config, 1, 64);
    const given = { into, from, answers: answers.slice(0, 1), read: 63 };
    const expected = await bruteForce(model, given, "attn_out", "position");
    const { exchanged } = await exchangeEach(model, {
      question: { tokens: into, answers: given.answers },
      component: "attn_out",
      by: "position",
      source: activationsOf(model, from),
    });
    for (const [place, scores] of exchanged.entries()) {
      for (const [row, score] of scores.entries()) {
        const off = Math.abs(score - (expected.flat()[place]?.[row] ?? Number.NaN));
        expect(off, `place ${place}, row ${row}`).toBeLessThan(1e-4);
      }
    }
  });

  it("tells how far it is, up to the end", async () => {
    using model = await HookedTransformer.create(source);
    const progress: [number, number][] = [];
    await exchangeEach(model, {
      question,
      component: "z",
      by: "head",
      source: activationsOf(model, tokens),
      onProgress: (done, total) => progress.push([done, total]),
    });
    const total = progress.at(-1)?.[1] ?? 0;
    expect(progress.at(-1)).toEqual([total, total]);
    for (const [i, [done]] of progress.entries()) {
      expect(done).toBeGreaterThan(progress[i - 1]?.[0] ?? 0);
    }
  });

  it("frees what it made, also when it fails or is cancelled", async () => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    const exchange = { question, component: "z", by: "head" } as const;
    await exchangeEach(model, { ...exchange, source: activationsOf(model, tokens) });
    expect(liveTensors()).toBe(base);

    const failing = exchangeEach(model, {
      ...exchange,
      source: () => {
        throw new Error("no source");
      },
    });
    await expect(failing).rejects.toThrow("no source");
    expect(liveTensors()).toBe(base);

    const misshapen = exchangeEach(model, {
      ...exchange,
      source: ({ hooks }) => ({
        activations: new Map(hooks.map((hook) => [hook, zeros([4, 6, 2, 4])])),
      }),
    });
    await expect(misshapen).rejects.toThrow();
    expect(liveTensors()).toBe(base);

    const controller = new AbortController();
    const cancelled = exchangeEach(model, {
      ...exchange,
      source: activationsOf(model, tokens),
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
    expect(liveTensors()).toBe(base);
  });

  it.each([
    ["z", "position", 'by: "z" can be exchanged by head or head-position, not by "position"'],
    ["resid_pre", "head", 'by: "resid_pre" can be exchanged by position, not by "head"'],
    ["mlp_out", "position", 'component: "mlp_out" is not one of z, q, k, v, pattern'],
  ])("has no %s by %s", async (component, by, message) => {
    using model = await HookedTransformer.create(source);
    const exchange = {
      question,
      component: component as Component,
      by: by as Granularity,
      source: activationsOf(model, tokens),
    };
    await expect(exchangeEach(model, exchange)).rejects.toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining(message),
    });
  });
});

describe("readPosition", () => {
  const tokens = randomTokens(randomModel().config, 1, 6);

  it.each([
    [undefined, 5],
    [-1, 5],
    [-6, 0],
    [3, 3],
  ])("of %s is %i", (read, expected) => {
    expect(readPosition({ tokens, answers: [], ...(read !== undefined && { read }) })).toBe(
      expected,
    );
  });

  it.each([6, -7, 1.5, Number.NaN])("refuses %s", (read) => {
    expect(() => readPosition({ tokens, answers: [], read })).toThrow(
      expect.objectContaining({ code: "bad-spec" }),
    );
  });
});
