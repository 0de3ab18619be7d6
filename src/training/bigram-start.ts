/**
 * @file The bigram start: before attention learns anything, embedding, final LayerNorm and unembedding
 * are fitted to how often one token follows another in the whole text. Every gradient from then on is
 * about what bigrams do not tell. The fit is over all bigrams at once, each step a step of AdamW.
 * Shapes: V vocabulary, B rows of a block, M d_model; columns of logits are padded.
 */

import { openDevice } from "../engine/device.ts";
import { fuse } from "../engine/fuse.ts";
import { gatherRows } from "../engine/gather.ts";
import { ndarray } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import { Stages } from "../engine/stages.ts";
import { concatenate, type Tensor, tensor, zeros } from "../engine/tensor.ts";
import { throwIfCancelled } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { add } from "../model/operations.ts";
import type { StateDict } from "../model/weights.ts";
import type { AdamWOptions } from "./adamw.ts";
import type { BigramCounts } from "./bigrams.ts";
import {
  addGradients,
  type BlockSums,
  exponentials,
  inverseSum,
  largest,
  unembeddingGradients,
} from "./cross-entropy.ts";
import { rowBlocks } from "./extents.ts";
import { normBackward, normForward, normWeighted } from "./layer-norm.ts";
import { createSlots, freeSlots, replaceSlots, type Slot, stepped } from "./optimizer.ts";
import { product, transposed } from "./projection.ts";
import { generatorOf, integerBetween } from "./random-of-step.ts";
import { fromTraining, paddedVocab } from "./weights.ts";

/** How the fit goes. */
export interface BigramStart {
  readonly steps: number;
  /** Learning rate of the first step, and what it falls to on a straight line: that of a step behind the last. */
  readonly rates: readonly [first: number, last: number];
  /**
   * Whether each token stands at a random position in each step, so that what is fitted holds in the
   * stream that positions are added to. Nothing to models with shortformer positions.
   */
  readonly positions: boolean;
}

export interface FitOptions {
  readonly seed: number;
  readonly device?: "wasm" | "webgpu" | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The loss before each step, in nats. */
  readonly onStep?: ((step: number, loss: number) => void) | undefined;
}

/** The learning rate is that of the step. */
const ADAMW: AdamWOptions = { learningRate: 0, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0 };

const FITTED = ["embed.W_E", "ln_final.w", "ln_final.b", "unembed.W_U", "unembed.b_U"];

/** Rows of targets, of which the columns are padded: how often each follows, as a share of all. */
interface TargetBlock {
  /** [B, V] */
  readonly shares: Tensor;
  /** Sums of rows, [B]. */
  readonly masses: Tensor;
}

const lossOf = fuse(
  (logits: Tensor, bias: Tensor, max: Tensor, inverse: Tensor, shares: Tensor, masses: Tensor) =>
    max.sub(inverse.log()).mul(masses).sub(logits.add(bias).mul(shares).sum(-1)),
);

const gradientOfLogits = fuse((exps: Tensor, inverse: Tensor, shares: Tensor, masses: Tensor) =>
  exps.mul(inverse.mul(masses).expand(1)).sub(shares),
);

/**
 * Weights with embedding, final LayerNorm and unembedding fitted to bigrams; the others as they were.
 *
 * @throws LookbackError `cancelled`, `unsupported` device.
 */
export async function fitBigrams(
  config: ModelConfig,
  weights: StateDict,
  bigrams: BigramCounts,
  start: BigramStart,
  { seed, device: wanted, signal, onStep }: FitOptions,
): Promise<StateDict> {
  const device = await openDevice(wanted);
  const owner = new Stages(device);
  const positions = weights.get("pos_embed.W_pos");
  let slots: ReadonlyMap<string, Slot> = new Map();
  try {
    const { targets, table } = await owner.run(() => ({
      targets: targetBlocks(config, bigrams),
      table: tensor(positions as NonNullable<typeof positions>),
    }));
    slots = scoped(() => createSlots(config, fittedOf(weights), ADAMW));
    for (let step = 0; step < start.steps; step++) {
      throwIfCancelled(signal);
      const [first, last] = start.rates;
      const learningRate = first + (last - first) * (step / start.steps);
      const stages = new Stages(device);
      try {
        const noise =
          start.positions && !config.shortformer_pos
            ? randomPositions(config, seed, step)
            : undefined;
        const found = await bigramGradients(config, slots, targets, { table, noise }, stages);
        onStep?.(step, found.loss);
        const before = slots;
        const after = await stages.run(() =>
          stepped(before, found.gradients, { ...ADAMW, learningRate }, step + 1, 1),
        );
        await stages.finish();
        replaceSlots(before, after);
        slots = after;
      } finally {
        stages.close();
      }
    }
    const fitted = new Map(weights);
    for (const [name, { weight }] of slots) {
      fitted.set(name, fromTraining(name, await weight.read(), config));
    }
    return fitted;
  } finally {
    freeSlots(slots);
    owner.close();
  }
}

