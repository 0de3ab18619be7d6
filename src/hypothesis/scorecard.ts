/**
 * @file The scorecard of every head: where it looks, what it writes, whether order matters to it, and the
 * roles that follow. On three kinds of prompts, each run once: random tokens, random tokens repeated, and
 * random tokens whose last few are put in another order or replaced.
 */

import type { NdArray } from "../engine/ndarray.ts";
import { at } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import { throwIfCancelled } from "../errors.ts";
import { RunningMean } from "../measures/batch-mean.ts";
import { HeadCopying } from "../measures/head-copying.ts";
import { orderPrompts, orderSensitivity } from "../measures/head-order.ts";
import { headScores } from "../measures/head-scores.ts";
import { bosAttention, lagAttention } from "../measures/lag-attention.ts";
import { type LagProfile, lagProfile } from "../measures/lag-profile.ts";
import { prefixMatching } from "../measures/prefix-matching.ts";
import { type Estimate, estimate } from "../measures/statistics.ts";
import { allHeads, type HeadIndex, headLabel } from "../model/heads.ts";
import type { HookedTransformer } from "../model/model.ts";
import { batchRows, type TokenBatch, truncateTokens } from "../model/tokens.ts";
import { TokenDraw } from "../prompts/draw.ts";
import { patternPrompts } from "../prompts/pattern-prompts.ts";
import { promptsOf } from "../prompts/prompt.ts";
import { copyingDirections } from "./copying-directions.ts";
import { type HeadCard, ORDER_WIDTH, ROLE_LAGS } from "./head-card.ts";
import { ROLE_RULES, type RoleRule, rolesOfHead } from "./head-labels.ts";
import { type ScorecardSizes, type ScorecardSpec, scorecardSizes } from "./scorecard-spec.ts";

export type { HeadCard } from "./head-card.ts";

/** What a scorecard is made of. */
export interface ScorecardContext {
  readonly model: HookedTransformer;
  /** The token at position 0 of every prompt. */
  readonly bos: number;
  readonly signal?: AbortSignal;
  /** Called with the share that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** The scorecard, as plain JSON. */
export interface ScorecardResult {
  readonly spec: ScorecardSpec;
  /** The prompts as they fitted into the model's context. */
  readonly prompts: ScorecardSizes;
  readonly rules: readonly RoleRule[];
  /** Layer by layer. */
  readonly heads: readonly HeadCard[];
}

const PATTERNS = "blocks.*.attn.hook_pattern";

/** Tokens of a prompt that copying is measured on, BOS not counted, as in the paper. */
const COPYING_TOKENS = 25;

/** Estimates by measure and head, from values `[head][prompt]` that come in part by part. */
class PromptValues<Measure extends string> {
  readonly #values = new Map<string, number[]>();

  add(measure: Measure, layer: number, perHead: readonly Float64Array[]): void {
    for (const [head, values] of perHead.entries()) {
      const key = `${measure} ${headLabel({ layer, head })}`;
      const known = this.#values.get(key) ?? [];
      this.#values.set(key, known);
      for (const value of values) known.push(value);
    }
  }

