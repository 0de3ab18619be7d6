/**
 * @file One chunk of an exchange, on the device: some prompts' own run, the numbers that may take the
 * place of its own, and the scores of the run with them. B rows, V places exchanged, P positions up to
 * the one that is read.
 */

import { fuse } from "../engine/fuse.ts";
import { select, type Tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import { eachRepeated, type ForwardModel, type Tap } from "../model/forward.ts";
import { type HookName, positionAxisOf } from "../model/hooks.ts";
import { rowsFilledUp, type TokenBatch } from "../model/tokens.ts";
import { answersOfRows } from "../model/vocabulary.ts";
import { type Component, componentHook, isReadLocally, unchangedBeside } from "./components.ts";
import { continuedRun, type OwnRun, ownRun } from "./continued-run.ts";
import { answerDirection, logitDifference } from "./logit-difference.ts";
import { type Place, placeMask } from "./places.ts";
import type { Question } from "./question.ts";
import type { Rows, Source } from "./source.ts";

/** Places of one layer that go through the model together. */
export interface Group {
  readonly layer: number;
  readonly places: readonly Place[];
  /** The index of each among all places of all layers; fewer where the last place fills up. */
  readonly indices: readonly number[];
}

/** What a chunk is prepared for. */
export interface ChunkRequest {
  readonly question: Question;
  readonly component: Component;
  readonly source: Source;
  readonly firstDifference?: number;
}

/** Some rows on the device. */
export interface Chunk {
  readonly own: OwnRun;
  readonly other: ReadonlyMap<HookName, Tensor>;
  readonly firstDifference: number;
  /** The direction in the stream that tells the right answer from the wrong one, [B, M]. */
  readonly direction: Tensor;
  /** The right answer's bias less the wrong one's, [B]. */
  readonly bias: Tensor;
  /** Logit differences of the run as it is, [B]. */
  readonly base: Tensor;
  /** Those of the run that the source is, if it is one, [B]. */
  readonly source: Tensor | undefined;
}

/** Frees what a chunk holds; what is under way still finishes. */
export function freeChunk({
  own,
  other,
  direction,
  bias,
  base,
  source,
}: Omit<Chunk, "firstDifference">): void {
  const streams = own.streams.flatMap(({ residual, positions }) => [residual, positions]);
  const keys = own.keys.flatMap(({ k, v }) => [k, v]);
  const inputs = [own.lastInput.values, own.lastInput.qk, own.final];
  const activations = [...own.kept.values(), ...other.values()];
  for (const tensor of [...streams, ...keys, ...inputs, ...activations]) tensor?.free();
  for (const tensor of [direction, bias, base, source]) tensor?.free();
}

/** Keys and values of the last layer, once exchanged, have to be formed at all positions. */
function formsLastKeys(component: Component): boolean {
  return component === "k" || component === "v";
}

/** Runs some rows of the (truncated) prompts and their source; call inside of `scoped`. */
export function prepareChunk(
  model: ForwardModel,
  { question, component, source, firstDifference = 0 }: ChunkRequest,
  tokens: TokenBatch,
  rows: Rows,
): Chunk {
  const layers = Array.from({ length: model.config.n_layers }, (_, layer) => layer);
  const hooks = layers.map((layer) => componentHook(component, layer));
  const names = layers.flatMap((layer) => unchangedBeside(component, layer));
  const own = ownRun(
    model,
    rowsFilledUp(tokens, ...rows),
    new Set([...hooks, ...names]),
    formsLastKeys(component),
  );
  const { activations, final } = source({
    rows,
    length: tokens.length,
    from: firstDifference,
    own,
    hooks,
    formsLastKeys: formsLastKeys(component),
  });
  for (const hook of hooks) {
    checkSourceShape(
      hook,
      activations.get(hook),
      own.kept.get(hook),
      tokens.length - firstDifference,
    );
  }
  const answers = answersOfRows(question.answers, rows);
  const { direction, bias } = answerDirection(model, answers);
  const score = (input: Tensor) => logitDifference(input, direction, bias);
  return {
    own,
    // An alias, for the source may give one tensor for several hooks, or one that it goes on to use.
    other: new Map([...activations].map(([name, value]) => [name, value.alias()])),
    firstDifference,
    direction,
    bias,
    base: score(own.final),
    source: final && score(final),
  };
}

/** An activation of the wrong shape would broadcast to something without a word. */
function checkSourceShape(
  hook: HookName,
  given: Tensor | undefined,
  own: Tensor | undefined,
  positions: number,
): void {
  const axis = positionAxisOf(hook);
  const fits =
    given?.shape.length === own?.shape.length &&
    given?.shape.every((extent, i) => {
      if (i === axis) return extent === positions || (extent === 1 && own?.shape[i] === 1);
      return extent === own?.shape[i] || (i === 0 && extent === 1);
    });
  if (fits) return;
  const expected = own?.shape.map((extent, i) => (i === axis ? positions : extent)) ?? [];
  throw new LookbackError(
    "bad-shape",
    `the source gives "${hook}" as [${given?.shape.join(", ") ?? "nothing"}]; these prompts need [${expected.join(", ")}]`,
    { hook, shape: given?.shape, expected },
  );
}

/** Where the mask is one the other's numbers, elsewhere its own: [1, V, …], [B, …] twice -> [B * V, …]. */
const mixed = fuse((mask: Tensor, other: Tensor, own: Tensor) => {
  const mixture = select(mask, other.expand(1), own.expand(1)); // [B, V, …]
  const [batch = 0, variants = 0, ...rest] = mixture.shape;
  return mixture.reshape(batch * variants, ...rest);
});

/** Logit differences with each of some places of a layer exchanged, [B * V]; call inside of `scoped`. */
export function exchangeScores(
  model: ForwardModel,
  chunk: Chunk,
  component: Component,
  { layer, places }: Group,
): Tensor {
  const { own, direction, bias } = chunk;
  const isLast = layer === model.config.n_layers - 1;
  const read = (own.streams[0]?.residual.shape[1] ?? 1) - 1;
  // In the last layer only the position that is read attends.
  const from = isLast && isReadLocally(component) ? read : chunk.firstDifference;
  const positions = Array.from({ length: read + 1 - from }, (_, i) => from + i);
  const hook = componentHook(component, layer);
  const lastPositions = (name: HookName, x: Tensor) => {
    const axis = positionAxisOf(name);
    const extent = x.shape[axis] ?? 0;
    if (extent <= positions.length) return x;
    const before = Array.from({ length: axis }, () => null);
    return x.slice(...before, [extent - positions.length, extent]);
  };
  const of = (activations: ReadonlyMap<HookName, Tensor>, name: HookName) => {
    const value = activations.get(name);
    if (value === undefined) throw new Error(`internal: ${name} was not kept`);
    return lastPositions(name, value);
  };

  const ownPart = of(own.kept, hook); // [B, S, …]
  const mask = placeMask(places, component, ownPart.shape, positions);
  const replacement = mixed(mask, of(chunk.other, hook), ownPart); // [B * V, S, …]
  const unchanged = new Map(
    (isLast && !formsLastKeys(component) ? [] : unchangedBeside(component, layer)).map(
      (name) => [name, eachRepeated(of(own.kept, name), places.length)] as const,
    ),
  );
  const tap: Tap = (name, value) => (name === hook ? replacement : (unchanged.get(name) ?? value));
  const takeOver = { layer, from, variants: places.length };
  const final = continuedRun(model, own, takeOver, tap, formsLastKeys(component));
  return logitDifference(final, direction, bias);
}