/** The weights that are fitted; a model without LayerNorm has fewer. */
function fittedOf(weights: StateDict): StateDict {
  return new Map([...weights].filter(([name]) => FITTED.includes(name)));
}

/** A position for each token but never 0, where only BOS stands. */
function randomPositions({ d_vocab, n_ctx }: ModelConfig, seed: number, step: number): Int32Array {
  const generator = generatorOf(seed, "positions", step);
  return Int32Array.from({ length: d_vocab }, () => integerBetween(generator, 1, n_ctx - 1));
}

/** Targets cut into blocks of rows; rows that fill up weigh nothing. */
function targetBlocks(
  config: ModelConfig,
  { d_vocab, counts, total }: BigramCounts,
): TargetBlock[] {
  const width = paddedVocab(config);
  const { blocks, blockRows } = rowBlocks(d_vocab, width);
  return Array.from({ length: blocks }, (_, block) => {
    const shares = new Float32Array(blockRows * width);
    const masses = new Float32Array(blockRows);
    for (let row = 0; row < blockRows; row++) {
      const token = block * blockRows + row;
      if (token >= d_vocab) break;
      let mass = 0;
      for (let next = 0; next < d_vocab; next++) {
        const share = (counts[token * d_vocab + next] as number) / total;
        shares[row * width + next] = share;
        mass += share;
      }
      masses[row] = mass;
    }
    return {
      shares: tensor(ndarray([blockRows, width], shares)),
      masses: tensor(ndarray([blockRows], masses)),
    };
  });
}

/** The loss over all bigrams, and its gradient of each weight that is fitted. */
async function bigramGradients(
  config: ModelConfig,
  slots: ReadonlyMap<string, Slot>,
  targets: readonly TargetBlock[],
  { table, noise }: { table: Tensor; noise: Int32Array | undefined },
  stages: Stages,
): Promise<{ loss: number; gradients: Map<string, Tensor> }> {
  const weights = new Map([...slots].map(([name, { weight }]) => [name, weight]));
  const of = (name: string): Tensor => weights.get(name) as Tensor;
  const blockRows = targets[0]?.masses.shape[0] ?? 0;
  const rows = blockRows * targets.length;

  const { norm, input, back } = await stages.run(() => {
    const W_E = of("embed.W_E");
    const more = rows - config.d_vocab;
    const tokens = more === 0 ? W_E : concatenate([W_E, zeros([more, config.d_model])], 0);
    const places = new Int32Array(rows);
    if (noise !== undefined) places.set(noise);
    const x = noise === undefined ? tokens : add(tokens, gatherRows(table, places, [rows])); // [V, M]
    const norm = config.normalization === null ? undefined : normForward(x, config.eps);
    const input =
      norm === undefined ? x.alias() : normWeighted(norm.normalized, weights, "ln_final");
    return { norm, input, back: transposed(of("unembed.W_U")) };
  });

  const losses: Tensor[] = [];
  const ofInput: Tensor[] = [];
  let sums: BlockSums | undefined;
  for (const [block, { shares, masses }] of targets.entries()) {
    const before = sums;
    const made = await stages.run(() => {
      const own = input.slice([block * blockRows, (block + 1) * blockRows]); // [B, M]
      const bias = of("unembed.b_U");
      const logits = product(own, of("unembed.W_U")); // [B, V]
      const max = largest(logits, bias); // [B]
      const exps = exponentials(logits, bias, max); // [B, V]
      const inverse = inverseSum(exps); // [B]
      const d = gradientOfLogits(exps, inverse, shares, masses); // [B, V]
      return {
        losses: lossOf(logits, bias, max, inverse, shares, masses),
        d: product(d, back),
        sums: addGradients(own, d, before),
      };
    });
    losses.push(made.losses);
    ofInput.push(made.d);
    stages.free(before);
    sums = made.sums;
  }

  const gradients = new Map<string, Tensor>();
  await stages.run(() => {
    const { matrix, bias } = unembeddingGradients(sums as BlockSums);
    gradients.set("unembed.W_U", matrix).set("unembed.b_U", bias);
    const d = ofInput.length === 1 ? (ofInput[0] as Tensor) : concatenate(ofInput, 0); // [V, M]
    const ofStream = norm === undefined ? d : normBackward(d, norm, weights, "ln_final", gradients);
    gradients.set("embed.W_E", ofStream.slice([0, config.d_vocab]));
    return gradients;
  });
  const read = await Promise.all(losses.map((block) => block.read()));
  const loss = read.reduce((sum, { data }) => data.reduce((all, x) => all + x, sum), 0);
  return { loss, gradients };
}
