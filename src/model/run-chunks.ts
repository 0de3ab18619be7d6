/**
 * @file Running a plan over a batch, some rows at a time: what each chunk gives, as plain numbers, as
 * it comes in. Memory depends on the size of a chunk and not of the batch.
 */

import { type NdArray, ndarray } from "../engine/ndarray.ts";
import { oneAhead } from "../engine/one-ahead.ts";
import { scoped } from "../engine/scope.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import { LookbackError, throwIfCancelled } from "../errors.ts";
import { equalChunks, rowsPerChunk } from "./chunks.ts";
import type { ModelConfig } from "./config.ts";
import type { ForwardModel } from "./forward.ts";
import { type PassResult, pass } from "./pass.ts";
import { planRun, type RunPlan } from "./plan.ts";
import type { RunOptions } from "./run-options.ts";
import { OUTPUTS, type RunResult, runResult } from "./run-result.ts";
import { checkTokens, rowsFilledUp, type TokenBatch } from "./tokens.ts";
import { VocabularyAnswers } from "./vocabulary.ts";

/** What was asked of some rows `[start, end)` of a batch. */
export interface RunChunk extends RunResult {
  readonly rows: readonly [start: number, end: number];
}

/**
 * Runs a model and yields, chunk by chunk, what {@link run} returns for the whole batch: for measures
 * that need no more of a batch than their own sums.
 *
 * @throws LookbackError as {@link run}.
 */
export async function* runChunks(
  model: ForwardModel,
  tokens: TokenBatch,
  options: RunOptions = {},
): AsyncGenerator<RunChunk, void, undefined> {
  checkTokens(tokens, model.config);
  const start = options.startAt?.residual;
  if (start !== undefined) checkResidual(start, tokens, model.config);
  const plan = planRun(model.config, tokens, options);
  const layers = layerChunks(model, tokens, plan, options);
  const chunks = plan.answersFromVocabulary ? withAnswers(model, plan, layers) : layers;
  for await (const { rows, arrays } of chunks) {
    throwIfCancelled(options.signal);
    options.onProgress?.(rows[1], tokens.batch);
    yield { rows, ...runResult(arrays) };
  }
}

/** Layers' chunks with the answers from the whole vocabulary, as soon as these are there. */
async function* withAnswers(
  model: ForwardModel,
  plan: RunPlan,
  layers: AsyncGenerator<LayersChunk, void, undefined>,
): AsyncGenerator<LayersChunk, void, undefined> {
  const answers = new VocabularyAnswers(model, plan.answers ?? [], plan.positions.length);
  const waiting: LayersChunk[] = [];
  function* finished(): Generator<LayersChunk> {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (first.rows[1] > answers.rowsDone) return;
      waiting.shift();
      const { rows, arrays } = first;
      const own = Object.entries(answers.of(rows));
      for (const [name, numbers] of own) checkNumbers(name, numbers);
      yield { rows, arrays: new Map([...arrays, ...own]) };
    }
  }
  try {
    for await (const { rows, arrays, unembedInput } of layers) {
      waiting.push({ rows, arrays });
      if (unembedInput !== undefined) await answers.add(unembedInput);
      yield* finished();
    }
    await answers.finish();
    yield* finished();
  } finally {
    answers.dispose();
  }
}

/** What the layers give for some rows. */
interface LayersChunk {
  readonly rows: RunChunk["rows"];
  /** By the names of {@link runResult}: each `[rows, …]`. */
  readonly arrays: ReadonlyMap<string, NdArray>;
  /** [rows, Q, M], for the caller to free; where answers have to come from the whole vocabulary. */
  readonly unembedInput?: Tensor;
}

/** The layers on a few rows at a time. */
function layerChunks(
  model: ForwardModel,
  tokens: TokenBatch,
  plan: RunPlan,
  options: RunOptions,
): AsyncGenerator<LayersChunk, void, undefined> {
  const start = options.startAt?.residual;
  const rows = rowsAtATime(model.config, tokens, options);
  // Rows that fill up the last chunk, only where nobody could see them.
  const mayFillUp = options.chunkRows === undefined && plan.hooks.size === 0 && start === undefined;

  function* chunks(): Generator<() => Promise<LayersChunk>> {
    for (let row = 0; row < tokens.batch; row += rows) {
      throwIfCancelled(options.signal);
      const own = Math.min(tokens.batch, row + rows);
      const end = mayFillUp ? row + rows : own;
      yield () => {
        const prompts = rowsFilledUp(tokens, row, end);
        const chunk = scoped(() =>
          pass(model, prompts, plan, [row, end], residualRows(start, row, end)),
        );
        return read(chunk, [row, own]);
      };
    }
  }
  return oneAhead(chunks(), ({ unembedInput }) => unembedInput?.free());
}

