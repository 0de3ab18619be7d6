/**
 * @file How long a sequence can be, with the induction head's preference for late positions taken out: D
 * stands later than B in the post's prompts, so "can perform" is asked of either sequence. Asking about
 * the second is, token for token, what asking about the first is once the two have traded places.
 */

import { type Estimate, estimate } from "../measures/statistics.ts";
import { type RepeatedOrder, repeatedPrompts } from "../prompts/repeated.ts";
import { answerLogits, bothWays, checkLengths, repeatedSpec } from "./answer-logits.ts";
import { forEach, type HypothesisContext, partOf } from "./context.ts";

/** Which lengths, and the prompts of each. */
export interface RecencyByLengthSpec {
  readonly lengths: readonly number[];
  readonly batch: number;
  readonly seed: number;
  /** Random tokens between the first two sequences where they are asked about apart; 0: they are not. */
  readonly apart: number;
}

/** One length; logit of the right answer less that of the wrong one, in nats. */
export interface RecencyByLengthRow {
  readonly length: number;
  /** Asked about the first sequence, as in the post: `A X… B C X… D A X…`, B right. */
  readonly first: Estimate;
  /** Asked about the second: `A X… B C X… D C X…`, D right. */
  readonly second: Estimate;
  /** The mean of the two, paired over prompts: the preferences for positions and for tokens cancel. */
  readonly corrected: Estimate;
  /** The first two sequences in each other's place: `C X… D A X… B A X…`, B right. */
  readonly swapped: Estimate;
  /** Half of what B gains by trading places with D, paired over prompts: the preference for late positions. */
  readonly preference: Estimate;
  /**
   * The same with the first two sequences apart, or null. Side by side, the later of them has the shared
   * middle in front of its end twice, in its own copy and in the one before, and a head that averages over
   * both sees more of what it looks for there. Apart, that is out of sight, and what is left is a liking
   * for places.
   */
  readonly preferenceApart: Estimate | null;
}

/** As plain JSON. */
export interface RecencyByLengthResult {
  readonly spec: RecencyByLengthSpec;
  readonly rows: readonly RecencyByLengthRow[];
}

/** Half of what B gains by trading places with D. */
function preference(first: Float32Array, swapped: Float32Array): Estimate {
  return estimate(swapped.map((value, i) => (value - (first[i] as number)) / 2));
}

/** Measures each length, asked both ways. */
export async function recencyByLength(
  context: HypothesisContext,
  spec: RecencyByLengthSpec,
): Promise<RecencyByLengthResult> {
  const { lengths, batch, seed, apart } = spec;
  checkLengths(context, "lengths", lengths, apart);
  const rows = await forEach(context, lengths, async (part, length) => {
    const asked = { length, batch, seed };
    const { first, second, corrected } = await bothWays(partOf(part, [0, 0.4]), asked);
    const ask = (order: RepeatedOrder, gap: number, share: readonly [number, number]) => {
      const prompts = repeatedPrompts({ ...repeatedSpec(part, asked), order, filler: [0, gap, 0] });
      return answerLogits(partOf(part, share), prompts);
    };
    const swapped = await ask("second-first", 0, [0.4, 0.6]);
    const preferenceApart =
      apart === 0
        ? null
        : preference(
            await ask("first-second", apart, [0.6, 0.8]),
            await ask("second-first", apart, [0.8, 1]),
          );
    return {
      length,
      first: estimate(first),
      second: estimate(second),
      corrected: estimate(corrected),
      swapped: estimate(swapped),
      preference: preference(first, swapped),
      preferenceApart,
    };
  });
  return { spec, rows };
}
