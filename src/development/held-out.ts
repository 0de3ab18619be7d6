/**
 * @file Loss on held-out text: as a whole, by the place of a token in its context, and what a model gains
 * from having read more of the context.
 */

import { type Estimate, estimate } from "../measures/statistics.ts";
import type { HookedTransformer } from "../model/model.ts";
import type { TokenBatch } from "../model/tokens.ts";

/** Mean loss on the tokens at some places of their context; BOS, at 0, is never predicted. */
export interface LossAt {
  /** The first and the last of these places. */
  readonly from: number;
  readonly to: number;
  /** Nats a token, over contexts. */
  readonly loss: Estimate;
}

/** Loss on held-out text in nats a token, as plain JSON. Every estimate is over contexts. */
export interface HeldOutLook {
  readonly loss: Estimate;
  /** Up to sixteen bins that widen from place to place, so that few are empty of change. */
  readonly byIndex: readonly LossAt[];
  /**
   * Loss late in the context less loss at an early token (Olsson et al., 2022, "In-context Learning and
   * Induction Heads"): below zero where the model makes use of what it has read. They take the 500th
   * token and the 50th of contexts of 512. Here both are means of several tokens, since there are far
   * fewer contexts: late is the last tenth of the context, early the tokens within a fifth of the 50th,
   * or of the one a fifth into a context of less than 250. Null in contexts of less than 10 tokens.
   */
  readonly inContext: InContextScore | null;
}

/** The in-context learning score, and the two losses that it is the difference of. */
export interface InContextScore {
  readonly score: Estimate;
  readonly early: LossAt;
  readonly late: LossAt;
}

const BINS = 16;
const EARLY_TOKEN = 50;
const EARLY_SHARE = 1 / 5;
const EARLY_WIDTH = 1 / 5;
const LATE_SHARE = 1 / 10;
const LEAST_CONTEXT = 10;

/** Places of tokens, the first and the last. */
type Places = readonly [from: number, to: number];

/** Bins of the places from 1 to `last`, as wide as each other on a logarithmic axis where they can be. */
function logBins(last: number): Places[] {
  const bins: Places[] = [];
  let from = 1;
  for (let bin = 1; bin <= BINS && from <= last; bin++) {
    const to = Math.max(from, Math.round((last + 1) ** (bin / BINS)) - 1);
    bins.push([from, bin === BINS ? last : to]);
    from = to + 1;
  }
  return bins;
}

/** The early and the late places that the in-context score compares; null in short contexts. */
function inContextPlaces(length: number): { early: Places; late: Places } | null {
  if (length < LEAST_CONTEXT) return null;
  const centre = Math.min(EARLY_TOKEN, Math.max(1, Math.round(length * EARLY_SHARE)));
  const width = Math.floor(centre * EARLY_WIDTH);
  const last = length - 1;
  const lateTokens = Math.max(1, Math.round(length * LATE_SHARE));
  return { early: [centre - width, centre + width], late: [last - lateTokens + 1, last] };
}

/** Losses of each next token `[context, place - 1]`, context by context. */
class ContextLosses {
  readonly #rows: Float32Array[] = [];

  add(losses: Float32Array, width: number): void {
    for (let start = 0; start < losses.length; start += width) {
      this.#rows.push(losses.slice(start, start + width));
    }
  }

  /** The mean over some places, of each context. */
  means([from, to]: Places): Float64Array {
    return Float64Array.from(this.#rows, (row) => {
      let sum = 0;
      for (let place = from; place <= to; place++) sum += row[place - 1] as number;
      return sum / (to - from + 1);
    });
  }

  at(places: Places): LossAt {
    const [from, to] = places;
    return { from, to, loss: estimate(this.means(places)) };
  }
}

/**
 * Measures the loss on held-out contexts.
 *
 * @throws LookbackError as `run`; `bad-shape` for contexts of a single token, which predict nothing.
 */
export async function heldOutLook(
  model: HookedTransformer,
  contexts: TokenBatch,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<HeldOutLook> {
  const { length } = contexts;
  const losses = new ContextLosses();
  for await (const { lossPerToken } of model.runChunks(contexts, {
    lossPerToken: true,
    ...(signal && { signal }),
  })) {
    if (lossPerToken !== undefined) losses.add(lossPerToken.data, length - 1);
  }
  const places = inContextPlaces(length);
  return {
    loss: estimate(losses.means([1, length - 1])),
    byIndex: logBins(length - 1).map((bin) => losses.at(bin)),
    inContext: places && inContext(losses, places),
  };
}

function inContext(
  losses: ContextLosses,
  { early, late }: { early: Places; late: Places },
): InContextScore {
  const before = losses.means(early);
  const gain = losses.means(late).map((loss, context) => loss - (before[context] as number));
  return { score: estimate(gain), early: losses.at(early), late: losses.at(late) };
}