/**
 * How many rows at a time: as asked, or as many as fit; all where a hook may look across the batch.
 *
 * @throws LookbackError `bad-spec` for what is no number of rows.
 */
export function rowsAtATime(
  config: ModelConfig,
  tokens: TokenBatch,
  options: Pick<RunOptions, "chunkRows" | "hooks">,
): number {
  const { chunkRows, hooks = [] } = options;
  if (chunkRows !== undefined) {
    if (!Number.isInteger(chunkRows) || chunkRows < 1) {
      throw new LookbackError("bad-spec", `chunkRows: ${chunkRows} is no positive number of rows`, {
        chunkRows,
      });
    }
    return chunkRows;
  }
  if (hooks.length > 0) return tokens.batch;
  return equalChunks(tokens.batch, rowsPerChunk(config, tokens.length), tokens.length);
}

/** Starts the work behind a chunk and resolves to its numbers, those of `rows`. */
async function read(chunk: PassResult, rows: RunChunk["rows"]): Promise<LayersChunk> {
  const own = rows[1] - rows[0];
  const { unembedInput } = chunk;
  const tensors: [string, Tensor][] = [...chunk.activations];
  for (const output of OUTPUTS) {
    const value = chunk[output];
    if (value !== undefined) tensors.push([output, value]);
  }
  const input = unembedInput && scoped(() => unembedInput.slice([0, own]));
  unembedInput?.free();
  const computing = input?.compute();
  const reading = readArrays(tensors, own);
  reading.catch(() => {}); // it is awaited after what is computed, which may fail first
  try {
    await computing;
    return { rows, arrays: await reading, ...(input && { unembedInput: input }) };
  } catch (error) {
    input?.free();
    throw error;
  }
}

/** Reads the first rows of tensors back, each checked, and frees the tensors. */
async function readArrays(
  tensors: readonly (readonly [name: string, value: Tensor])[],
  rows: number,
): Promise<Map<string, NdArray>> {
  const reading = tensors.map(async ([name, value]) => {
    const numbers = firstRows(await value.read(), rows);
    checkNumbers(name, numbers);
    return [name, numbers] as const;
  });
  for (const [, value] of tensors) value.free(); // what is being read stays until it is
  return new Map(await Promise.all(reading));
}

/** Rows beyond these filled up the chunk. */
function firstRows({ shape, data }: NdArray, rows: number): NdArray {
  const [all = 0, ...rest] = shape;
  return all === rows
    ? { shape, data }
    : { shape: [rows, ...rest], data: data.subarray(0, (data.length / all) * rows) };
}

/**
 * A NaN that goes unnoticed turns every mean behind it into nonsense.
 *
 * @throws LookbackError `not-finite` naming the array and the element.
 */
export function checkNumbers(name: string, { shape, data }: NdArray): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isNaN(data[i])) {
      throw new LookbackError(
        "not-finite",
        `"${name}" [${shape.join(", ")}] holds NaN at element ${i}: look at the weights, or at what a hook returned`,
        { name, element: i },
      );
    }
  }
}

function checkResidual(residual: NdArray, tokens: TokenBatch, config: ModelConfig): void {
  ndarray(residual.shape, residual.data);
  const expected = [tokens.batch, tokens.length, config.d_model];
  if (residual.shape.join() !== expected.join()) {
    throw new LookbackError(
      "bad-shape",
      `startAt.residual has shape [${residual.shape.join(", ")}]; these prompts need [${expected.join(", ")}]`,
    );
  }
}

function residualRows(
  residual: NdArray | undefined,
  start: number,
  end: number,
): Tensor | undefined {
  if (residual === undefined) return undefined;
  const [, length = 0, d_model = 0] = residual.shape;
  const size = length * d_model;
  return tensor({
    shape: [end - start, length, d_model],
    data: residual.data.subarray(start * size, end * size),
  });
}
