/**
 * @file Gradients of the logit difference along a straight path from a layer's corrupted z to its clean
 * z: what attribution patching and integrated gradients have in common. They differ in where along the
 * path they look.
 *
 * B rows (prompts), P positions up to the one that is read, S of them where the layer's z can reach the
 * answer: all, or in the last layer the one that is read.
 */

import { switchDevice } from "../engine/device.ts";
import { fuse } from "../engine/fuse.ts";
import { valueAndGradient } from "../engine/gradient.ts";
import { oneAhead } from "../engine/one-ahead.ts";
import { ownedIn, scoped } from "../engine/scope.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
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
import { rowsFilledUp, type TokenBatch, truncateTokens } from "../model/tokens.ts";
import { answersOfRows } from "../model/vocabulary.ts";
import { checkAnswerPairs } from "../prompts/answer-pairs.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { continuedRun, type OwnRun, ownRun } from "./continued-run.ts";
import type { Node } from "./gauss-legendre.ts";
import { answerDirection, logitDifference } from "./logit-difference.ts";
import { checkedFirstDifference } from "./pair.ts";
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
 *   outside of them or prompts that are the same up to it, and whatever is wrong with the tokens.
 */
export async function pathEffects(
  model: ForwardModel,
  request: AttributionRequest,
  nodes: readonly Node[],
): Promise<PathEffects> {
  const { config } = model;
  const { answers, signal, onProgress } = request;
  const read = readPosition({ tokens: request.clean, answers, read: request.read ?? -1 });
  checkedFirstDifference(request.clean, request.corrupted, { read, config });
  const clean = truncateTokens(request.clean, read + 1);
  const corrupted = truncateTokens(request.corrupted, read + 1);
  checkAnswerPairs(answers, clean, config);
  const { batch } = clean;
  const column = () => new Float32Array(batch);
  const layers = Array.from({ length: config.n_layers }, (_, layer) => layer);
  const heads = layers.map(() => Array.from({ length: config.n_heads }, column));
  const ends = { corrupted: column(), layers: layers.map(column) };

  const rows = equalChunks(batch, rowsPerChunk(config, clean.length), clean.length);
  const total = Math.ceil(batch / rows) * config.n_layers * nodes.length;
  let done = 0;

  /** Each piece of work puts the numbers that it reads back where they belong. */
  function* work(): Generator<() => Promise<() => void>> {
    for (let start = 0; start < batch; start += rows) {
      throwIfCancelled(signal);
      const own = Math.min(rows, batch - start);
      const range = [start, start + rows] as const;
      const chunk = scoped(() =>
        prepareChunk(model, {
          clean: rowsFilledUp(clean, ...range),
          corrupted: rowsFilledUp(corrupted, ...range),
          answers: answersOfRows(answers, range),
        }),
      );
      const scores = (final: () => Tensor, to: Float32Array | undefined) => async () => {
        const data = await readAndFree(model, () =>
          logitDifference(final(), chunk.direction, chunk.bias),
        );
        return () => to?.set(data.subarray(0, own), start);
      };
      try {
        yield scores(() => chunk.own.final, ends.corrupted);
        for (const layer of layers) {
          yield scores(
            () => goneOn(model, chunk, layer, pointAt(chunk, layer, 1)),
            ends.layers[layer],
          );
          for (const node of nodes) {
            throwIfCancelled(signal);
            yield async () => {
              const data = await readAndFree(model, () => nodeEffects(model, chunk, layer, node)); // [H, B]
              return () => {
                for (const [head, effects] of heads[layer]?.entries() ?? []) {
                  for (let row = 0; row < own; row++) {
                    const sum =
                      (effects[start + row] as number) + (data[head * rows + row] as number);
                    effects[start + row] = sum;
                  }
                }
                done++;
                onProgress?.(done, total);
              };
            };
          }
        }
      } finally {
        for (const owned of ownedIn(chunk)) owned.free();
      }
    }
  }
  for await (const putBack of oneAhead(work())) {
    throwIfCancelled(signal);
    putBack();
  }
  return { heads, ...ends };
}

/** Computes a tensor and starts to read it; it is freed as soon as it is read. */
async function readAndFree(model: ForwardModel, compute: () => Tensor): Promise<Float32Array> {
  switchDevice(model.device);
  const result = scoped(compute);
  const reading = result.read();
  result.free();
  return (await reading).data;
}

/** Some rows' two ends of every path, and what the answers read. */
interface PathChunk {
  /** The corrupted run. */
  readonly own: OwnRun;
  /** z of each layer in the corrupted run, and what the clean run's has more: [B, S, H, D]. */
  readonly start: readonly Tensor[];
  readonly change: readonly Tensor[];
  /** As `answerDirection`. */
  readonly direction: Tensor;
  readonly bias: Tensor;
}

function prepareChunk(
  model: ForwardModel,
  rows: {
    readonly clean: TokenBatch;
    readonly corrupted: TokenBatch;
    readonly answers: Int32Array;
  },
): PathChunk {
  const zNames = Array.from(
    { length: model.config.n_layers },
    (_, layer): HookName => `blocks.${layer}.attn.hook_z`,
  );
  const own = ownRun(model, rows.corrupted, new Set(zNames), false);
  const target = ownRun(model, rows.clean, new Set(zNames), false).kept;
  const start = zNames.map((name) => own.kept.get(name) as Tensor);
  const change = zNames.map((name, layer) =>
    (target.get(name) as Tensor).sub(start[layer] as Tensor),
  );
  return { own, start, change, ...answerDirection(model, rows.answers) };
}

const along = fuse((start: Tensor, change: Tensor, share: Tensor) => start.add(change.mul(share)));

/** The z of a layer at a share of the way from corrupted to clean. */
function pointAt({ start, change }: PathChunk, layer: number, share: number): Tensor {
  return along(start[layer] as Tensor, change[layer] as Tensor, scalar(share));
}

const headEffects = fuse((change: Tensor, gradient: Tensor, weight: Tensor) =>
  change.mul(gradient).sum(3).sum(1).mul(weight).permute(1, 0),
);

/** What each head adds by the gradient at one node, [H, B]. */
function nodeEffects(model: ForwardModel, chunk: PathChunk, layer: number, node: Node): Tensor {
  const { change, direction, bias } = chunk;
  const { gradients } = valueAndGradient(
    (z) => logitDifference(goneOn(model, chunk, layer, z as Tensor), direction, bias).sum(),
    [pointAt(chunk, layer, node.at)],
  );
  return headEffects(change[layer] as Tensor, gradients[0] as Tensor, scalar(node.weight));
}

/** A number that changes from call to call, which a compiled form takes as an argument. */
function scalar(value: number): Tensor {
  return tensor({ shape: [], data: Float32Array.of(value) });
}

/** What the unembedding reads where a run has another z in one layer, [B, S, H, D] -> [B, 1, M]. */
function goneOn(model: ForwardModel, { own }: PathChunk, layer: number, z: Tensor): Tensor {
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
