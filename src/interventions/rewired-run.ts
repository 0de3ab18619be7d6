/**
 * @file A run with some heads and edges rewired, on the device. Everything behind what was rewired is
 * computed anew; everything else is the run's own. B rows, P positions up to the one that is read, H
 * heads, D d_head, M d_model.
 */

import { fuse } from "../engine/fuse.ts";
import { broadcastTo, type Tensor } from "../engine/tensor.ts";
import {
  attentionLayer,
  type ForwardModel,
  finalNorm,
  lastLayerAt,
  readStream,
  type Stream,
  selectPositions,
  type Tap,
} from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import { add, headsFromStream, streamFromHeads } from "../model/operations.ts";
import { componentHook } from "./components.ts";
import { HEAD_INPUTS, type HeadInput, type Sender } from "./edges.ts";
import { lastPositions, ofHead, withHeads } from "./head-slices.ts";
import { firstLayer, type Rewiring, sendersInto } from "./rewiring.ts";
import {
  keptOf,
  layerWeights,
  otherOf,
  type RewirableRun,
  SenderShifts,
  type Shift,
  shiftKey,
} from "./sender-shifts.ts";

/** One head's attention from the last of P positions: [B, 1, 1, D], [B, P, 1, D] twice -> [B, 1, 1, D]. */
const attendFromLast = fuse((q: Tensor, k: Tensor, v: Tensor) => {
  const [batch = 0, positions = 0, , d_head = 1] = k.shape;
  const rows = (x: Tensor, count: number) => x.reshape(batch, count, d_head);
  return rows(q, 1)
    .matmul(rows(k, positions).permute(0, 2, 1))
    .div(Math.sqrt(d_head)) // [B, 1, P]
    .softmax()
    .matmul(rows(v, positions)) // [B, 1, D]
    .reshape(batch, 1, 1, d_head);
});

/**
 * Rewires a run; one of these serves many rewirings inside of one scope, and what they have in common
 * is computed once.
 */
export class Rewirer {
  readonly #model: ForwardModel;
  readonly #run: RewirableRun;
  readonly #last: number;
  readonly #length: number;
  readonly #shifts: SenderShifts;
  /** Inputs of the last layer, shifted, and heads' queries, keys and values of them. */
  readonly #known = new Map<string, Tensor>();

  constructor(model: ForwardModel, run: RewirableRun) {
    this.#model = model;
    this.#run = run;
    this.#last = model.config.n_layers - 1;
    this.#length = run.own.streams[0]?.residual.shape[1] ?? 0;
    this.#shifts = new SenderShifts(model, run);
  }

