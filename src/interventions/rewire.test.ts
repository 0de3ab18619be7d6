/** Rewired runs against a transformer in plain loops, in which every receiver sums up its own stream. */

import { describe, expect, it } from "vitest";
import { type PlainRun, plainRun } from "../../test/plain-transformer.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { liveTensors } from "../engine/tensor.ts";
import type { ModelConfig } from "../model/config.ts";
import { headLabel, parseHead } from "../model/heads.ts";
import { HookedTransformer, type ModelSource } from "../model/model.ts";
import { type TokenBatch, tokenRow } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import type { AblationKind } from "./ablation-kinds.ts";
import {
  allReceivers,
  allSenders,
  type Edge,
  isEdge,
  parseReceivers,
  parseSenders,
  receiverLabel,
  senderLabel,
} from "./edges.ts";
import { activationsOf } from "./patch.ts";
import { ablationSource } from "./replacement.ts";
import { rewiredScores } from "./rewire.ts";
import { type Rewiring, replacedHooks } from "./rewiring.ts";

const SHAPES: readonly (readonly [name: string, shape: Partial<ModelConfig>])[] = [
  ["two layers, LayerNorm", {}],
  ["three layers, LayerNorm", { n_layers: 3 }],
  [
    "three layers, shortformer, no LayerNorm",
    { n_layers: 3, normalization: null, shortformer_pos: true },
  ],
  ["shortformer with LayerNorm", { shortformer_pos: true }],
];

const ROWS = 3;
const LENGTH = 5;
const answers: AnswerPair[] = [[1, 2], [3, 4], [9, 0]]; // biome-ignore format: pairs

function edge(from: string, to: string, config: ModelConfig): Edge {
  const [sender] = parseSenders(from, config);
  const [receiver] = parseReceivers(to, config);
  if (sender === undefined || receiver === undefined) throw new Error(`${from} ${to}`);
  return { from: sender, to: receiver };
}

function rowsOf(tokens: TokenBatch): number[][] {
  return Array.from({ length: tokens.batch }, (_, row) => tokenRow(tokens, row));
}

function setup(shape: Partial<ModelConfig>) {
  const source = randomModel({ n_heads: 3, ...shape });
  const into = randomTokens(source.config, ROWS, LENGTH, 2);
  const from = randomTokens(source.config, ROWS, LENGTH, 3);
  return { source, into, from };
}

/** The logit differences of rewired runs in plain loops. */
function expected(
  source: ModelSource,
  into: readonly (readonly number[])[],
  others: readonly PlainRun[],
  { heads = [], edges = [], positions }: Rewiring,
): number[] {
  const cut = new Set(edges.map(({ from, to }) => `${senderLabel(from)} ${receiverLabel(to)}`));
  const whole = new Set(heads.map(headLabel));
  return into.map((tokens, row) => {
    const other = (sender: string, p: number) => others[row]?.written.get(sender)?.[p];
    const { logits } = plainRun(
      source,
      tokens,
      (sender, receiver, p) =>
        cut.has(`${sender} ${receiver}`) && (positions?.includes(p) ?? true)
          ? other(sender, p)
          : undefined,
      (sender, p) => (whole.has(sender) ? other(sender, p) : undefined),
    );
    const [right, wrong] = answers[row] as AnswerPair;
    return (logits[right] as number) - (logits[wrong] as number);
  });
}

async function rewire(source: ModelSource, rewirings: readonly Rewiring[]) {
  using model = await HookedTransformer.create(source);
  const { into, from } = setup(source.config);
  const question = { tokens: into, answers };
  return await rewiredScores(model, { question, source: activationsOf(model, from), rewirings });
}

