/**
 * @file Answers' logits as a sum over everything that wrote to the stream, heads by the position that
 * they read: where direct logit attribution stops at heads, this goes on to the tokens that they moved
 * (Elhage et al., 2021, "path expansion" of OV).
 */

import { gatherRows } from "../engine/gather.ts";
import { at, type NdArray } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import { concatenate, stack, type Tensor, tensor } from "../engine/tensor.ts";
import { RunningMean } from "../measures/batch-mean.ts";
import { type Estimate, estimate } from "../measures/statistics.ts";
import { type ForwardModel, unembeddingDirections } from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import { type RunChunk, runChunks } from "../model/run-chunks.ts";
import { checkAnswers } from "../model/run-options.ts";
import {
  checkTokens,
  positionFromStart,
  type TokenBatch,
  truncateTokens,
} from "../model/tokens.ts";
import { checkAnswerPairs } from "../prompts/answer-pairs.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { logitSources, type MeanParts, meanParts, throughNorm } from "./stream-sources.ts";

/** Whose logits are taken apart. */
export interface LogitDecompositionRequest {
  readonly tokens: TokenBatch;
  /** For each row the tokens, equally many, whose logits are taken apart. */
  readonly answers: readonly (readonly number[])[];
  /** Position whose logits are taken apart; default the last. Negative counts from the end. */
  readonly position?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (rowsDone: number, rowsTotal: number) => void;
}

/** The same of the difference between two logits. */
export interface LogitDifferenceRequest extends LogitDecompositionRequest {
  /** `[right, wrong]` for each row. */
  readonly answers: readonly AnswerPair[];
}

/** One logit, or one difference of logits, taken apart, as plain JSON. */
export interface LogitParts {
  /** What the parts sum to: the logit of the run. */
  readonly total: Estimate;
  /** One part for each source. */
  readonly parts: readonly Estimate[];
  /** What each head moved from each position up to the one that is read, [L][H][P]. */
  readonly byKey: MeanParts;
}

/** Logits taken apart. */
export interface LogitDecomposition {
  /** Position whose logits these are, from the start. */
  readonly position: number;
  /**
   * `embed`, `pos` (unless shortformer), each head (`L1H6`), each layer's output bias (`L1 b_O`),
   * `ln_final b` where the model has one, and `b_U`.
   */
  readonly sources: readonly string[];
  /** One for each answer of a row, in their order. */
  readonly answers: readonly LogitParts[];
}

/** The difference right - wrong taken apart. */
export interface LogitDifferenceDecomposition extends LogitParts {
  readonly position: number;
  /** As in {@link LogitDecomposition}; what both logits have alike cancels in each prompt. */
  readonly sources: readonly string[];
}

/**
 * The logits of each row's answers as sums of parts, exactly: the final LayerNorm's scale is that of
 * the run, its centring, weights and bias are applied. A head's part is that of `directLogitAttribution`.
 *
 * A head's value bias b_V is part of its values, so of what it reads at each position: a row of
 * attention sums to one. Processed weights have it in `b_O` instead. `logitLens` reads the same sum
 * layer by layer, with a scale of its own for each.
 *
 * @throws LookbackError naming the token, answer or position that is wrong.
 */
export async function logitDecomposition(
  model: ForwardModel,
  request: LogitDecompositionRequest,
): Promise<LogitDecomposition> {
  const width = request.answers[0]?.length ?? 0;
  const gathered = await gather(model, request, width, (rows) => rows);
  return {
    position: gathered.position,
    sources: logitSources(model.config),
    answers: gathered.columns.map((column) => column.result),
  };
}

/**
 * The logit difference right - wrong of each row as a sum of parts; as {@link logitDecomposition}.
 *
 * @throws LookbackError naming the token, answer or position that is wrong.
 */
export async function logitDifferenceDecomposition(
  model: ForwardModel,
  request: LogitDifferenceRequest,
): Promise<LogitDifferenceDecomposition> {
  checkAnswerPairs(request.answers, request.tokens, model.config);
  const { position, columns } = await gather(model, request, 1, rightMinusWrong);
  const [column = new Column()] = columns;
  return { position, sources: logitSources(model.config), ...column.result };
}

/** Of `[B, 2, …]`, `[B, 1, …]`. */
function rightMinusWrong(pair: Tensor): Tensor {
  return pair.slice(null, [0, 1]).sub(pair.slice(null, [1, 2]));
}

