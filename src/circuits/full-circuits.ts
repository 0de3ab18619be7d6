/**
 * @file A head's circuits from token to token: the full OV circuit W_E W_V W_O W_U and the full QK
 * circuit W_E W_Q W_Kᵀ W_Eᵀ (Elhage et al., 2021). They are `[d_vocab, d_vocab]`, thousands of times
 * the model, so they are never formed: only what all heads need of the vocabulary, or named entries.
 */

import { currentDevice, openDevice, switchDevice } from "../engine/device.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import { LookbackError, throwIfCancelled } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { parseHead } from "../model/heads.ts";
import { checkedWeight, checkWeights, type StateDict } from "../model/weights.ts";
import { headCircuits } from "./head-circuits.ts";
import { type Matrix, matrixProduct, transpose } from "./matrix.ts";

/** How to watch and stop work over the vocabulary. */
export interface VocabularyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears of tokens that are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What the vocabulary has to do with every head's full circuits, `[d_model, d_model]` each. */
export interface VocabularyProducts {
  /** W_U W_E */
  readonly W_U_W_E: Matrix;
  /** W_Eᵀ W_E */
  readonly W_E_gram: Matrix;
}

/** Tokens whose products are added up in float32; sums over more are float64. */
const BLOCK_TOKENS = 2048;

/** Columns `[start, end)` of a matrix. */
function columnsOf({ shape, data }: NdArray, [start, end]: readonly [number, number]): NdArray {
  const [rows = 0, columns = 0] = shape;
  const part = new Float32Array(rows * (end - start));
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    part.set(data.subarray(from + start, from + end), row * (end - start));
  }
  return { shape: [rows, end - start], data: part };
}

/** Adds what was computed of one block, and frees it. */
async function addBlock(sum: Float64Array, block: Tensor): Promise<void> {
  try {
    const { data } = await block.read();
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (data[i] as number);
  } finally {
    block.free();
  }
}

/**
 * W_U W_E and W_Eᵀ W_E, on the open device (WebAssembly where none is open), a block of tokens at a
 * time.
 *
 * @throws LookbackError `bad-weights` or `not-finite` when the weights do not fit the config or their
 *   products overflow; `cancelled`.
 */
export async function vocabularyProducts(
  weights: StateDict,
  config: ModelConfig,
  { signal, onProgress }: VocabularyOptions = {},
): Promise<VocabularyProducts> {
  const { d_vocab, d_model } = config;
  const checked = checkWeights(weights, config);
  const W_E = checkedWeight(checked, "embed.W_E");
  const W_U = checkedWeight(checked, "unembed.W_U");
  const device = await openDevice(currentDevice());
  const both = new Float64Array(d_model * d_model);
  const gram = new Float64Array(d_model * d_model);
  for (let start = 0; start < d_vocab; start += BLOCK_TOKENS) {
    throwIfCancelled(signal);
    const end = Math.min(d_vocab, start + BLOCK_TOKENS);
    const { ofBoth, ofGram } = scoped(() => {
      switchDevice(device);
      const embed = tensor({
        shape: [end - start, d_model],
        data: W_E.data.subarray(start * d_model, end * d_model),
      });
      return {
        ofBoth: tensor(columnsOf(W_U, [start, end])).matmul(embed),
        ofGram: embed.permute(1, 0).contiguous().matmul(embed),
      };
    });
    await Promise.all([addBlock(both, ofBoth), addBlock(gram, ofGram)]);
    onProgress?.(end, d_vocab);
  }
  if (![...both, ...gram].every(Number.isFinite)) {
    throw new LookbackError("not-finite", "the products of W_E and W_U overflow float32");
  }
  const square = (data: Float64Array): Matrix => ({ rows: d_model, columns: d_model, data });
  return { W_U_W_E: square(both), W_E_gram: square(gram) };
}

/** Which entries of which full circuit. */
export interface CircuitEntriesRequest {
  /** A head's label, `L1H3`. */
  readonly head: string;
  readonly circuit: "OV" | "QK";
  /** Rows. OV: the tokens attended to. QK: the tokens that attend. */
  readonly from: readonly number[];
  /** Columns. OV: the tokens whose logits are written. QK: the tokens attended to. */
  readonly to: readonly number[];
}

/** Rows `ids` of a table `[n, width]`, in float64. */
function rowsOf({ shape, data }: NdArray, ids: readonly number[]): Matrix {
  const [, columns = 0] = shape;
  const rows = new Float64Array(ids.length * columns);
  for (const [i, id] of ids.entries()) {
    rows.set(data.subarray(id * columns, (id + 1) * columns), i * columns);
  }
  return { rows: ids.length, columns, data: rows };
}

/** Columns `ids` of a table `[rows, n]`, in float64. */
function columnsAt({ shape, data }: NdArray, ids: readonly number[]): Matrix {
  const [rows = 0, width = 0] = shape;
  const columns = new Float64Array(rows * ids.length);
  for (let row = 0; row < rows; row++) {
    for (const [j, id] of ids.entries()) {
      columns[row * ids.length + j] = data[row * width + id] as number;
    }
  }
  return { rows, columns: ids.length, data: columns };
}

/**
 * Named entries of a head's full circuit, `[from, to]`. OV: what attending to a token adds to the
 * logits of others. QK: how a token scores others, times √d_head. By the straight path from the
 * embedding: positions, biases, LayerNorm's scale and what other heads write are left out
 * ({@link headCircuits} says what to do about LayerNorm's weights).
 *
 * @throws LookbackError `unknown-head`, `token-out-of-range`; as {@link headCircuits}.
 */
export function circuitEntries(
  weights: StateDict,
  config: ModelConfig,
  { head, circuit, from, to }: CircuitEntriesRequest,
): NdArray {
  const { d_vocab, n_heads } = config;
  for (const token of [...from, ...to]) {
    if (Number.isInteger(token) && token >= 0 && token < d_vocab) continue;
    throw new LookbackError(
      "token-out-of-range",
      `${token} is no token of this vocabulary of ${d_vocab}`,
      { token, d_vocab },
    );
  }
  const at = parseHead(head, { config });
  const circuits = headCircuits(weights, config)[at.layer * n_heads + at.head];
  if (circuits === undefined) throw new Error(`internal: no circuits of ${head}`);
  const { left, right } = circuits[circuit];
  const W_E = checkedWeight(weights, "embed.W_E");
  const columns =
    circuit === "OV"
      ? columnsAt(checkedWeight(weights, "unembed.W_U"), to)
      : transpose(rowsOf(W_E, to));
  const entries = matrixProduct(
    matrixProduct(rowsOf(W_E, from), left), // [from, d_head]
    matrixProduct(right, columns), // [d_head, to]
  );
  return { shape: [from.length, to.length], data: Float32Array.from(entries.data) };
}