describe.each(SHAPES)("rewired runs, %s", (_, shape) => {
  const { source, into, from } = setup(shape);
  const { config } = source;
  const runs = rowsOf(from).map((tokens) => plainRun(source, tokens));
  const edges = allSenders(config).flatMap((sender) =>
    allReceivers(config)
      .map((to) => ({ from: sender, to }))
      .filter((candidate) => isEdge(candidate, config)),
  );
  const expectClose = (given: Float32Array | undefined, wanted: readonly number[]) => {
    for (const [row, value] of wanted.entries()) {
      const apart = Math.abs((given?.[row] ?? Number.NaN) - value);
      expect(apart, `row ${row}: ${given?.[row]}, not ${value}`).toBeLessThan(
        1e-4 + 1e-4 * Math.abs(value),
      );
    }
  };
  const compare = async (rewirings: readonly Rewiring[]) => {
    const before = liveTensors();
    const { rewired } = await rewire(source, rewirings);
    expect(liveTensors()).toBe(before);
    for (const [i, rewiring] of rewirings.entries()) {
      expectClose(rewired[i], expected(source, rowsOf(into), runs, rewiring));
    }
  };

  it("gives every edge, alone", () => compare(edges.map((one) => ({ edges: [one] }))));

  it("gives every edge at some positions", () =>
    compare(edges.map((one) => ({ edges: [one], positions: [1, LENGTH - 1] }))));

  it("gives heads, alone and together, across layers", async () => {
    const last = config.n_layers - 1;
    const sets = [["L0H0"], [`L${last}H1`], ["L0H0", "L0H2"], ["L0H1", `L${last}H0`, `L${last}H2`]];
    await compare(sets.map((set) => ({ heads: set.map((label) => parseHead(label, { config })) })));
  });

  it("gives heads and edges together", () => {
    const last = config.n_layers - 1;
    const many = edges.filter((_, i) => i % 3 === 1);
    const some = [`L${last}H1.q`, `L${last}H2.k`, "logits"].map((to) => edge("L0H1", to, config));
    return compare([
      { edges: many },
      { edges: some },
      { edges: some, heads: [{ layer: last, head: 0 }] },
      {
        edges: many,
        heads: [
          { layer: 0, head: 1 },
          { layer: last, head: 1 },
        ],
      },
    ]);
  });

  it("is the run itself where nothing is rewired, or by itself", async () => {
    using model = await HookedTransformer.create(source);
    const question = { tokens: into, answers };
    const {
      base,
      source: other,
      rewired,
    } = await rewiredScores(model, {
      question,
      source: activationsOf(model, into),
      rewirings: [{}, ...edges.map((one) => ({ edges: [one] }))],
    });
    expectClose(other, [...base]);
    expectClose(base, expected(source, rowsOf(into), [], {}));
    for (const scores of rewired) expectClose(scores, [...base]);
  });

  it("is the other run where every edge is rewired, and a patched head where all of its edges are", async () => {
    const out = edges.filter(({ from }) => senderLabel(from) === "L0H1");
    const all = { edges };
    const { source: other, rewired } = await rewire(source, [
      all,
      { edges: out },
      { heads: [{ layer: 0, head: 1 }] },
    ]);
    expectClose(rewired[0], [...(other ?? [])]);
    expectClose(rewired[1], [...(rewired[2] ?? [])]);
  });

  it.each<AblationKind>(["zero", "mean", "resample"])("replaces by %s", async (kind) => {
    using model = await HookedTransformer.create(source);
    const question = { tokens: into, answers };
    const rewirings: Rewiring[] = edges.map((one) => ({ edges: [one] }));
    const hooks = replacedHooks(rewirings, config);
    const replacement = await ablationSource(model, question, { kind, hooks });
    const { rewired } = await rewiredScores(model, {
      question,
      source: replacement,
      zeroesBiases: kind === "zero",
      rewirings,
    });
    const own = rowsOf(into).map((tokens) => plainRun(source, tokens));
    const written = (row: number): PlainRun => ({
      logits: new Float64Array(),
      written: new Map(
        [...(own[row]?.written.keys() ?? [])].map((sender) => {
          const of = (r: number) => own[r]?.written.get(sender) ?? [];
          if (kind === "zero") return [sender, of(0).map((x) => x.map(() => 0))];
          if (kind === "resample") return [sender, of((row + 1) % ROWS)];
          const mean = of(0).map((x, p) =>
            x.map((_, d) => {
              let sum = 0;
              for (let r = 0; r < ROWS; r++) sum += of(r)[p]?.[d] as number;
              return sum / ROWS;
            }),
          );
          return [sender, mean];
        }),
      ),
    });
    const others = Array.from({ length: ROWS }, (_, row) => written(row));
    for (const [i, rewiring] of rewirings.entries()) {
      expectClose(rewired[i], expected(source, rowsOf(into), others, rewiring));
    }
  });
});

describe("rewiredScores", () => {
  it("names a path that does not exist", async () => {
    const { source } = setup({});
    const backwards = edge("L1H0", "L1H1.q", source.config);
    await expect(rewire(source, [{ edges: [backwards] }])).rejects.toThrow(
      "no path from L1H0 to L1H1.q",
    );
    const far: Rewiring = { edges: [edge("L0H0", "logits", source.config)], positions: [LENGTH] };
    await expect(rewire(source, [far])).rejects.toThrow(`positions: ${LENGTH} is not one of 0 to`);
  });
});
