/**
 * @file The machinery behind patching and ablation: run prompts, put other numbers in the place of
 * one part at a time, and measure what becomes of the logit difference.
 *
 * What does not change is not computed again. A layer is entered with the residual stream of the run
 * itself, at the positions from the first that can differ (`continued-run.ts`); the exchanged part
 * stands in for the computed one, which the engine, being lazy, then never computes; many exchanges go
 * through a layer as one batch; and places that cannot reach the answer keep the run's own score.
 */

import { oneAhead } from "../engine/one-ahead.ts";
import { scoped } from "../engine/scope.ts";
import { throwIfCancelled } from "../errors.ts";
import { equalChunks, rowsPerChunk } from "../model/chunks.ts";
import type { ForwardModel } from "../model/forward.ts";
import { checkTokens, truncateTokens } from "../model/tokens.ts";
import { checkAnswerPairs } from "../prompts/answer-pairs.ts";
import { type Component, checkGranularity, type Granularity } from "./components.ts";
import { exchangeScores, freeChunk, type Group, prepareChunk } from "./exchange-chunk.ts";
import { canReach, type Place, type PlaceShape, placeShape, placesOf } from "./places.ts";
import { type Question, readPosition } from "./question.ts";
import type { Source } from "./source.ts";

/** What to exchange, in every layer. */
export interface Exchange<By extends Granularity = Granularity> {
  readonly question: Question;
  readonly component: Component;
  readonly by: By;
  readonly source: Source;
  /** Positions before this one hold the same numbers in the source. Default 0. */
  readonly firstDifference?: number;
  readonly signal?: AbortSignal;
  /** Called with the exchanges that are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Logit differences prompt by prompt. N prompts. */
export interface ExchangeScores<By extends Granularity = Granularity> {
  /** Of the run as it is, [N]. */
  readonly base: Float32Array;
  /** Of the run that the source is, if it is one, [N]. */
  readonly source: Float32Array | undefined;
  /** With each place exchanged: one [N] a place, in row-major order of {@link placeShape}. */
  readonly exchanged: readonly Float32Array[];
  readonly placeShape: PlaceShape<By>;
}

/** The reaching places of all layers, in groups of equal size, so that each kernel is compiled once. */
function groupsOf(
  layers: readonly (readonly (readonly [index: number, place: Place])[])[],
  most: number,
): Group[] {
  return layers.flatMap((reaching, layer) => {
    const size = Math.ceil(reaching.length / Math.ceil(reaching.length / most));
    const groups: Group[] = [];
    for (let at = 0; at < reaching.length; at += size) {
      const group = reaching.slice(at, at + size);
      const last = group.at(-1) as readonly [number, Place];
      const places = Array.from({ length: size }, (_, i) => (group[i] ?? last)[1]);
      groups.push({ layer, places, indices: group.map(([index]) => index) });
    }
    return groups;
  });
}

/**
 * Scores of the run with each place of each layer exchanged, one at a time.
 *
 * @throws LookbackError `bad-spec` for a component that has no such places, and whatever is wrong
 *   with the prompts or answers.
 */
export async function exchangeEach<By extends Granularity>(
  model: ForwardModel,
  exchange: Exchange<By>,
): Promise<ExchangeScores<By>> {
  const { question, component, by, firstDifference = 0 } = exchange;
  const { config } = model;
  checkGranularity(component, by);
  checkTokens(question.tokens, config);
  const read = readPosition(question);
  checkAnswerPairs(question.answers, question.tokens, config);
  // What comes after the position that is read cannot reach it.
  const tokens = truncateTokens(question.tokens, read + 1);
  const places = placesOf(by, config.n_heads, question.tokens.length);
  const layers = Array.from({ length: config.n_layers }, (_, layer) => layer);
  const reaching = layers.map((layer) =>
    places.flatMap((place, p): [number, Place][] => {
      const isLastLayer = layer === config.n_layers - 1;
      const reaches = canReach(place, { component, read, firstDifference, isLastLayer });
      return reaches ? [[layer * places.length + p, place]] : [];
    }),
  );

  const rows = equalChunks(tokens.batch, rowsPerChunk(config, tokens.length), tokens.length);
  const variantsAtATime = Math.floor(rowsPerChunk(config, tokens.length - firstDifference) / rows);
  const groups = groupsOf(reaching, Math.max(1, variantsAtATime));
  const base = new Float32Array(tokens.batch);
  let source: Float32Array | undefined;
  const exchanged = Array.from(
    { length: layers.length * places.length },
    () => new Float32Array(tokens.batch),
  );
  const total = Math.ceil(tokens.batch / rows) * groups.length;
  let done = 0;

  /** Each piece of work puts the numbers that it reads back where they belong. */
  function* work(): Generator<() => Promise<() => void>> {
    for (let start = 0; start < tokens.batch; start += rows) {
      throwIfCancelled(exchange.signal);
      const chunk = scoped(() => prepareChunk(model, exchange, tokens, [start, start + rows]));
      const put = (scores: Float32Array, data: Float32Array) =>
        scores.set(data.subarray(0, tokens.batch - start), start);
      try {
        yield async () => {
          const reading = [chunk.base, chunk.source].map((scores) => scores?.read());
          const [own, others] = (await Promise.all(reading)).map((scores) => scores?.data);
          return () => {
            // Places that cannot reach the answer keep the run's own score.
            for (const scores of [base, ...exchanged]) put(scores, own as Float32Array);
            if (others !== undefined) {
              source ??= new Float32Array(tokens.batch);
              put(source, others);
            }
          };
        };
        for (const group of groups) {
          throwIfCancelled(exchange.signal);
          yield async () => {
            const variants = scoped(() => exchangeScores(model, chunk, component, group));
            const reading = variants.read();
            variants.free();
            const { data } = await reading; // [B, V]
            return () => {
              const width = group.places.length;
              for (const [v, index] of group.indices.entries()) {
                const scores = Float32Array.from(
                  { length: rows },
                  (_, b) => data[b * width + v] ?? 0,
                );
                put(exchanged[index] as Float32Array, scores);
              }
              done++;
              exchange.onProgress?.(done, total);
            };
          };
        }
      } finally {
        freeChunk(chunk);
      }
    }
  }
  for await (const putBack of oneAhead(work())) {
    throwIfCancelled(exchange.signal);
    putBack();
  }
  const shape = placeShape(by, config.n_layers, config.n_heads, question.tokens.length);
  return { base, source, exchanged, placeShape: shape };
}
