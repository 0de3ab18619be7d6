/**
 * @file Gradients of the logit difference along a straight path from a layer's corrupted z to its clean
 * z: what attribution patching and integrated gradients have in common. They differ in where along the
 * path they look.
 *
 * B rows (prompts), P positions up to the one that is read, S of them where the layer's z can reach the
 * answer: all, or in the last layer the one that is read.
 */

import { valueAndGradient } from "../engine/gradient.ts";
import { oneAhead } from "../engine/one-ahead.ts";
import { scoped } from "../engine/scope.ts";
import type { Tensor } from "../engine/tensor.ts";
import { throwIfCancelled } from "../errors.ts";
import { equalChunks, rowsPerChunk } from "../model/chunks.ts";
import type { LayerWeights } from "../model/device-weights.ts";
import {
  type ForwardModel,
  finalNorm,
  type Stream,
  selectPositions,
  type Tap,
} from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import { streamFromHeads } from "../model/operations.ts";
import { checkAnswers } from "../model/plan.ts";
import { checkTokens, rowsFilledUp, type TokenBatch, truncateTokens } from "../model/tokens.ts";
import { answersOfRows } from "../model/vocabulary.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { continuedRun, type OwnRun, ownRun } from "./continued-run.ts";
import type { Node } from "./gauss-legendre.ts";
import { answerDirection, logitDifference } from "./logit-difference.ts";
import { checkPairs } from "./patch.ts";
import { readPosition } from "./question.ts";