/** Runs the prompts and takes apart what `combine` makes of the answers, [B, k, …] -> [B, width, …]. */
async function gather(
  model: ForwardModel,
  { tokens, answers, position: asked = -1, signal, onProgress }: LogitDecompositionRequest,
  width: number,
  combine: (answers: Tensor) => Tensor,
): Promise<{ position: number; columns: readonly Column[] }> {
  const { config } = model;
  checkTokens(tokens, config);
  checkAnswers(answers, tokens, config);
  const position = positionFromStart("position", asked, tokens.length);
  const names: HookName[] = ["hook_embed", "hook_pos_embed"];
  for (let layer = 0; layer < config.n_layers; layer++) {
    names.push(`blocks.${layer}.attn.hook_v`, `blocks.${layer}.attn.hook_pattern`);
  }
  if (config.normalization !== null) names.push("ln_final.hook_scale");
  const columns = Array.from({ length: width }, () => new Column());
  for await (const chunk of runChunks(model, truncateTokens(tokens, position + 1), {
    names,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  })) {
    const computed = scoped(() => {
      const k = answers[0]?.length ?? 0;
      const ids = Int32Array.from(answers.slice(...chunk.rows).flat());
      const rows = ids.length / k;
      const directions = combine(unembeddingDirections(model, ids, [rows, k])); // [B, W, M]
      const b_U = combine(gatherRows(model.weights.U.bias, ids, [rows, k, 1])); // [B, W, 1]
      return partsOf(model, chunk, position, directions, b_U);
    });
    try {
      const [parts, byKey] = await Promise.all([computed.parts.read(), computed.byKey.read()]);
      for (const [c, column] of columns.entries()) {
        for (let row = 0; row < (parts.shape[0] ?? 0); row++) {
          column.add(at(parts, row, c), at(byKey, row, c));
        }
      }
    } finally {
      computed.parts.free();
      computed.byKey.free();
    }
  }
  return { position, columns };
}

/** One logit's parts as the prompts come in. */
class Column {
  readonly #total: number[] = [];
  readonly #parts: number[][] = [];
  readonly #byKey = new RunningMean();

  /** Takes the parts of one prompt, [S] and [L, H, P]. */
  add(parts: NdArray, byKey: NdArray): void {
    let total = 0;
    for (const [s, part] of parts.data.entries()) {
      const values = this.#parts[s] ?? [];
      this.#parts[s] = values;
      values.push(part);
      total += part;
    }
    this.#total.push(total);
    this.#byKey.add({ shape: [1, ...byKey.shape], data: byKey.data });
  }

  get result(): LogitParts {
    return {
      total: estimate(this.#total),
      parts: this.#parts.map((values) => estimate(values)),
      byKey: meanParts(this.#byKey.result),
    };
  }
}

/**
 * What each source adds to what W directions read, `[B, W, M]` of the stream after the final LayerNorm:
 * by source [B, W, S], and of heads by the position that they read [B, W, L, H, P].
 */
function partsOf(
  model: ForwardModel,
  { activations }: RunChunk,
  position: number,
  directions: Tensor,
  b_U: Tensor,
): { parts: Tensor; byKey: Tensor } {
  const { config, weights } = model;
  const { n_heads, d_head, d_model } = config;
  const [batch = 0, width = 0] = directions.shape;
  const ofStream = throughNorm(directions, weights.ln_final, config); // [B, W, M]
  const atPosition = (name: HookName) => tensor(activations.get(name)).slice(null, position);
  const scale = config.normalization === null ? undefined : atPosition("ln_final.hook_scale");
  const scaled = (part: Tensor) => (scale === undefined ? part : part.div(scale.expand(1)));
  const embedding = (name: HookName) => ofStream.matmul(atPosition(name).expand(2)); // [B, W, 1]

  const byLayer = weights.layers.map(({ O }, layer) => {
    const perValue = ofStream
      .reshape(batch * width, d_model)
      .matmul(O.matrix) // [B * W, H * D]
      .reshape(batch, width, n_heads, d_head)
      .permute(0, 2, 1, 3); // [B, H, W, D]
    const v = tensor(activations.get(`blocks.${layer}.attn.hook_v`)); // [B, P, H, D]
    const pattern = tensor(activations.get(`blocks.${layer}.attn.hook_pattern`));
    const byKey = perValue
      .matmul(v.permute(0, 2, 3, 1)) // [B, H, W, P]
      .mul(pattern.slice(null, null, [position, position + 1]))
      .permute(0, 2, 1, 3); // [B, W, H, P]
    const ofBias = ofStream.matmul(O.bias.reshape(d_model, 1)); // [B, W, 1]
    return { byKey: scaled(byKey.reshape(batch, width, n_heads * (position + 1))), ofBias };
  });
  const ofHeads = byLayer.map(({ byKey }) => byKey.reshape(batch, width, n_heads, position + 1));
  const { ln_final } = weights;
  const parts = [
    scaled(embedding("hook_embed")),
    ...(config.shortformer_pos ? [] : [scaled(embedding("hook_pos_embed"))]),
    ...byLayer.flatMap(({ ofBias }, layer) => [(ofHeads[layer] as Tensor).sum(3), scaled(ofBias)]),
    ...(ln_final === undefined ? [] : [directions.matmul(ln_final.b.reshape(d_model, 1))]),
    b_U,
  ];
  return { parts: concatenate(parts, 2), byKey: stack(ofHeads, 2) };
}
