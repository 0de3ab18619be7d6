/**
 * @file How long a sequence can be, with the induction head's preference for late positions taken out: D
 * stands later than B in the post's prompts, so "can perform" is asked of either sequence. Asking about
 * the second is, token for token, what asking about the first is once the two have traded places.
 */

import { type Estimate, estimate } from "../measures/statistics.ts";
import { repeatedPrompts } from "../prompts/repeated.ts";
import { answerLogits, bothWays, checkLengths, repeatedSpec } from "./answer-logits.ts";
import { forEach, type HypothesisContext, partOf } from "./context.ts";
import { type DoubledMiddle, doubledMiddle, preferences } from "./doubled-middle.ts";

/** Which lengths, and the prompts of each. */
export interface RecencyByLengthSpec {
  readonly lengths: readonly number[];
  readonly batch: number;
  readonly seed: number;
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
  /** What becomes of it where B's place too has the shared middle in front of it twice. */
  readonly doubledMiddle: DoubledMiddle | null;
}

/** As plain JSON. */
export interface RecencyByLengthResult {
  readonly spec: RecencyByLengthSpec;
  readonly rows: readonly RecencyByLengthRow[];
}

/** Measures each length, asked both ways. */
export async function recencyByLength(
  context: HypothesisContext,
  spec: RecencyByLengthSpec,
): Promise<RecencyByLengthResult> {
  const { lengths, batch, seed } = spec;
  checkLengths(context, "lengths", lengths);
  const rows = await forEach(context, lengths, async (part, length) => {
    const asked = { length, batch, seed };
    const { first, second, corrected } = await bothWays(partOf(part, [0, 0.3]), asked);
    const prompts = repeatedPrompts({ ...repeatedSpec(part, asked), order: "second-first" });
    const swapped = await answerLogits(partOf(part, [0.3, 0.45]), prompts);
    return {
      length,
      first: estimate(first),
      second: estimate(second),
      corrected: estimate(corrected),
      swapped: estimate(swapped),
      preference: estimate(preferences(first, swapped)),
      doubledMiddle: await doubledMiddle(partOf(part, [0.45, 1]), asked),
    };
  });
  return { spec, rows };
}
