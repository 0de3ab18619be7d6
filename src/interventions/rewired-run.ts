/**
 * @file A run with some heads and edges rewired, on the device. Everything behind what was rewired is
 * computed anew; everything else is the run's own. B rows, P positions up to the one that is read, H
 * heads, D d_head, M d_model.
 */

import { fuse } from "../engine/fuse.ts";
import { concatenate, broadcastTo as spread, type Tensor, tensor } from "../engine/tensor.ts";
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
import type { OwnRun } from "./continued-run.ts";
import { HEAD_INPUTS, type HeadInput, type Sender, senderLabel } from "./edges.ts";
import { firstLayer, type Rewiring, sendersInto } from "./rewiring.ts";

/** Some prompts' own run and what may take the place of its numbers. */
export interface RewirableRun {
  /** With the last layer's keys formed, and every z, the embeddings and the last layer's q kept. */
  readonly own: OwnRun;
  /** By hook: another's z `[B or 1, P, H, D]` and embeddings `[B or 1, P, M]`. */
  readonly other: ReadonlyMap<HookName, Tensor>;
  /** Whether biases are replaced by zero, as all else is. */
  readonly zeroesBiases: boolean;
}

/** One head's slice of `[B, P, H, D]`, as [B, P, 1, D]. */
function ofHead(x: Tensor, head: number): Tensor {
  return x.slice(null, null, [head, head + 1]);
}

/** `[B, P, H, D]` with some heads exchanged. */
function withHeads(x: Tensor, heads: ReadonlyMap<number, Tensor>): Tensor {
  if (heads.size === 0) return x;
  const [, , count = 0] = x.shape;
  return concatenate(
    Array.from({ length: count }, (_, head) => heads.get(head) ?? ofHead(x, head)),
    2,
  );
}

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

/** A difference, and the same at some positions alone: [B, P, …] twice, [1, P, 1, …]. */
const difference = fuse((other: Tensor, own: Tensor) => other.sub(own));
const differenceAt = fuse((other: Tensor, own: Tensor, mask: Tensor) => other.sub(own).mul(mask));

/** What the stream is shifted by where a layer or the logits read it. */
interface Shift {
  /** [B, P, M]; undefined for none. */
  readonly residual: Tensor | undefined;
  /** Of the positional embedding beside the stream. */
  readonly positions: Tensor | undefined;
}

/**
 * Rewires a run; one of these serves many rewirings inside of one scope, and what they have in common
 * is computed once.
 */
export class Rewirer {
  readonly #model: ForwardModel;
  readonly #run: RewirableRun;
  readonly #last: number;
  readonly #length: number;
  /** What senders of the run's own differ by, and inputs of the last layer shifted by it. */
  readonly #known = new Map<string, Tensor | undefined>();

  constructor(model: ForwardModel, run: RewirableRun) {
    this.#model = model;
    this.#run = run;
    this.#last = model.config.n_layers - 1;
    this.#length = run.own.streams[0]?.residual.shape[1] ?? 0;
  }

