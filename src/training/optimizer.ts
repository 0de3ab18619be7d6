/**
 * @file Which optimizer moves which weight, and what it remembers: AdamW for all, or Muon for the
 * matrices of attention and AdamW for the rest.
 */

import { ndarray, sizeOf } from "../engine/ndarray.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import type { StateDict } from "../model/weights.ts";
import { type AdamWOptions, adamW, checkAdamW, stepNumbers } from "./adamw.ts";
import { checkMuon, type MuonOptions, muon, muonNumbers } from "./muon.ts";
import { toTraining, type Weights } from "./weights.ts";

/** AdamW's numbers, and what deviates from AdamW with them for all. */
export interface OptimizerOptions extends AdamWOptions {
  /** Learning rates of AdamW for the embeddings of tokens and positions; by default that of the rest. */
  readonly embeddingRates?: { readonly W_E?: number; readonly W_pos?: number };
  /** Moves W_Q, W_K, W_V and W_O; by default AdamW does. */
  readonly muon?: MuonOptions;
  /** Norm of all gradients together, above which they are scaled down to it. By default none is. */
  readonly clipNorm?: number;
}

/**
 * Checks options that come from outside.
 *
 * @throws LookbackError `bad-spec` naming the option.
 */
export function checkOptimizer(options: OptimizerOptions): void {
  checkAdamW(options);
  const { embeddingRates = {}, clipNorm } = options;
  for (const learningRate of Object.values(embeddingRates)) {
    checkAdamW({ ...options, learningRate });
  }
  if (options.muon !== undefined) checkMuon(options.muon);
  if (clipNorm !== undefined && !(clipNorm > 0)) {
    throw new LookbackError("bad-spec", `clipNorm must be a positive number, got ${clipNorm}`, {
      field: "clipNorm",
      value: clipNorm,
    });
  }
}

const ATTENTION_MATRIX = /\.W_[QKVO]$/;

type Rule =
  | { readonly kind: "muon"; readonly options: MuonOptions }
  | { readonly kind: "adamW"; readonly options: AdamWOptions };

/** What moves a weight. */
function ruleOf(name: string, options: OptimizerOptions): Rule {
  if (options.muon !== undefined && ATTENTION_MATRIX.test(name)) {
    return { kind: "muon", options: options.muon };
  }
  const { W_E, W_pos } = options.embeddingRates ?? {};
  const own = { "embed.W_E": W_E, "pos_embed.W_pos": W_pos }[name];
  return { kind: "adamW", options: { ...options, learningRate: own ?? options.learningRate } };
}

/** A weight in training, in the layout for training, and what its optimizer remembers by name. */
export interface Slot {
  readonly weight: Tensor;
  /** Of AdamW `mean` and `square` of gradients, of Muon `mean`; each of the weight's shape. */
  readonly memory: ReadonlyMap<string, Tensor>;
}

/** What a memory is called in a state dict. */
export function memoryName(weight: string, memory: string): string {
  return `${weight}.${memory}`;
}

/**
 * Weights with their optimizers' memories, on the device.
 *
 * @param remembered memories by {@link memoryName}, in TransformerLens' shapes; zeros where undefined.
 * @throws LookbackError `bad-weights` for a memory that is missing or misshapen.
 */
export function createSlots(
  config: ModelConfig,
  weights: StateDict,
  options: OptimizerOptions,
  remembered?: StateDict,
): Map<string, Slot> {
  const slots = new Map<string, Slot>();
  for (const [name, weight] of weights) {
    const kinds = ruleOf(name, options).kind === "muon" ? ["mean"] : ["mean", "square"];
    const memory = kinds.map((kind): [string, Tensor] => {
      const full = memoryName(name, kind);
      const own = remembered?.get(full) ?? nothing(weight.shape);
      const isMissing = remembered !== undefined && !remembered.has(full);
      if (isMissing || own.shape.join() !== weight.shape.join()) {
        throw new LookbackError(
          "bad-weights",
          `the optimizer's memory "${full}" ${isMissing ? "is missing" : `has shape [${own.shape.join(", ")}], not [${weight.shape.join(", ")}]`}`,
          { key: full },
        );
      }
      return [kind, tensor(toTraining(name, own, config, "memory"))];
    });
    slots.set(name, { weight: tensor(toTraining(name, weight, config)), memory: new Map(memory) });
  }
  return slots;
}

const nothing = (shape: readonly number[]) => ndarray(shape, new Float32Array(sizeOf(shape)));

/**
 * Weights and memories after a step along their gradients.
 *
 * @param step 1, 2, 3, …
 * @param rateFactor what all learning rates are multiplied by.
 */
export function stepped(
  slots: ReadonlyMap<string, Slot>,
  gradients: Weights,
  options: OptimizerOptions,
  step: number,
  rateFactor: number,
): Map<string, Slot> {
  const numbers = new Map<number, Tensor>(); // of AdamW by learning rate: few rates, many weights
  const adamWNumbers = (rule: AdamWOptions): Tensor => {
    const learningRate = rule.learningRate * rateFactor;
    const known = numbers.get(learningRate) ?? stepNumbers({ ...rule, learningRate }, step);
    numbers.set(learningRate, known);
    return known;
  };
  const after = new Map<string, Slot>();
  for (const [name, slot] of slots) {
    const gradient = gradients.get(name);
    if (gradient === undefined) throw new Error(`internal: ${name} has no gradient`);
    const rule = ruleOf(name, options);
    after.set(
      name,
      rule.kind === "muon"
        ? muonSlot(slot, gradient, rule.options, rateFactor)
        : adamWSlot(slot, gradient, adamWNumbers(rule.options)),
    );
  }
  return after;
}

function remembered({ memory }: Slot, kind: string): Tensor {
  const own = memory.get(kind);
  if (own === undefined) throw new Error(`internal: an optimizer has no memory of ${kind}`);
  return own;
}

function adamWSlot(slot: Slot, gradient: Tensor, numbers: Tensor): Slot {
  const moments = {
    weight: slot.weight,
    mean: remembered(slot, "mean"),
    square: remembered(slot, "square"),
  };
  const { weight, mean, square } = adamW(moments, gradient, numbers);
  const memory: [string, Tensor][] = [
    ["mean", mean],
    ["square", square],
  ];
  return { weight, memory: new Map(memory) };
}

function muonSlot(slot: Slot, gradient: Tensor, options: MuonOptions, rateFactor: number): Slot {
  const numbers = muonNumbers({ ...options, learningRate: options.learningRate * rateFactor });
  const before = { weight: slot.weight, mean: remembered(slot, "mean") };
  const { weight, mean } = muon(before, gradient, numbers, options.iterations);
  return { weight, memory: new Map([["mean", mean]]) };
}

/** All tensors of a slot. */
function slotTensors({ weight, memory }: Slot): Tensor[] {
  return [weight, ...memory.values()];
}

/** Frees slots. */
export function freeSlots(slots: ReadonlyMap<string, Slot>): void {
  for (const slot of slots.values()) for (const tensor of slotTensors(slot)) tensor.free();
}

/** Takes slots out of the scope that made them, and frees those that they take the place of. */
export function replaceSlots(
  before: ReadonlyMap<string, Slot>,
  after: ReadonlyMap<string, Slot>,
): void {
  for (const slot of after.values()) for (const tensor of slotTensors(slot)) tensor.keep();
  freeSlots(before);
}