  of(measure: Measure, head: HeadIndex): Estimate {
    return estimate(this.#values.get(`${measure} ${headLabel(head)}`) ?? []);
  }
}

/** The first `length` queries and keys of patterns: those of the prompts cut there, which look no further. */
function firstTokens({ shape, data }: NdArray, length: number): NdArray {
  const [batch = 0, heads = 0, all = 0] = shape;
  const cut = new Float32Array(batch * heads * length * length);
  for (let square = 0; square < batch * heads; square++) {
    for (let query = 0; query < length; query++) {
      const from = (square * all + query) * all;
      cut.set(data.subarray(from, from + length), (square * length + query) * length);
    }
  }
  return { shape: [batch, heads, length, length], data: cut };
}

/** The first `length` positions of `[batch, pos, …]`. */
function firstPositions({ shape, data }: NdArray, length: number): NdArray {
  const [batch = 0, all = 0, ...rest] = shape;
  const size = data.length / (batch * all);
  const cut = new Float32Array(batch * length * size);
  for (let row = 0; row < batch; row++) {
    const from = row * all * size;
    cut.set(data.subarray(from, from + length * size), row * length * size);
  }
  return { shape: [batch, length, ...rest], data: cut };
}

/** A part of the work: told its own share, it tells that of the whole. */
interface Part {
  readonly signal?: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** What random tokens show: attention by lag, on BOS, and copying. */
async function onRandomTokens(model: HookedTransformer, tokens: TokenBatch, part: Part) {
  const { n_layers, n_heads } = model.config;
  const layers = Array.from({ length: n_layers }, (_, layer) => layer);
  const values = new PromptValues<keyof typeof ROLE_LAGS | "bos">();
  const meanPatterns = layers.map(() => new RunningMean());
  const copying = layers.map(() => new HeadCopying(n_heads));
  const short = Math.min(tokens.length, COPYING_TOKENS + 1);
  const names = [PATTERNS, "blocks.*.attn.hook_v"];
  for await (const chunk of model.runChunks(tokens, { names, ...part })) {
    const shortTokens = truncateTokens(batchRows(tokens, ...chunk.rows), short);
    const directions = await copyingDirections(model, shortTokens);
    for (const layer of layers) {
      const pattern = chunk.activations.get(`blocks.${layer}.attn.hook_pattern`);
      meanPatterns[layer]?.add(pattern);
      for (const measure of ["previousToken", "lookBack", "broadLookBack"] as const) {
        values.add(measure, layer, lagAttention(pattern, ROLE_LAGS[measure]));
      }
      values.add("bos", layer, bosAttention(pattern));
      copying[layer]?.add({
        pattern: firstTokens(pattern, short),
        values: firstPositions(chunk.activations.get(`blocks.${layer}.attn.hook_v`), short),
        directions: directions[layer] as NdArray,
        tokens: shortTokens,
      });
    }
  }
  return {
    values,
    lags: ({ layer, head }: HeadIndex): LagProfile =>
      lagProfile(at((meanPatterns[layer] as RunningMean).result.mean, head)),
    copying: ({ layer, head }: HeadIndex) => (copying[layer] as HeadCopying).of(head),
  };
}

/** Where heads look by position alone. No token is seen, so one prompt is as good as many. */
async function onPositions(model: HookedTransformer, tokens: TokenBatch, part: Part) {
  const { activations } = await model.run(batchRows(tokens, 0, 1), {
    names: [PATTERNS],
    mode: "position-only",
    ...part,
  });
  return ({ layer, head }: HeadIndex): LagProfile =>
    lagProfile(at(activations.get(`blocks.${layer}.attn.hook_pattern`), 0, head));
}

/** What repeated tokens show: duplicate-token, induction and prefix-matching scores. */
async function onRepeatedTokens(
  model: HookedTransformer,
  tokens: TokenBatch,
  copy: number,
  part: Part,
) {
  const values = new PromptValues<"duplicateToken" | "induction" | "prefixMatching">();
  const twice = 1 + 2 * copy;
  for await (const chunk of model.runChunks(tokens, { names: [PATTERNS], ...part })) {
    const rows = batchRows(tokens, ...chunk.rows);
    const twoCopies = truncateTokens(rows, twice);
    for (let layer = 0; layer < model.config.n_layers; layer++) {
      const pattern = chunk.activations.get(`blocks.${layer}.attn.hook_pattern`);
      const ofTwo = firstTokens(pattern, twice);
      values.add("duplicateToken", layer, headScores(ofTwo, twoCopies, "duplicate-token"));
      values.add("induction", layer, headScores(ofTwo, twoCopies, "induction"));
      values.add("prefixMatching", layer, prefixMatching(pattern, rows, 1 + copy));
    }
  }
  return values;
}

/** `W_O W_Oᵀ` between all inputs of each layer's W_O, `[H * D, H * D]`. */
async function outputGrams({ weights }: HookedTransformer): Promise<NdArray[]> {
  const grams = scoped(() =>
    weights.layers.map(({ O }) => O.matrix.permute(1, 0).contiguous().matmul(O.matrix)),
  );
  try {
    return await Promise.all(grams.map((gram) => gram.read()));
  } finally {
    for (const gram of grams) gram.free();
  }
}

/** Whether it matters to heads in which order the tokens before the last came. */
async function onReorderedTokens(
  model: HookedTransformer,
  tokens: TokenBatch,
  others: Int32Array,
  part: Part,
) {
  const { original, reordered, replaced } = orderPrompts(tokens, others, ORDER_WIDTH);
  const { batch, length } = tokens;
  const ids = new Int32Array(3 * batch * length);
  for (const [i, prompts] of [original, reordered, replaced].entries()) {
    ids.set(prompts.ids, i * batch * length);
  }
  const { activations } = await model.run(
    { batch: 3 * batch, length, ids },
    { names: ["blocks.*.attn.hook_z"], namesAt: "positions", positions: [-1], ...part },
  );
  const grams = await outputGrams(model);
  const { n_heads, d_head } = model.config;
  return ({ layer, head }: HeadIndex): Estimate | null => {
    const z = activations.get(`blocks.${layer}.attn.hook_z`); // [3 * B, 1, H, D]
    const outputs = (variant: number): NdArray => {
      const data = new Float32Array(batch * d_head);
      for (let row = 0; row < batch; row++) {
        const from = ((variant * batch + row) * n_heads + head) * d_head;
        data.set(z.data.subarray(from, from + d_head), row * d_head);
      }
      return { shape: [batch, d_head], data };
    };
    const gram = new Float32Array(d_head * d_head);
    for (let i = 0; i < d_head; i++) {
      const from = (head * d_head + i) * n_heads * d_head + head * d_head;
      gram.set((grams[layer] as NdArray).data.subarray(from, from + d_head), i * d_head);
    }
    return orderSensitivity(
      { original: outputs(0), reordered: outputs(1), replaced: outputs(2) },
      { shape: [d_head, d_head], data: gram },
    );
  };
}

/** Random tokens behind BOS, and the tokens that replace the few before the last. */
function drawRandom(spec: ScorecardSpec, length: number, model: HookedTransformer, bos: number) {
  const { batch, seed } = spec;
  const draw = new TokenDraw({ batch, seed, d_vocab: model.config.d_vocab, bos });
  const labels = (n: number) => Array.from({ length: n }, () => "R");
  const { tokens } = promptsOf([...draw.bos(), ...draw.columns(labels(length))]);
  const others = promptsOf(draw.columns(labels(ORDER_WIDTH))).tokens.ids;
  return { tokens, others };
}

/** How much of the whole each part is, about, in the order in which they run. */
const SHARES = { random: 0.43, positions: 0.02, repeated: 0.32, reordered: 0.23 };

/**
 * Measures every head of a model.
 *
 * @throws LookbackError `unsupported` where the model's context is shorter than 16 tokens; `bad-spec` for
 *   a BOS that is no token of it; `cancelled`.
 */
export async function scorecard(
  { model, bos, signal, onProgress }: ScorecardContext,
  spec: ScorecardSpec,
): Promise<ScorecardResult> {
  const { config } = model;
  const sizes = scorecardSizes(spec, config.n_ctx);
  let before = 0;
  const part = (share: number): Part => {
    throwIfCancelled(signal);
    const start = before;
    before += share;
    return {
      ...(signal && { signal }),
      onProgress: (done, total) => onProgress?.(start + (share * done) / total),
    };
  };
  const { tokens, others } = drawRandom(spec, sizes.tokens, model, bos);
  const random = await onRandomTokens(model, tokens, part(SHARES.random));
  const positionOnly = await onPositions(model, tokens, part(SHARES.positions));
  const { tokens: copy, copies, batch } = sizes.repeated;
  const repeated = await onRepeatedTokens(
    model,
    patternPrompts({
      pattern: ["BOS", ...Array.from({ length: copies }, () => `X*${copy}`)].join(" "),
      batch,
      seed: spec.seed,
      d_vocab: config.d_vocab,
      bos,
    }).tokens,
    copy,
    part(SHARES.repeated),
  );
  const reordered = await onReorderedTokens(model, tokens, others, part(SHARES.reordered));

  const heads = allHeads(config).map((index): HeadCard => {
    const measures = {
      label: headLabel(index),
      ...index,
      previousToken: random.values.of("previousToken", index),
      lookBack: random.values.of("lookBack", index),
      broadLookBack: random.values.of("broadLookBack", index),
      bos: random.values.of("bos", index),
      lags: { total: random.lags(index), positionOnly: positionOnly(index) },
      duplicateToken: repeated.of("duplicateToken", index),
      induction: repeated.of("induction", index),
      prefixMatching: repeated.of("prefixMatching", index),
      ...random.copying(index),
      orderSensitivity: reordered(index),
    };
    return { ...measures, roles: rolesOfHead(measures) };
  });
  return { spec, prompts: sizes, rules: ROLE_RULES, heads };
}
