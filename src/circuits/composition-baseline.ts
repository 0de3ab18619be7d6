/**
 * @file Which composition scores mean nothing: those that random weights have. Two matrices of low rank in a
 * space of d_model dimensions overlap by chance, so a score is to be read against chance.
 */

import { type HeadIndex, headLabel } from "../model/heads.ts";
import { MersenneTwister } from "../prompts/mersenne-twister.ts";
import { checkInteger } from "../prompts/spec.ts";
import { compositionScore } from "./composition.ts";
import { type FactoredMatrix, factored } from "./factored-matrix.ts";
import type { Matrix } from "./matrix.ts";

/** How the baseline is drawn. */
export interface BaselineRequest {
  /** Number of pairs of random heads, 2 or more. Default 200. */
  readonly draws?: number | undefined;
  /** Seed of the Mersenne Twister. Default 0. */
  readonly seed?: number | undefined;
}

/** Composition scores of random heads. */
export interface CompositionBaseline {
  readonly mean: number;
  readonly standardDeviation: number;
  /** The score that one draw in twenty is above. */
  readonly quantile95: number;
  readonly max: number;
  readonly draws: number;
  readonly seed: number;
}

/** Standard normal numbers (Box and Muller, 1958), each pair from two 32-bit outputs. */
function* normals(seed: number): Generator<number, never> {
  const generator = new MersenneTwister(seed);
  while (true) {
    // Never 0, of which there is no logarithm.
    const radius = Math.sqrt(-2 * Math.log((generator.uint32() + 0.5) / 2 ** 32));
    const angle = (2 * Math.PI * generator.uint32()) / 2 ** 32;
    yield radius * Math.cos(angle);
    yield radius * Math.sin(angle);
  }
}

/**
 * Composition scores of pairs of heads whose factors are Gaussian, of a model's shape: about
 * 1 / √d_model. One baseline serves Q, K and V alike, since a random W_Q W_Kᵀ, its transpose and a
 * random W_V W_O are distributed alike.
 *
 * It says what overlap chance brings, not what training brings: heads that all use a few large
 * directions of the stream score above it without composing for any purpose.
 *
 * @throws LookbackError `bad-spec` naming the field that cannot be.
 */
export function compositionBaseline(
  { d_model, d_head }: { readonly d_model: number; readonly d_head: number },
  { draws = 200, seed = 0 }: BaselineRequest = {},
): CompositionBaseline {
  checkInteger("draws", draws, { min: 2, why: "one draw has no spread" });
  const random = normals(seed);
  const gaussian = (rows: number, columns: number): Matrix => {
    const data = new Float64Array(rows * columns);
    for (let i = 0; i < data.length; i++) data[i] = random.next().value;
    return { rows, columns, data };
  };
  const circuit = (): FactoredMatrix =>
    factored(gaussian(d_model, d_head), gaussian(d_head, d_model));
  const scores = Float64Array.from({ length: draws }, () =>
    compositionScore(circuit(), circuit()),
  ).sort();
  const mean = scores.reduce((sum, score) => sum + score, 0) / draws;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return {
    mean,
    standardDeviation: Math.sqrt(squares / (draws - 1)),
    quantile95: scores[Math.ceil(0.95 * draws) - 1] as number,
    max: scores[draws - 1] as number,
    draws,
    seed,
  };
}

/** A pair of heads beside the baseline. */
export interface ComposingPair {
  /** Label of the head that writes, `L0H4`. */
  readonly writer: string;
  /** Label of the later head that reads. */
  readonly reader: string;
  readonly score: number;
  /** The score over the baseline's mean. */
  readonly ratio: number;
  /** How far the score is above the baseline's mean, in its standard deviations. */
  readonly deviations: number;
}

/**
 * All pairs of a head and a later one beside the baseline, strongest first.
 *
 * @param scores As `compositionScores` gives them.
 */
export function composingPairs(
  scores: readonly (readonly (readonly (readonly number[])[])[])[],
  { mean, standardDeviation }: CompositionBaseline,
): ComposingPair[] {
  const heads: HeadIndex[] = scores.flatMap((layerHeads, layer) =>
    layerHeads.map((_, head) => ({ layer, head })),
  );
  const pairs = heads.flatMap((writer) =>
    heads
      .filter((reader) => reader.layer > writer.layer)
      .map((reader): ComposingPair => {
        const score = scores[writer.layer]?.[writer.head]?.[reader.layer]?.[reader.head] as number;
        return {
          writer: headLabel(writer),
          reader: headLabel(reader),
          score,
          ratio: score / mean,
          deviations: (score - mean) / standardDeviation,
        };
      }),
  );
  return pairs.sort((a, b) => b.score - a.score);
}
