/**
 * @file What each experiment needs at least, in floating-point operations, from its spec. A figure of one
 * head counts as its layer, whose heads come together; what is read off weights without a matmul
 * needs none.
 */

import type { Figure5Spec } from "../experiments/figure-5.ts";
import type { ExperimentName, ReproduceSpec } from "../experiments/reproduce-spec.ts";
import type { ModelConfig } from "../model/config.ts";
import { bosBugPrompts } from "../prompts/bos-bug.ts";
import { orderingPrompts } from "../prompts/ordering.ts";
import { recencyPrompts } from "../prompts/recency.ts";
import { repeatedPair, repeatedPrompts } from "../prompts/repeated.ts";
import { differenceFrom, patching, patternRows, patterns, probabilities } from "./arithmetic.ts";
import type { PatchByPositionSpec } from "./specs.ts";

/** One prompt of a kind: whatever is drawn, all have the same positions. */
const ONE = { batch: 1, seed: 0, d_vocab: 2, bos: 0 };

/** Positions up to the one that is read. */
const readLength = ({ read }: { readonly read: number }) => read + 1;

/** The row of the patterns that `position-rows.ts` shows, and the early one of `induction-random.ts`. */
const ROW = 8;
const EARLY_ROW = 7;

/** Finding heads, as `find-heads.ts` does it: patterns of all layers on two copies of random tokens. */
export function findingHeads(config: ModelConfig): number {
  const copy = Math.min(24, Math.floor((config.n_ctx - 1) / 2));
  return 64 * patterns(config, 1 + 2 * copy, config.n_layers - 1);
}

/** Patching every head at all positions, or at each, of repeated sequences. */
function patchingRepeated(
  config: ModelConfig,
  { length, batch }: Pick<PatchByPositionSpec, "length" | "batch">,
  by: "head" | "head-position",
): number {
  const { clean, changed } = repeatedPair({ ...ONE, length });
  const question = { positions: readLength(clean), firstDifference: changed, by };
  return batch * patching(config, question);
}

/** {@link patchingRepeated} by head and position. */
export function patchingByPosition(config: ModelConfig, spec: PatchByPositionSpec): number {
  return patchingRepeated(config, spec, "head-position");
}

/** {@link patchingRepeated} by head, for each length of figure 5. */
function figure5(config: ModelConfig, { rows }: Figure5Spec): number {
  return rows.reduce((sum, row) => sum + patchingRepeated(config, row, "head"), 0);
}

/** Probabilities of B and D at the end of repeated sequences. */
function repeatedAnswers(config: ModelConfig, length: number, batch: number): number {
  return batch * probabilities(config, readLength(repeatedPrompts({ ...ONE, length })));
}

/** The logit difference where a repeated sequence ends in the other one's copy; up to there nothing is new. */
function askedForD(config: ModelConfig, length: number): number {
  const { clean, changed } = repeatedPair({ ...ONE, length });
  return differenceFrom(config, { from: changed, to: readLength(clean) });
}

type Needs<N extends ExperimentName> = (
  config: ModelConfig,
  spec: ReproduceSpec[N],
  inductionLayer: number,
) => number;

const NEEDS: { readonly [N in ExperimentName]: Needs<N> } = {
  figures1And2: (config, { length, batch }, layer) =>
    batch * patterns(config, repeatedPrompts({ ...ONE, length }).tokens.length, layer),
  figure3: (config, { tokens, batch }) => batch * patterns(config, tokens + 1, 0),
  // Without tokens every prompt is the same.
  figure4: (config, { tokens }) => patterns(config, tokens + 1, 0),
  table: (config, { lengths, batch }) =>
    lengths.reduce(
      (sum, length) =>
        sum + repeatedAnswers(config, length, batch) + batch * askedForD(config, length),
      0,
    ),
  figure5,
  ordering: (config, { batch }) =>
    2 * batch * probabilities(config, readLength(orderingPrompts(ONE).ordering)),
  reversedOrder: (config, { length, batch }) => 2 * repeatedAnswers(config, length, batch),
  // The model as it is and without positions; without tokens every prompt is the same.
  positionRows: (config, { batch }) =>
    (2 * batch + 1) * patternRows(config, { positions: ROW + 1, layer: 0, queries: [ROW] }),
  bosBug: (config, { batch }) => {
    const { withBos, withoutBos } = bosBugPrompts(ONE);
    const arms = [withBos, withoutBos].map((arm) => probabilities(config, readLength(arm)));
    return batch * arms.reduce((sum, arm) => sum + arm);
  },
  recency: (config, { batch }) =>
    recencyPrompts(ONE).reduce(
      (sum, { prompts }) => sum + batch * probabilities(config, readLength(prompts)),
      0,
    ),
  inductionOnRandomTokens: (config, { tokens, batch }, layer) =>
    batch * patternRows(config, { positions: tokens, layer, queries: [EARLY_ROW, tokens - 1] }),
  tokenOnlyAblated: (config, { tokens, batch }, layer) =>
    batch * patternRows(config, { positions: tokens, layer, queries: [tokens - 1] }),
  positionalEmbeddings: () => 0,
};

/**
 * What an experiment needs at least.
 *
 * @param inductionLayer the layer of the induction head, where patterns are looked at.
 */
export function needsOf<N extends ExperimentName>(
  name: N,
  config: ModelConfig,
  spec: ReproduceSpec[N],
  inductionLayer: number,
): number {
  return NEEDS[name](config, spec, inductionLayer);
}
