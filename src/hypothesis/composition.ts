/**
 * @file What the weights say of who reads whom, beside what the prompts say: composition scores of every
 * pair of heads, against those of random weights.
 */

import {
  COMPOSITION_MODES,
  type CompositionMode,
  compositionScores,
} from "../circuits/composition.ts";
import {
  type ComposingPair,
  type CompositionBaseline,
  composingPairs,
  compositionBaseline,
} from "../circuits/composition-baseline.ts";
import { circuitWeights } from "../model/processing.ts";
import { checkWeights } from "../model/weights.ts";
import type { HypothesisContext } from "./context.ts";

/** The draws of the random weights. */
export interface CompositionSpec {
  readonly draws: number;
  readonly seed: number;
}

/** As plain JSON. */
export interface CompositionResult {
  readonly spec: CompositionSpec;
  readonly baseline: CompositionBaseline;
  /** All pairs by what the later head reads with, strongest first; none where the weights are not at hand. */
  readonly pairs: Readonly<Record<CompositionMode, readonly ComposingPair[]>>;
}

/** Composition scores of the weights with LayerNorm folded in and centred, as the stream is read. */
export async function composition(
  { model, source }: HypothesisContext,
  spec: CompositionSpec,
): Promise<CompositionResult> {
  const baseline = compositionBaseline(model.config, spec);
  const pairs = (mode: CompositionMode): ComposingPair[] => {
    if (source === undefined) return [];
    const checked = checkWeights(source.weights, source.config);
    const { weights, config } = circuitWeights(checked, source.config);
    return composingPairs(compositionScores(weights, config, mode), baseline);
  };
  const [Q = [], K = [], V = []] = COMPOSITION_MODES.map(pairs);
  return { spec, baseline, pairs: { Q, K, V } };
}