  /** What the unembedding reads of the rewired run: [B, 1, M]. Call inside of `scoped`. */
  final(rewiring: Rewiring): Tensor {
    const first = firstLayer(rewiring, this.#model.config);
    const { own } = this.#run;
    let current: ReadonlyMap<HookName, Tensor> = own.kept;
    let residual: Tensor; // [B, 1, M]
    if (first >= this.#last) {
      const z = first > this.#last ? this.#ownZ() : this.#lastZ(rewiring);
      current = new Map([...own.kept, [this.#zHook(this.#last), z]]);
      residual = this.#afterLast(z);
    } else {
      const run = this.#fullRun(rewiring, first);
      current = run.z;
      residual = run.residual;
    }
    const senders = sendersInto(rewiring, (to) => to.kind === "logits");
    const shift = this.#shift(senders, rewiring, current).residual;
    const shifted = shift === undefined ? residual : add(residual, this.#atRead(shift));
    return finalNorm(this.#model, shifted, (_, value) => value);
  }

  #zHook(layer: number): HookName {
    return `blocks.${layer}.attn.hook_z`;
  }

  /** The last of the positions that a tensor `[B, P, …]` has. */
  #atRead(x: Tensor): Tensor {
    const positions = x.shape[1] ?? 1;
    return positions === 1 ? x : x.slice(null, [positions - 1, positions]);
  }

  #kept(name: HookName): Tensor {
    const value = this.#run.own.kept.get(name);
    if (value === undefined) throw new Error(`internal: ${name} was not kept`);
    return value;
  }

  /** z of the last layer where the answer is read, [B, 1, H, D]. */
  #ownZ(): Tensor {
    return this.#atRead(this.#kept(this.#zHook(this.#last)));
  }

  /** The stream after the last layer, whose heads put out z: [B, 1, H, D] -> [B, 1, M]. */
  #afterLast(z: Tensor): Tensor {
    const { O } = this.#layer(this.#last);
    const before = this.#run.own.streams[this.#last] as Stream;
    return add(this.#atRead(before.residual), streamFromHeads(z, O.matrix, O.bias));
  }

  #layer(layer: number) {
    const weights = this.#model.weights.layers[layer];
    if (weights === undefined) throw new Error(`internal: no layer ${layer}`);
    return weights;
  }

  /** z of the last layer where nothing before it changed: only rewired heads attend anew. [B, 1, H, D] */
  #lastZ(rewiring: Rewiring): Tensor {
    const { own } = this.#run;
    const layer = this.#last;
    const changed = new Map<number, Tensor>();
    const keys = own.keys[layer];
    if (keys === undefined) throw new Error("internal: the last layer's keys were not formed");
    const parts: Record<HeadInput, Tensor> = {
      q: this.#atRead(this.#kept(`blocks.${layer}.attn.hook_q`)),
      k: keys.k,
      v: keys.v,
    };
    for (const head of this.#rewiredHeads(rewiring, layer)) {
      const part = (input: HeadInput) => {
        const senders = this.#sendersTo(rewiring, layer, head, input);
        if (senders.length === 0) return ofHead(parts[input], head);
        const key = `${input}${head} ${this.#key(senders, rewiring)}`;
        return this.#once(key, () => {
          const shifted = this.#ownInput(senders, rewiring, input); // [B, P, M]
          return this.#project(layer, head, input, input === "q" ? this.#atRead(shifted) : shifted);
        }) as Tensor;
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
      const whole = ofHead(this.#other(this.#zHook(layer)), head);
      const [, extent = 0, ...rest] = whole.shape;
      const count = Math.min(extent, positions);
      const part = spread(whole.slice(null, [extent - count, extent]), [batch, count, ...rest]);
      // Of the last layer the source gives the position alone that is read.
      const end = [positions - count, positions] as const;
      replaced.set(head, ofHead(z, head).withSlice(1, end, part));
    }
    return replaced;
  }

