/**
 * @file The phase change (Olsson et al., 2022): the stretch of training in which a loss falls most
 * steeply, on a logarithmic axis of tokens.
 */

import { type Estimate, estimateDifference } from "../measures/statistics.ts";

/** A mean at a place of training: a loss, a difference of losses or of logits. */
export interface PlacedEstimate {
  readonly tokens: number;
  readonly estimate: Estimate;
}

/** Where a loss falls most steeply; in tokens and nats. */
export interface PhaseChange {
  /** The middle of the stretch, on a logarithmic axis. */
  readonly tokens: number;
  readonly from: number;
  readonly to: number;
  /** How far it falls there: below zero with all of its 95% interval. */
  readonly fall: Estimate;
  /** Nats for each doubling of the tokens. */
  readonly perDoubling: number;
}

/** Over less than this factor of tokens, a fall says more about noise than about the model. */
export const LEAST_FACTOR = 1.25;

/**
 * The steepest fall: of all pairs of looks between which tokens grow by a quarter or as little more as
 * there are looks for, the one with the largest fall for each doubling of tokens. Null where no fall is
 * clear of zero, taking the two looks as of different prompts, or where looks are too few. A fall of one prompt has no interval.
 */
export function phaseChange(losses: readonly PlacedEstimate[]): PhaseChange | null {
  let steepest: PhaseChange | null = null;
  for (const [i, start] of losses.entries()) {
    if (start.tokens <= 0) continue;
    const end = losses.slice(i + 1).find(({ tokens }) => tokens >= LEAST_FACTOR * start.tokens);
    if (end === undefined) continue;
    const fall = estimateDifference(end.estimate, start.estimate);
    const perDoubling = fall.mean / Math.log2(end.tokens / start.tokens);
    if (fall.n < 2 || fall.ci95[1] >= 0 || perDoubling >= (steepest?.perDoubling ?? 0)) continue;
    const tokens = Math.sqrt(start.tokens * end.tokens);
    steepest = { tokens, from: start.tokens, to: end.tokens, fall, perDoubling };
  }
  return steepest;
}
