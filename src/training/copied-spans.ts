/**
 * @file Text that repeats itself more than text does: some contexts become a chain of passages that come
 * back further on, so that looking back for what followed before pays. Natural text alone teaches
 * induction too, later and more weakly; which was used has to be said of a model.
 */

import type { TokenBatch } from "../model/tokens.ts";
import type { MersenneTwister } from "../prompts/mersenne-twister.ts";
import { generatorOf, uniform } from "./random-of-step.ts";

/** How much is copied. */
export interface CopiedSpans {
  /** Share of contexts with copies. */
  readonly share: number;
  /** Tokens of a copied span; its length is drawn evenly on a logarithmic scale. */
  readonly shortest: number;
  readonly longest: number;
  /** The first step with copies. */
  readonly from: number;
  /**
   * Share of the spans with a rival: a variation of the span, in front of its copy, that has phrases
   * of it in place and other text between them. Where one of these phrases ends, the two places go on
   * differently, and only what stands in front of the phrase tells which to follow.
   */
  readonly rivals: number;
}

/** Tokens of a phrase that a rival shares with its span. */
export const LONGEST_PHRASE = 8;

/** The most text in front of the first span, and between one span's copy and the next, of the context. */
const LONGEST_PAUSE = 1 / 16;

/** An integer drawn evenly on a logarithmic scale, both ends included. */
function logUniform(generator: MersenneTwister, least: number, most: number): number {
  const logarithm = Math.log(least) + uniform(generator) * Math.log((most + 1) / least);
  return Math.min(most, Math.floor(Math.exp(logarithm)));
}

/** Tokens to leave between two places: often few, seldom many. */
const gap = (generator: MersenneTwister, most: number) => logUniform(generator, 1, most + 1) - 1;

/** A batch with copies in some of its contexts, as the seed and the step say. BOS stays where it is. */
export function withCopies(
  { batch, length, ids }: TokenBatch,
  copies: CopiedSpans,
  seed: number,
  step: number,
): TokenBatch {
  if (step < copies.from || copies.share === 0) return { batch, length, ids };
  const generator = generatorOf(seed, "copies", step);
  const copied = Int32Array.from(ids);
  for (let row = 0; row < batch; row++) {
    if (uniform(generator) >= copies.share) continue;
    chainSpans(generator, copied.subarray(row * length, (row + 1) * length), copies);
  }
  return { batch, length, ids: copied };
}

/** Span after span, each with its copy, for as long as the context has room. */
function chainSpans(
  generator: MersenneTwister,
  context: Int32Array,
  { shortest, longest, rivals }: CopiedSpans,
): void {
  const pause = Math.floor(LONGEST_PAUSE * context.length);
  for (let start = 1; ; ) {
    const wanted = uniform(generator) < rivals ? 3 : 2;
    const slack = (places: number) => context.length - start - places * shortest;
    const places = slack(wanted) < 0 ? 2 : wanted;
    if (slack(places) < 0) return;
    start += gap(generator, Math.min(pause, slack(places)));
    const most = Math.min(longest, Math.floor((context.length - start) / places));
    const span = logUniform(generator, shortest, most);
    let room = context.length - start - places * span;
    const at = Array.from({ length: places }, (_, i) => {
      const skipped = i === 0 ? 0 : gap(generator, room);
      room -= skipped;
      start += skipped + span;
      return start - span;
    });
    const copy = at.pop() as number;
    const isFirst = at.length === 1 || uniform(generator) < 0.5;
    const [original, rival] = (isFirst ? at : at.reverse()) as [number, number?];
    if (rival !== undefined) varySpan(generator, context, original, rival, span);
    context.copyWithin(copy, original, original + span);
  }
}

/** Phrases of a span written over its rival in the same places, a token of text in front of each. */
function varySpan(
  generator: MersenneTwister,
  context: Int32Array,
  original: number,
  rival: number,
  span: number,
): void {
  for (let done = 0; done < span - 1; ) {
    const phrase = Math.min(logUniform(generator, 1, LONGEST_PHRASE), span - 1 - done);
    const from = original + done + 1;
    context.copyWithin(rival + done + 1, from, from + phrase);
    done += phrase + 1;
  }
}
