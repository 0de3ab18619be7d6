/**
 * @file Which heads copy: how often a token is itself among those whose logits a head raises most
 * when it attends to it, read from the full OV circuit W_E W_V W_O W_U, some rows at a time.
 */

import { currentDevice, type DeviceKind, openDevice, switchDevice } from "../engine/device.ts";
import { fuse } from "../engine/fuse.ts";
import { gatherColumns } from "../engine/gather.ts";
import { LANES } from "../engine/log-sum-exp.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import { select, type Tensor, tensor, zeros } from "../engine/tensor.ts";
import { throwIfCancelled } from "../errors.ts";
import { type Estimate, estimate } from "../measures/statistics.ts";
import type { ModelConfig } from "../model/config.ts";
import { allHeads, type HeadIndex } from "../model/heads.ts";
import { checkedWeight, checkWeights, type StateDict } from "../model/weights.ts";
import { MersenneTwister } from "../prompts/mersenne-twister.ts";
import { checkInteger } from "../prompts/spec.ts";

/** What to count, and over which tokens. */
export interface CopyingRequest {
  /** A token is copied if it is among so many that are raised most. Default 5. */
  readonly k?: number | undefined;
  /** Number of tokens, drawn without replacement; all where the vocabulary has no more. Default 1000. */
  readonly sample?: number | undefined;
  /** Seed of the draw. Default 0. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears of heads that are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** How one head treats the tokens that it attends to. */
export interface HeadCopyingScores extends HeadIndex {
  /** Share of tokens that are among the k whose logits attending to them raises most. */
  readonly copying: Estimate;
  /** Share of tokens that are among the k whose logits attending to them raises least. */
  readonly antiCopying: Estimate;
}

/** Copying scores of all heads, layer by layer. */
export interface CopyingScores {
  readonly k: number;
  /** Number of tokens that were looked at. */
  readonly tokens: number;
  readonly seed: number;
  /** The score of a head that has nothing to do with its tokens: k / d_vocab. */
  readonly chance: number;
  readonly heads: readonly HeadCopyingScores[];
}

/** Tokens that bring the standard error of a score to 0.016 or less. */
const DEFAULT_SAMPLE = 1000;

/** Numbers in one block of rows of a full circuit: 8 MB, of which a processor's cache holds most. */
const BLOCK_NUMBERS = 2 ** 21;

/** How many of each row of `x [rows, n]` are above `own [rows, 1]`: [rows, 1]. */
const countAbove = fuse((x: Tensor, own: Tensor) => {
  const [rows = 0, n = 0] = x.shape;
  const above = x
    .sub(own)
    .atLeast(0)
    .reshape(rows, n / LANES, LANES);
  return select(above, zeros([1]).add(1), zeros([1]))
    .sum(-2)
    .sum(-1, true);
});

/** How many are below. */
const countBelow = fuse((x: Tensor, own: Tensor) => {
  const [rows = 0, n = 0] = x.shape;
  const below = own
    .sub(x)
    .atLeast(0)
    .reshape(rows, n / LANES, LANES);
  return select(below, zeros([1]).add(1), zeros([1]))
    .sum(-2)
    .sum(-1, true);
});

/** Different tokens, in the order of their ids; all of them where no more are asked for. */
function drawTokens(d_vocab: number, sample: number, seed: number): Int32Array {
  const all = Int32Array.from({ length: d_vocab }, (_, id) => id);
  if (sample >= d_vocab) return all;
  const generator = new MersenneTwister(seed);
  for (let i = 0; i < sample; i++) {
    const j = i + (generator.uint32() % (d_vocab - i));
    [all[i], all[j]] = [all[j] as number, all[i] as number];
  }
  return all.slice(0, sample).sort();
}

/** Columns of zeros behind a matrix's own, so that rows fold to lanes. */
function paddedColumns({ shape, data }: NdArray): NdArray {
  const [rows = 0, columns = 0] = shape;
  const width = Math.ceil(columns / LANES) * LANES;
  const padded = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    padded.set(data.subarray(row * columns, (row + 1) * columns), row * width);
  }
  return { shape: [rows, width], data: padded };
}

function rowsOf({ shape, data }: NdArray, ids: Int32Array): NdArray {
  const [, width = 0] = shape;
  const rows = new Float32Array(ids.length * width);
  for (const [i, id] of ids.entries()) {
    rows.set(data.subarray(id * width, (id + 1) * width), i * width);
  }
  return { shape: [ids.length, width], data: rows };
}

/** For each token, how many others have a logit above and below its own, in its row. */
interface Others {
  readonly above: Float64Array;
  readonly below: Float64Array;
}

/** The full OV circuit in its factors: `values [tokens, d_head]` and `writes [d_head, padded V]`. */
interface FullOV {
  readonly values: Tensor;
  readonly writes: Tensor;
}

