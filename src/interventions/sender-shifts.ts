/**
 * @file What the stream is shifted by when senders put out another's numbers in place of their own. B
 * rows, P positions up to the one that is read, H heads, D d_head, M d_model.
 */

import { fuse } from "../engine/fuse.ts";
import { broadcastTo, type Tensor, tensor } from "../engine/tensor.ts";
import type { LayerWeights } from "../model/device-weights.ts";
import type { ForwardModel } from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import { add } from "../model/operations.ts";
import { componentHook } from "./components.ts";
import type { OwnRun } from "./continued-run.ts";
import { type Sender, senderLabel } from "./edges.ts";
import { lastPositions, ofHead } from "./head-slices.ts";
import type { Rewiring } from "./rewiring.ts";

/** Some prompts' own run and what may take the place of its numbers. */
export interface RewirableRun {
  /** With the last layer's keys formed, and every z, the embeddings and the last layer's q kept. */
  readonly own: OwnRun;
  /** By hook: another's z `[B or 1, P, H, D]` and embeddings `[B or 1, P, M]`. */
  readonly other: ReadonlyMap<HookName, Tensor>;
  /** Whether biases are replaced by zero, as all else is. */
  readonly zeroesBiases: boolean;
}

/** An activation of the run's own. */
export function keptOf({ own }: RewirableRun, hook: HookName): Tensor {
  const value = own.kept.get(hook);
  if (value === undefined) throw new Error(`internal: ${hook} was not kept`);
  return value;
}

/** An activation of the other's. */
export function otherOf({ other }: RewirableRun, hook: HookName): Tensor {
  const value = other.get(hook);
  if (value === undefined) throw new Error(`internal: the source does not give ${hook}`);
  return value;
}

/** A layer's weights. */
export function layerWeights({ weights }: ForwardModel, layer: number): LayerWeights {
  const found = weights.layers[layer];
  if (found === undefined) throw new Error(`internal: no layer ${layer}`);
  return found;
}

/** The positions at which edges are rewired; undefined for all. */
export type Positions = Rewiring["positions"];

/** Tells shifts apart: who sends, and where. */
export function shiftKey(senders: readonly Sender[], positions: Positions): string {
  return `${senders.map(senderLabel).join("+")}@${positions?.join(",") ?? ""}`;
}

/** A difference, and the same at some positions alone: [B, P, …] twice, [1, P, 1, …]. */
const difference = fuse((other: Tensor, own: Tensor) => other.sub(own));
const differenceAt = fuse((other: Tensor, own: Tensor, mask: Tensor) => other.sub(own).mul(mask));

/** One head's z in the stream, without the bias: [B, P, 1, D], [M, D] -> [B, P, M]. */
const intoStream = fuse((z: Tensor, W_O: Tensor) => {
  const [batch = 0, positions = 0, , d_head = 0] = z.shape;
  const [d_model = 0] = W_O.shape;
  return z
    .reshape(batch * positions, d_head)
    .matmul(W_O.permute(1, 0))
    .reshape(batch, positions, d_model);
});

/** What the stream is shifted by where a layer or the logits read it. */
export interface Shift {
  /** [B, P, M]; undefined for none. */
  readonly residual: Tensor | undefined;
  /** Of the positional embedding beside the stream. */
  readonly positions: Tensor | undefined;
}

/** Shifts of one run's stream; each of a sender of the run's own is computed once. */
export class SenderShifts {
  readonly #model: ForwardModel;
  readonly #run: RewirableRun;
  readonly #length: number;
  readonly #known = new Map<string, Tensor | undefined>();

  constructor(model: ForwardModel, run: RewirableRun) {
    this.#model = model;
    this.#run = run;
    this.#length = run.own.streams[0]?.residual.shape[1] ?? 0;
  }

  /**
   * What the stream is shifted by when some senders put out another's numbers in place of their own.
   *
   * @param z the heads' outputs of this very run, by hook.
   */
  of(
    senders: readonly Sender[],
    positions: Positions,
    z: ReadonlyMap<HookName, Tensor> = this.#run.own.kept,
  ): Shift {
    const isOwn = z === this.#run.own.kept;
    let residual: Tensor | undefined;
    let beside: Tensor | undefined;
    for (const sender of senders) {
      const make = () => this.#difference(sender, positions, z);
      const shift = isOwn ? this.#once(shiftKey([sender], positions), make) : make();
      if (shift === undefined) continue;
      if (sender.kind === "pos" && this.#model.config.shortformer_pos) beside = shift;
      else if (residual === undefined) residual = shift;
      // The last layer's heads write where the answer is read, and only the logits see it.
      else {
        const count = Math.min(residual.shape[1] ?? 1, shift.shape[1] ?? 1);
        residual = add(lastPositions(residual, count), lastPositions(shift, count));
      }
    }
    return { residual, positions: beside };
  }

  #once(key: string, make: () => Tensor | undefined): Tensor | undefined {
    if (!this.#known.has(key)) this.#known.set(key, make());
    return this.#known.get(key);
  }

  /** What a sender's output in the stream changes by, [B, P, M]; undefined where it does not. */
  #difference(
    sender: Sender,
    positions: Positions,
    z: ReadonlyMap<HookName, Tensor>,
  ): Tensor | undefined {
    const { config } = this.#model;
    const between = (other: Tensor, own: Tensor) => {
      const extent = own.shape[1] ?? 1;
      const first = this.#length - extent;
      const there = lastPositions(other, extent);
      if (positions === undefined) return difference(there, own);
      const mask = Float32Array.from({ length: extent }, (_, i) =>
        positions.includes(first + i) ? 1 : 0,
      );
      const shape = own.shape.map((_, axis) => (axis === 1 ? extent : 1));
      return differenceAt(there, own, tensor({ shape, data: mask }));
    };
    if (sender.kind === "embed" || sender.kind === "pos") {
      const hook = sender.kind === "embed" ? "hook_embed" : "hook_pos_embed";
      return between(otherOf(this.#run, hook), keptOf(this.#run, hook));
    }
    const { O } = layerWeights(this.#model, sender.layer);
    const shape = [1, this.#length, config.d_model];
    if (sender.kind === "bias") {
      if (!this.#run.zeroesBiases) return undefined;
      const zero = tensor({ shape, data: new Float32Array(this.#length * config.d_model) });
      return between(zero, broadcastTo(O.bias.expand(0).expand(0), shape));
    }
    const hook = componentHook("z", sender.layer);
    const own = z.get(hook);
    if (own === undefined) throw new Error(`internal: ${hook} was not kept`);
    const change = between(ofHead(otherOf(this.#run, hook), sender.head), ofHead(own, sender.head));
    const columns = [sender.head * config.d_head, (sender.head + 1) * config.d_head] as const;
    return intoStream(change, O.matrix.slice(null, columns));
  }
}