/** What to attribute: the arguments of a patch of `z` by head. */
export interface AttributionRequest {
  readonly clean: TokenBatch;
  readonly corrupted: TokenBatch;
  /** `[right, wrong]` for each prompt; the metric is logit(right) - logit(wrong). */
  readonly answers: readonly AnswerPair[];
  /** Position whose logits are compared; default the last. Negative counts from the end. */
  readonly read?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Effects prompt by prompt, in logits. */
export interface PathEffects {
  /** Of each head, [layer][head] and then [N]: Σ (clean z - corrupted z) · gradient. */
  readonly heads: readonly (readonly Float32Array[])[];
  /** Logit differences with all of a layer's z corrupted, [N]: the corrupted run's. */
  readonly corrupted: Float32Array;
  /** Logit differences with all of a layer's z clean, [layer] and then [N]. */
  readonly layers: readonly Float32Array[];
}

const silent: Tap = (_, value) => value;

/**
 * For each layer and head Σ over positions of (clean z - corrupted z) · ∂ logit difference / ∂ z, with
 * the gradient averaged over the nodes of the path from the layer's corrupted z to its clean z, all of
 * its heads together; earlier layers are as in the corrupted run. Prompts do not see each other, so the
 * gradient of their sum has each prompt's own.
 *
 * @throws LookbackError `bad-shape` when prompts or answers do not pair up, `bad-spec` for a position
 *   outside of them, and whatever is wrong with the tokens.
 */
export async function pathEffects(
  model: ForwardModel,
  request: AttributionRequest,
  nodes: readonly Node[],
): Promise<PathEffects> {
  const { config } = model;
  const { answers, signal, onProgress } = request;
  const read = readPosition({ tokens: request.clean, answers, read: request.read ?? -1 });
  checkPairs(request.clean, request.corrupted);
  const clean = truncateTokens(request.clean, read + 1);
  const corrupted = truncateTokens(request.corrupted, read + 1);
  checkTokens(clean, config);
  checkTokens(corrupted, config);
  checkAnswers(answers, clean, config);
  const { batch } = clean;
  const column = () => new Float32Array(batch);
  const layers = Array.from({ length: config.n_layers }, (_, layer) => layer);
  const heads = layers.map(() => Array.from({ length: config.n_heads }, column));
  const ends = { corrupted: column(), layers: layers.map(column) };

  const rows = equalChunks(batch, rowsPerChunk(config, clean.length), clean.length);
  function* work(): Generator<() => Promise<() => void>> {
    for (let start = 0; start < batch; start += rows) {
      throwIfCancelled(signal);
      yield async () => {
        const own = Math.min(rows, batch - start);
        const range = [start, start + rows] as const;
        const chunk = scoped(() =>
          chunkEffects(model, {
            clean: rowsFilledUp(clean, ...range),
            corrupted: rowsFilledUp(corrupted, ...range),
            answers: answersOfRows(answers, range),
            nodes,
          }),
        );
        const reading = [chunk.corrupted, ...chunk.layers, ...chunk.heads].map((x) => x.read());
        for (const x of [chunk.corrupted, ...chunk.layers, ...chunk.heads]) x.free();
        const [from, ...others] = (await Promise.all(reading)).map(({ data }) => data);
        return () => {
          const put = (to: Float32Array | undefined, data: Float32Array | undefined) =>
            to?.set(data?.subarray(0, own) ?? [], start);
          put(ends.corrupted, from);
          for (const layer of layers) {
            put(ends.layers[layer], others[layer]);
            const ofHeads = others[layers.length + layer]; // [H, B]
            for (const [head, to] of heads[layer]?.entries() ?? []) {
              put(to, ofHeads?.subarray(head * rows, (head + 1) * rows));
            }
          }
          onProgress?.(start + own, batch);
        };
      };
    }
  }
  for await (const putBack of oneAhead(work())) {
    throwIfCancelled(signal);
    putBack();
  }
  return { heads, ...ends };
}

interface ChunkRequest {
  readonly clean: TokenBatch;
  readonly corrupted: TokenBatch;
  readonly answers: Int32Array;
  readonly nodes: readonly Node[];
}

/** {@link PathEffects} of a few rows on the device: [B] each, of the heads of each layer [H, B]. */
function chunkEffects(
  model: ForwardModel,
  { clean, corrupted, answers, nodes }: ChunkRequest,
): { corrupted: Tensor; layers: Tensor[]; heads: Tensor[] } {
  const zNames = Array.from(
    { length: model.config.n_layers },
    (_, layer): HookName => `blocks.${layer}.attn.hook_z`,
  );
  const target = ownRun(model, clean, new Set(zNames), false).kept;
  const own = ownRun(model, corrupted, new Set(zNames), false);
  const { direction, bias } = answerDirection(model, answers);
  const differenceOf = (final: Tensor) => logitDifference(final, direction, bias);

  const results = zNames.map((name, layer) => {
    const start = own.kept.get(name) as Tensor; // [B, S, H, D]
    const change = (target.get(name) as Tensor).sub(start);
    const metric = (z: Tensor) => differenceOf(goneOn(model, own, layer, z)); // [B]
    const gradient = nodes
      .map(({ at, weight }) => {
        const point = start.add(change.mul(at));
        const { gradients } = valueAndGradient((z) => metric(z as Tensor).sum(), [point]);
        return (gradients[0] as Tensor).mul(weight);
      })
      .reduce((sum, next) => sum.add(next));
    const effect = change.mul(gradient).sum(3).sum(1).permute(1, 0); // [H, B]
    return { effect, end: metric(start.add(change)) };
  });
  return {
    corrupted: differenceOf(own.final),
    layers: results.map(({ end }) => end),
    heads: results.map(({ effect }) => effect),
  };
}

/** What the unembedding reads where a run has another z in one layer, [B, S, H, D] -> [B, 1, M]. */
function goneOn(model: ForwardModel, own: OwnRun, layer: number, z: Tensor): Tensor {
  const { O } = model.weights.layers[layer] as LayerWeights;
  const { residual } = own.streams[layer] as Stream; // [B, P, M]
  const written = streamFromHeads(z, O.matrix, O.bias); // [B, S, M]
  if (layer === model.config.n_layers - 1) {
    const read = (residual.shape[1] ?? 0) - 1;
    return finalNorm(model, selectPositions(residual, [read]).add(written), silent);
  }
  const next = { layer: layer + 1, from: 0, variants: 1 };
  return continuedRun(model, own, next, silent, false, residual.add(written));
}