  /** What the unembedding reads of the rewired run: [B, 1, M]. Call inside of `scoped`. */
  final(rewiring: Rewiring): Tensor {
    const first = firstLayer(rewiring, this.#model.config);
    const { own } = this.#run;
    let current: ReadonlyMap<HookName, Tensor> = own.kept;
    let residual: Tensor; // [B, 1, M]
    if (first >= this.#last) {
      const z = first > this.#last ? this.#ownZ() : this.#lastZ(rewiring);
      current = new Map([...own.kept, [componentHook("z", this.#last), z]]);
      residual = this.#afterLast(z);
    } else {
      const run = this.#fullRun(rewiring, first);
      current = run.z;
      residual = run.residual;
    }
    const senders = sendersInto(rewiring, (to) => to.kind === "logits");
    const shift = this.#shifts.of(senders, rewiring.positions, current).residual;
    const shifted = shift === undefined ? residual : add(residual, lastPositions(shift));
    return finalNorm(this.#model, shifted, (_, value) => value);
  }

  /** z of the last layer where the answer is read, [B, 1, H, D]. */
  #ownZ(): Tensor {
    return lastPositions(keptOf(this.#run, componentHook("z", this.#last)));
  }

  /** The stream after the last layer, whose heads put out z: [B, 1, H, D] -> [B, 1, M]. */
  #afterLast(z: Tensor): Tensor {
    const { O } = layerWeights(this.#model, this.#last);
    const before = this.#run.own.streams[this.#last] as Stream;
    return add(lastPositions(before.residual), streamFromHeads(z, O.matrix, O.bias));
  }

  /** z of the last layer where nothing before it changed: only rewired heads attend anew. [B, 1, H, D] */
  #lastZ(rewiring: Rewiring): Tensor {
    const { own } = this.#run;
    const layer = this.#last;
    const changed = new Map<number, Tensor>();
    const keys = own.keys[layer];
    if (keys === undefined) throw new Error("internal: the last layer's keys were not formed");
    const parts: Record<HeadInput, Tensor> = {
      q: lastPositions(keptOf(this.#run, `blocks.${layer}.attn.hook_q`)),
      k: keys.k,
      v: keys.v,
    };
    for (const head of this.#rewiredHeads(rewiring, layer)) {
      const part = (input: HeadInput) => {
        const senders = this.#sendersTo(rewiring, layer, head, input);
        if (senders.length === 0) return ofHead(parts[input], head);
        const key = `${input}${head} ${shiftKey(senders, rewiring.positions)}`;
        return this.#once(key, () => {
          const shifted = this.#ownInput(senders, rewiring, input); // [B, P, M]
          return this.#project(
            layer,
            head,
            input,
            input === "q" ? lastPositions(shifted) : shifted,
          );
        });
      };
      changed.set(head, attendFromLast(part("q"), part("k"), part("v")));
    }
    const z = this.#ownZ();
    return withHeads(z, new Map([...changed, ...this.#replacedHeads(rewiring, layer, z)]));
  }

  /** Whole heads of a layer that another's output replaces, as far as the source has it: of z [B, P, H, D]. */
  #replacedHeads({ heads = [] }: Rewiring, layer: number, z: Tensor): Map<number, Tensor> {
    const [batch = 0, positions = 0] = z.shape;
    const replaced = new Map<number, Tensor>();
    for (const { head, layer: of } of heads) {
      if (of !== layer) continue;
      const whole = ofHead(otherOf(this.#run, componentHook("z", layer)), head);
      const [, extent = 0, ...rest] = whole.shape;
      const count = Math.min(extent, positions);
      const part = broadcastTo(whole.slice(null, [extent - count, extent]), [
        batch,
        count,
        ...rest,
      ]);
      // Of the last layer the source gives the position alone that is read.
      const end = [positions - count, positions] as const;
      replaced.set(head, ofHead(z, head).withSlice(1, end, part));
    }
    return replaced;
  }

  /**
   * The stream after the first layer that differs, where whole heads are all that differs in it: the run's
   * own, shifted. Nothing of that layer is computed again.
   */
  #afterHeads(
    { heads = [], edges = [] }: Rewiring,
    layer: number,
    z: Map<HookName, Tensor>,
  ): Stream {
    const replaced = heads.filter((head) => head.layer === layer);
    const senders = replaced.map((head): Sender => ({ kind: "head", ...head }));
    const after = this.#run.own.streams[layer + 1] as Stream;
    const { residual } = this.#shifts.of(senders, undefined);
    if (edges.length > 0) {
      const hook = componentHook("z", layer);
      const whole = keptOf(this.#run, hook);
      z.set(hook, withHeads(whole, this.#replacedHeads({ heads: replaced }, layer, whole)));
    }
    return residual === undefined ? after : { ...after, residual: add(after.residual, residual) };
  }

  /** The layers from `first` on, with what is rewired in each. */
  #fullRun(rewiring: Rewiring, first: number) {
    const { own } = this.#run;
    const z = new Map(own.kept);
    const headsAlone = this.#rewiredHeads(rewiring, first).length === 0;
    let stream = headsAlone ? this.#afterHeads(rewiring, first, z) : (own.streams[first] as Stream);
    for (let layer = headsAlone ? first + 1 : first; layer <= this.#last; layer++) {
      const at = `blocks.${layer}.attn` as const;
      const rewired = this.#rewiredHeads(rewiring, layer);
      let entry = stream;
      const tap: Tap = (name, value) => {
        if (name === `blocks.${layer}.hook_resid_pre`) entry = { ...stream, residual: value };
        for (const input of HEAD_INPUTS) {
          if (name !== `${at}.hook_${input}`) continue;
          const heads = new Map<number, Tensor>();
          for (const head of rewired) {
            const senders = this.#sendersTo(rewiring, layer, head, input);
            if (senders.length === 0) continue;
            const shifted = this.#input(
              layer,
              entry,
              this.#shifts.of(senders, rewiring.positions, z),
              input,
            );
            heads.set(head, this.#project(layer, head, input, shifted));
          }
          return withHeads(value, heads);
        }
        if (name === `${at}.hook_z`) {
          const replaced = withHeads(value, this.#replacedHeads(rewiring, layer, value));
          z.set(name, replaced);
          return replaced;
        }
        return value;
      };
      stream =
        layer === this.#last && rewired.length === 0
          ? lastLayerAt(this.#model, [this.#length - 1], stream, tap)
          : attentionLayer(this.#model, layer, stream, tap);
    }
    const positions = stream.residual.shape[1] ?? 1;
    return { residual: selectPositions(stream.residual, [positions - 1]), z };
  }

  /** Heads of a layer that edges lead to. */
  #rewiredHeads({ edges = [] }: Rewiring, layer: number): number[] {
    const heads = edges.flatMap(({ to }) =>
      to.kind === "input" && to.layer === layer ? [to.head] : [],
    );
    return [...new Set(heads)];
  }

  #sendersTo(rewiring: Rewiring, layer: number, head: number, input: HeadInput) {
    return sendersInto(
      rewiring,
      (to) => to.kind === "input" && to.layer === layer && to.head === head && to.input === input,
    );
  }

  #once(key: string, make: () => Tensor): Tensor {
    const value = this.#known.get(key) ?? make();
    this.#known.set(key, value);
    return value;
  }

  /** What queries and keys, or values, of the last layer read of the run's own stream, shifted. */
  #ownInput(senders: readonly Sender[], rewiring: Rewiring, input: HeadInput): Tensor {
    const reads = input === "v" ? "v" : "qk";
    return this.#once(`${reads} ${shiftKey(senders, rewiring.positions)}`, () => {
      const { own } = this.#run;
      const stream = own.streams[this.#last] as Stream;
      return this.#input(this.#last, stream, this.#shifts.of(senders, rewiring.positions), input);
    });
  }

  #input(layer: number, stream: Stream, shift: Shift, input: HeadInput): Tensor {
    const residual =
      shift.residual === undefined ? stream.residual : add(stream.residual, shift.residual);
    const positions =
      stream.positions !== undefined && shift.positions !== undefined
        ? add(stream.positions, shift.positions)
        : stream.positions;
    const read = readStream(this.#model, layer, { residual, positions }, (_, value) => value);
    return input === "v" ? read.values : read.qk;
  }

  /** One head's queries, keys or values of what it reads: [B, P, M] -> [B, P, 1, D]. */
  #project(layer: number, head: number, input: HeadInput, x: Tensor): Tensor {
    const { Q, K, V } = layerWeights(this.#model, layer);
    const { matrix, bias } = { q: Q, k: K, v: V }[input];
    const { d_head } = this.#model.config;
    const rows = [head * d_head, (head + 1) * d_head] as const;
    return headsFromStream(1)(x, matrix.slice(rows), bias.slice(rows));
  }
}
