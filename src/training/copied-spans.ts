/**
 * @file Text that repeats itself more than text does: in some contexts a span is copied over a later
 * place, so that looking back for what followed before pays. Natural text alone teaches induction too,
 * later and more weakly; which was used has to be said of a model.
 */

import type { TokenBatch } from "../model/tokens.ts";
import type { MersenneTwister } from "../prompts/mersenne-twister.ts";
import { generatorOf, integerBetween, uniform } from "./random-of-step.ts";

/** How much is copied. */
export interface CopiedSpans {
  /** Share of contexts with a copy. */
  readonly share: number;
  /** Tokens of a copy; its length is drawn evenly on a logarithmic scale. */
  readonly shortest: number;
  readonly longest: number;
  /** The first step with copies. */
  readonly from: number;
  /**
   * Share of the copies with rivals: phrases of 2 to 8 tokens of the span also stand elsewhere, in
   * front of other text, so that the last few tokens alone do not tell which place to go on from.
   */
  readonly rivals: number;
}

const RIVAL_TOKENS = { least: 2, most: 8 };

/** Phrases of one span that stand elsewhere. */
const RIVALS = 3;

function logUniform(generator: MersenneTwister, least: number, most: number): number {
  const logarithm = Math.log(least) + uniform(generator) * Math.log((most + 1) / least);
  return Math.min(most, Math.floor(Math.exp(logarithm)));
}

/** A batch with copies in some of its contexts, as the seed and the step say. BOS stays where it is. */
export function withCopies(
  { batch, length, ids }: TokenBatch,
  { share, shortest, longest, from, rivals }: CopiedSpans,
  seed: number,
  step: number,
): TokenBatch {
  if (step < from || share === 0) return { batch, length, ids };
  const generator = generatorOf(seed, "copies", step);
  const copied = Int32Array.from(ids);
  const most = Math.min(longest, Math.floor((length - 1) / 2));
  for (let row = 0; row < batch; row++) {
    if (uniform(generator) >= share) continue;
    const context = copied.subarray(row * length, (row + 1) * length);
    const span = logUniform(generator, Math.min(shortest, most), most);
    const first = integerBetween(generator, 1, length - 2 * span);
    const second = integerBetween(generator, first + span, length - span);
    if (uniform(generator) < rivals) placeRivals(generator, context, { first, second, span });
    context.copyWithin(second, first, first + span);
  }
  return { batch, length, ids: copied };
}

/** Phrases of a span written over text in front of its copy, outside of the span itself. */
function placeRivals(
  generator: MersenneTwister,
  context: Int32Array,
  { first, second, span }: { first: number; second: number; span: number },
): void {
  for (let i = 0; i < RIVALS; i++) {
    const tokens = integerBetween(generator, RIVAL_TOKENS.least, Math.min(RIVAL_TOKENS.most, span));
    const phrase = first + integerBetween(generator, 0, span - tokens);
    const to = integerBetween(generator, 1, second - tokens);
    const overlaps = to < first + span && to + tokens > first;
    if (!overlaps) context.copyWithin(to, phrase, phrase + tokens);
  }
}