  #other(hook: HookName): Tensor {
    const value = this.#run.other.get(hook);
    if (value === undefined) throw new Error(`internal: the source does not give ${hook}`);
    return value;
  }

  /** The layers from `first` on, whole, with what is rewired in each. */
  #fullRun(rewiring: Rewiring, first: number) {
    const { own } = this.#run;
    const z = new Map(own.kept);
    let stream = own.streams[first] as Stream;
    for (let layer = first; layer <= this.#last; layer++) {
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
            const shifted = this.#input(layer, entry, this.#shift(senders, rewiring, z), input);
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

  #key(senders: readonly Sender[], { positions }: Rewiring): string {
    return `${senders.map(senderLabel).join("+")}@${positions?.join(",") ?? ""}`;
  }

  #once(key: string, make: () => Tensor | undefined): Tensor | undefined {
    if (!this.#known.has(key)) this.#known.set(key, make());
    return this.#known.get(key);
  }

  /** What queries and keys, or values, of the last layer read of the run's own stream, shifted. */
  #ownInput(senders: readonly Sender[], rewiring: Rewiring, input: HeadInput): Tensor {
    const reads = input === "v" ? "v" : "qk";
    return this.#once(`${reads} ${this.#key(senders, rewiring)}`, () => {
      const { own } = this.#run;
      const stream = own.streams[this.#last] as Stream;
      return this.#input(this.#last, stream, this.#shift(senders, rewiring, own.kept), input);
    }) as Tensor;
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
    const { Q, K, V } = this.#layer(layer);
    const { matrix, bias } = { q: Q, k: K, v: V }[input];
    const { d_head } = this.#model.config;
    const rows = [head * d_head, (head + 1) * d_head] as const;
    return headsFromStream(1)(x, matrix.slice(rows), bias.slice(rows));
  }

  /**
   * What the stream is shifted by when some senders put out another's numbers in place of their own.
   *
   * @param z the heads' outputs of this very run, by hook.
   */
  #shift(senders: readonly Sender[], rewiring: Rewiring, z: ReadonlyMap<HookName, Tensor>): Shift {
    const isOwn = z === this.#run.own.kept;
    let residual: Tensor | undefined;
    let positions: Tensor | undefined;
    for (const sender of senders) {
      const make = () => this.#differenceOf(sender, rewiring, z);
      const shift = isOwn ? this.#once(`Δ ${this.#key([sender], rewiring)}`, make) : make();
      if (shift === undefined) continue;
      if (sender.kind === "pos" && this.#model.config.shortformer_pos) positions = shift;
      else if (residual === undefined) residual = shift;
      // The last layer's heads write where the answer is read, and only the logits see it.
      else residual = add(this.#matching(residual, shift), this.#matching(shift, residual));
    }
    return { residual, positions };
  }

  #matching(x: Tensor, beside: Tensor): Tensor {
    return x.shape[1] === beside.shape[1] ? x : this.#atRead(x);
  }

  /** What a sender's output in the stream changes by, [B, P, M]; undefined where it does not. */
  #differenceOf(
    sender: Sender,
    { positions }: Rewiring,
    z: ReadonlyMap<HookName, Tensor>,
  ): Tensor | undefined {
    const { config } = this.#model;
    const between = (other: Tensor, own: Tensor) => {
      const extent = own.shape[1] ?? 1;
      const first = this.#length - extent;
      const given = other.shape[1] ?? 1;
      const there = given > extent ? other.slice(null, [given - extent, given]) : other;
      if (positions === undefined) return difference(there, own);
      const mask = Float32Array.from({ length: extent }, (_, i) =>
        positions.includes(first + i) ? 1 : 0,
      );
      const shape = own.shape.map((_, axis) => (axis === 1 ? extent : 1));
      return differenceAt(there, own, tensor({ shape, data: mask }));
    };
    if (sender.kind === "embed" || sender.kind === "pos") {
      const hook = sender.kind === "embed" ? "hook_embed" : "hook_pos_embed";
      return between(this.#other(hook), this.#kept(hook));
    }
    const { O } = this.#layer(sender.layer);
    const shape = [1, this.#length, config.d_model];
    if (sender.kind === "bias") {
      if (!this.#run.zeroesBiases) return undefined;
      const zero = tensor({ shape, data: new Float32Array(this.#length * config.d_model) });
      return between(zero, spread(O.bias.expand(0).expand(0), shape));
    }
    const hook = this.#zHook(sender.layer);
    const own = z.get(hook);
    if (own === undefined) throw new Error(`internal: ${hook} was not kept`);
    const change = between(ofHead(this.#other(hook), sender.head), ofHead(own, sender.head));
    const columns = [sender.head * config.d_head, (sender.head + 1) * config.d_head] as const;
    return intoStream(change, O.matrix.slice(null, columns));
  }
}

/** One head's z in the stream, without the bias: [B, P, 1, D], [M, D] -> [B, P, M]. */
const intoStream = fuse((z: Tensor, W_O: Tensor) => {
  const [batch = 0, positions = 0, , d_head = 0] = z.shape;
  const [d_model = 0] = W_O.shape;
  return z
    .reshape(batch * positions, d_head)
    .matmul(W_O.permute(1, 0))
    .reshape(batch, positions, d_model);
});
