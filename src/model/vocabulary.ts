/**
 * @file Answers from the whole vocabulary: the logits and log-probabilities of a few tokens, for which
 * all logits have to be formed. That is most of the work on small models, so it is done in blocks of
 * rows of the size that is fastest, however the layers were cut.
 */

import { switchDevice } from "../engine/device.ts";
import { gatherColumns, gatherRows } from "../engine/gather.ts";
import { logSumExpOfSum } from "../engine/log-sum-exp.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import { concatenate, type Tensor, zeros } from "../engine/tensor.ts";
import { rowsPerUnembedding } from "./chunks.ts";
import { paddedVocab } from "./device-weights.ts";
import type { ForwardModel } from "./forward.ts";
import { unembedding } from "./operations.ts";

/**
 * The answers of rows `[start, end)`, k ids a row one behind the other. Rows beyond the batch, which
 * fill up a chunk, have those of the last one.
 */
export function answersOfRows(
  answers: readonly (readonly number[])[],
  [start, end]: readonly [start: number, end: number],
): Int32Array {
  const last = answers.at(-1) ?? [];
  return Int32Array.from(
    Array.from({ length: end - start }, (_, i) => answers[start + i] ?? last).flat(),
  );
}

/** The k ids of each row once for each of its positions. */
export function repeatedIds(ids: Int32Array, positions: number, k: number): Int32Array {
  if (positions === 1) return ids;
  const all = new Int32Array(ids.length * positions);
  for (let row = 0; row < ids.length / k; row++) {
    for (let p = 0; p < positions; p++) {
      all.set(ids.subarray(row * k, (row + 1) * k), (row * positions + p) * k);
    }
  }
  return all;
}

/** What is said of the answers of some rows, `[rows, Q, k]` each. */
type Answers = { readonly answerLogits: NdArray; readonly answerLogProbs: NdArray };

/**
 * Takes what the unembedding reads, chunk by chunk, and gives logits and log-probabilities of the
 * answers. It works in whole blocks; what is left over waits for the next chunk.
 */
export class VocabularyAnswers {
  readonly #model: ForwardModel;
  /** The k answers of each position read out, through the whole batch. */
  readonly #ids: Int32Array;
  /** Positions read out of each row. */
  readonly #queries: number;
  readonly #k: number;
  readonly #blockRows: number;
  readonly #logits: Float32Array;
  readonly #logProbs: Float32Array;
  #waiting: Tensor[] = [];
  #rowsWaiting = 0;
  #rowsDone = 0;

  constructor(model: ForwardModel, answers: readonly (readonly number[])[], queries: number) {
    this.#model = model;
    this.#queries = queries;
    this.#k = answers[0]?.length ?? 0;
    this.#ids = repeatedIds(answersOfRows(answers, [0, answers.length]), queries, this.#k);
    const rows = answers.length * queries;
    this.#blockRows = rowsPerUnembedding(paddedVocab(model.config), rows);
    this.#logits = new Float32Array(rows * this.#k);
    this.#logProbs = new Float32Array(rows * this.#k);
  }

  /** Takes over `input [B, Q, M]` of the next rows of the batch. */
  async add(input: Tensor): Promise<void> {
    const [batch = 0, queries = 0] = input.shape;
    this.#waiting.push(input);
    this.#rowsWaiting += batch * queries;
    if (this.#rowsWaiting >= this.#blockRows) await this.#unembed(false);
  }

  /** Does what is left over. */
  async finish(): Promise<void> {
    if (this.#rowsWaiting > 0) await this.#unembed(true);
  }

  /** Rows of the batch whose answers are there. */
  get rowsDone(): number {
    return this.#rowsDone / this.#queries;
  }

  /** The answers of rows `[start, end)`, which are done. */
  of([start, end]: readonly [start: number, end: number]): Answers {
    const size = this.#queries * this.#k;
    const shape = [end - start, this.#queries, this.#k];
    const part = (all: Float32Array) => ({ shape, data: all.subarray(start * size, end * size) });
    return { answerLogits: part(this.#logits), answerLogProbs: part(this.#logProbs) };
  }

  /** Frees what waits. */
  dispose(): void {
    for (const input of this.#waiting) input.free();
    this.#waiting = [];
    this.#rowsWaiting = 0;
  }

  /** Unembeds whole blocks, or everything that waits. */
  async #unembed(everything: boolean): Promise<void> {
    const rows = everything
      ? this.#rowsWaiting
      : this.#rowsWaiting - (this.#rowsWaiting % this.#blockRows);
    const { logits, logProbs, rest } = scoped(() => this.#blocks(rows));
    this.dispose();
    this.#waiting = rest;
    this.#rowsWaiting = rest[0]?.shape[0] ?? 0;
    const reading = [logits.read(), logProbs.read()] as const;
    for (const tensor of [logits, logProbs]) tensor.free();
    const [readLogits, readLogProbs] = await Promise.all(reading);
    const at = this.#rowsDone * this.#k;
    this.#logits.set(readLogits.data, at);
    this.#logProbs.set(readLogProbs.data, at);
    this.#rowsDone += rows;
  }

  /** The first `rows` of what waits: [rows, k] twice, and what is left of the rest. */
  #blocks(rows: number): { logits: Tensor; logProbs: Tensor; rest: Tensor[] } {
    switchDevice(this.#model.device);
    const { matrix, bias } = this.#model.weights.U;
    const d_model = this.#model.config.d_model;
    const waiting = concatenate(
      this.#waiting.map((x) => x.reshape(-1, d_model)),
      0,
    );
    const k = this.#k;
    const logits: Tensor[] = [];
    const logProbs: Tensor[] = [];
    for (let start = 0; start < rows; start += this.#blockRows) {
      const count = Math.min(rows - start, this.#blockRows);
      const input = withRows(waiting.slice([start, start + count]), this.#blockRows);
      const products = unembedding(input, matrix); // [block rows, padded V], no bias yet
      const own = (x: Tensor) => (count === this.#blockRows ? x : x.slice([0, count]));
      const first = this.#rowsDone + start;
      const ids = this.#ids.slice(first * k, (first + count) * k);
      const named = gatherColumns(own(products), ids, k).add(gatherRows(bias, ids, [count, k]));
      logits.push(named);
      logProbs.push(named.sub(own(logSumExpOfSum(products, bias))));
    }
    const left = this.#rowsWaiting - rows;
    return {
      logits: concatenate(logits, 0),
      logProbs: concatenate(logProbs, 0),
      rest: left > 0 ? [waiting.slice([rows, rows + left])] : [],
    };
  }
}

/** A matrix with rows of zeros behind its own, so that there are so many. */
function withRows(matrix: Tensor, rows: number): Tensor {
  const [own = 0, width = 0] = matrix.shape;
  return own === rows ? matrix : concatenate([matrix, zeros([rows - own, width])], 0);
}
