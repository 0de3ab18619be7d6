/**
 * @file A run that goes on where another has been. Two prompts that are the same up to a position have
 * the same activations up to there, so what comes before is run once, and of everything that differs
 * only the positions from there on: the other prompt, and every variant of either that a patch makes.
 *
 * B rows (prompts), V variants of each, one behind the other; P positions up to the one that is read, S
 * of them from the first that may differ.
 */

import { switchDevice } from "../engine/device.ts";
import type { Tensor } from "../engine/tensor.ts";
import {
  attentionLayer,
  eachRepeated,
  embed,
  type ForwardModel,
  finalNorm,
  type KeysBefore,
  type LayerInput,
  lastLayerAt,
  readStream,
  type Stream,
  selectPositions,
  type Tap,
} from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import type { TokenBatch } from "../model/tokens.ts";

const silent: Tap = (_, value) => value;

/** A tap that keeps what passes certain hook points. */
export function keepingTap(kept: Map<HookName, Tensor>, names: ReadonlySet<HookName>): Tap {
  return (name, value) => {
    if (names.has(name)) kept.set(name, value);
    return value;
  };
}

/** What a run reads at its last position: [rows, 1, M], as the unembedding has it. */
type FinalInput = Tensor;

/** Prompts that were run up to the position that is read, and what of it another run can go on from. */
export interface OwnRun {
  /** The stream at the entry of each layer, [B, P, M]. */
  readonly streams: readonly Stream[];
  /** Keys and values of each layer at all P positions, formed only if somebody asks. */
  readonly keys: readonly KeysBefore[];
  /** Activations that were asked for, [B, P, …]; in the last layer [B, 1, …] where only the read one is. */
  readonly kept: ReadonlyMap<HookName, Tensor>;
  /** What the last layer reads, [B, P, M]. */
  readonly lastInput: LayerInput;
  readonly final: FinalInput;
}

/**
 * Runs prompts whose last position is read; call inside of `scoped`.
 *
 * @param names activations to keep.
 * @param formsLastKeys whether the last layer is run everywhere, because its keys or values matter.
 */
export function ownRun(
  model: ForwardModel,
  tokens: TokenBatch,
  names: ReadonlySet<HookName>,
  formsLastKeys: boolean,
): OwnRun {
  switchDevice(model.device);
  const last = model.config.n_layers - 1;
  const kept = new Map<HookName, Tensor>();
  const tap = keepingTap(kept, names);
  const streams: Stream[] = [];
  const keys: KeysBefore[] = [];
  let stream = embed(model, tokens, "total", tap);
  for (let layer = 0; layer <= last; layer++) {
    streams.push(stream);
    if (layer === last && !formsLastKeys) break;
    const formed = new Map<HookName, Tensor>();
    const [k, v] = [`blocks.${layer}.attn.hook_k`, `blocks.${layer}.attn.hook_v`] as const;
    const keeping = keepingTap(formed, new Set<HookName>([k, v]));
    stream = attentionLayer(model, layer, stream, (name, value) => tap(name, keeping(name, value)));
    keys.push({ k: formed.get(k) as Tensor, v: formed.get(v) as Tensor });
  }
  const read = tokens.length - 1;
  const residual = formsLastKeys
    ? selectPositions(stream.residual, [read])
    : lastLayerAt(model, [read], stream, tap).residual;
  return {
    streams,
    keys,
    kept,
    lastInput: readStream(model, last, streams[last] as Stream, silent),
    final: finalNorm(model, residual, silent),
  };
}

/** Where another run takes over from one's own. */
export interface TakeOver {
  readonly layer: number;
  /** The first position that it runs; those before are its own run's. */
  readonly from: number;
  /** Variants of each row. */
  readonly variants: number;
}

/**
 * Goes on from the entry of a layer at the positions from one on, up to what the unembedding reads at
 * the last position, [B * V, 1, M]; call inside of `scoped`.
 *
 * @param tap sees and replaces activations `[B * V, S, …]`.
 * @param residual the stream to go on with, [B * V, S, M]; default that of the own run, for each variant.
 * @param formsLastKeys whether the last layer is run at all S positions, not only at the last.
 */
export function continuedRun(
  model: ForwardModel,
  own: OwnRun,
  { layer: first, from, variants }: TakeOver,
  tap: Tap,
  formsLastKeys: boolean,
  residual?: Tensor,
): FinalInput {
  switchDevice(model.device);
  const last = model.config.n_layers - 1;
  const ownStream = own.streams[first] as Stream;
  const positions = ownStream.residual.shape[1] ?? 0;
  let stream: Stream = {
    residual: residual ?? eachRepeated(fromOn(ownStream.residual, from), variants),
    positions: ownStream.positions && fromOn(ownStream.positions, from).slice([0, 1]),
  };
  for (let layer = first; layer < last; layer++) {
    stream = attentionLayer(model, layer, stream, tap, keysBefore(own, layer, from));
  }
  const read = positions - from - 1;
  if (!formsLastKeys) {
    stream = lastLayerAt(model, [read], stream, tap, inputBefore(own, from));
  } else {
    stream = attentionLayer(model, last, stream, tap, keysBefore(own, last, from));
    stream = { ...stream, residual: selectPositions(stream.residual, [read]) };
  }
  return finalNorm(model, stream.residual, silent);
}

/** An activation `[B, P, …]` from a position on. */
function fromOn(x: Tensor, from: number): Tensor {
  return from === 0 ? x : x.slice(null, [from, x.shape[1] ?? 0]);
}

function keysBefore(own: OwnRun, layer: number, from: number): KeysBefore | undefined {
  const keys = own.keys[layer];
  if (from === 0 || keys === undefined) return undefined;
  return { k: keys.k.slice(null, [0, from]), v: keys.v.slice(null, [0, from]) };
}

function inputBefore({ lastInput }: OwnRun, from: number): LayerInput | undefined {
  if (from === 0) return undefined;
  const before = (x: Tensor) => x.slice(null, [0, from]);
  return { values: before(lastInput.values), qk: before(lastInput.qk) };
}