/** Counts the full OV circuit's entries on either side of each token's own, a block at a time. */
async function countOthers(
  { values, writes }: FullOV,
  tokens: Int32Array,
  { d_vocab, device, signal }: Counting,
): Promise<Others> {
  const width = writes.shape[1] ?? 0;
  const above = new Float64Array(tokens.length);
  const below = new Float64Array(tokens.length);
  const step = Math.max(1, Math.floor(BLOCK_NUMBERS / width));
  for (let start = 0; start < tokens.length; start += step) {
    throwIfCancelled(signal);
    const ids = tokens.slice(start, start + step);
    const counted = scoped(() => {
      switchDevice(device);
      const logits = values.slice([start, start + ids.length]).matmul(writes); // [rows, padded V]
      const own = gatherColumns(logits, ids, 1); // [rows, 1]
      return { own, above: countAbove(logits, own), below: countBelow(logits, own) };
    });
    try {
      const reading = [counted.own.read(), counted.above.read(), counted.below.read()] as const;
      const [own, higher, lower] = await Promise.all(reading);
      for (const [i, logit] of own.data.entries()) {
        // The logits of padding are 0.
        above[start + i] = (higher.data[i] as number) - (logit < 0 ? width - d_vocab : 0);
        below[start + i] = (lower.data[i] as number) - (logit > 0 ? width - d_vocab : 0);
      }
    } finally {
      for (const count of Object.values(counted)) count.free();
    }
  }
  return { above, below };
}

/** What counting needs to know besides the head. */
interface Counting {
  readonly d_vocab: number;
  readonly device: DeviceKind;
  readonly signal: AbortSignal | undefined;
}

/**
 * Copying and anti-copying scores of every head. A token is copied if fewer than k others are raised
 * as much or more, so that a head which writes nothing copies nothing; and so for anti-copying. The
 * intervals take the tokens as a sample of such tokens.
 *
 * Only the straight path counts, embedding to head to unembedding. Biases are left out: what they add
 * is the same whatever the head attends to. Nothing is done about LayerNorm: where the model has one,
 * pass processed weights, into which its weights are folded. Its division by a scale changes no order
 * within a row, and so no score. It runs on the open device, WebAssembly where none is open.
 *
 * @param weights As in the file or processed; the config must be the one that goes with them.
 * @throws LookbackError `bad-weights` or `not-finite` when the weights do not fit the config;
 *   `bad-spec` naming a field that cannot be; `cancelled`.
 */
export async function copyingScores(
  weights: StateDict,
  config: ModelConfig,
  { k = 5, sample = DEFAULT_SAMPLE, seed = 0, signal, onProgress }: CopyingRequest = {},
): Promise<CopyingScores> {
  const { d_vocab, d_model, d_head } = config;
  checkInteger("k", k, { min: 1, max: d_vocab, why: "tokens of the vocabulary" });
  checkInteger("sample", sample, { min: 1 });
  checkInteger("seed", seed, { min: 0, max: 0xffffffff });
  const checked = checkWeights(weights, config);
  const weight = (key: string) => checkedWeight(checked, key);
  const tokens = drawTokens(d_vocab, sample, seed);
  const device = await openDevice(currentDevice());
  const counting = { d_vocab, device, signal };
  const vocabulary = scoped(() => {
    switchDevice(device);
    return {
      embedded: tensor(rowsOf(weight("embed.W_E"), tokens)), // [tokens, d_model]
      W_U: tensor(paddedColumns(weight("unembed.W_U"))), // [d_model, padded V]
    };
  });
  const fullOV = ({ layer, head }: HeadIndex): FullOV =>
    scoped(() => {
      switchDevice(device);
      const W = (letter: "V" | "O", shape: readonly number[]) => {
        const { data } = weight(`blocks.${layer}.attn.W_${letter}`);
        const size = d_model * d_head;
        return tensor({ shape, data: data.subarray(head * size, (head + 1) * size) });
      };
      return {
        values: vocabulary.embedded.matmul(W("V", [d_model, d_head])),
        writes: W("O", [d_head, d_model]).matmul(vocabulary.W_U),
      };
    });

  const heads: HeadCopyingScores[] = [];
  const all = allHeads(config);
  try {
    for (const at of all) {
      const factors = fullOV(at);
      try {
        const { above, below } = await countOthers(factors, tokens, counting);
        // Ties count against the token.
        const among = (others: number) => (d_vocab - 1 - others < k ? 1 : 0);
        heads.push({
          ...at,
          copying: estimate(below.map(among)),
          antiCopying: estimate(above.map(among)),
        });
      } finally {
        for (const factor of Object.values(factors)) factor.free();
      }
      onProgress?.(heads.length, all.length);
    }
  } finally {
    for (const table of Object.values(vocabulary)) table.free();
  }
  return { k, tokens: tokens.length, seed, chance: k / d_vocab, heads };
}
