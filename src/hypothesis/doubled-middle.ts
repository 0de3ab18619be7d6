/**
 * @file Why the later answer is favoured: in `A X… B C X… D A X…` the shared middle stands in front of D
 * twice, in its own copy and in the one before, and in front of B once. A head that averages over what is
 * behind it finds more there of what the last X's look for. So the middle is put in front of all of it,
 * where B sees it twice as well, and nothing else changes.
 */

import { type Estimate, estimate, estimatePaired } from "../measures/statistics.ts";
import type { TokenBatch } from "../model/tokens.ts";
import type { AnsweredPrompts } from "../prompts/prompt.ts";
import { type RepeatedOrder, repeatedPrompts } from "../prompts/repeated.ts";
import { answerLogits, type LengthSpec, repeatedSpec } from "./answer-logits.ts";
import { type HypothesisContext, partOf } from "./context.ts";

/** The preference for late positions with a sequence more in front; in nats. */
export interface DoubledMiddle {
  /** With a sequence of random tokens in front: the control. */
  readonly random: Estimate;
  /** With the middle of that sequence replaced by the shared one, which B then sees twice, as D does. */
  readonly doubled: Estimate;
  /** How much the preference falls by it, paired over prompts. */
  readonly fall: Estimate;
}

/** Half of what B gains by trading places with D, prompt by prompt. */
export function preferences(first: Float32Array, swapped: Float32Array): Float32Array {
  return swapped.map((value, i) => (value - (first[i] as number)) / 2);
}

/** The middle of the first sequence behind the one in front, written over the middle of that one. */
function withDoubledMiddle(prompts: AnsweredPrompts, length: number): AnsweredPrompts {
  const { batch, length: tokens, ids } = prompts.tokens;
  const doubled = Int32Array.from(ids);
  for (let row = 0; row < batch; row++) {
    const front = row * tokens + 2; // behind BOS and the token that opens it
    doubled.copyWithin(front, front + length, front + length + length - 2);
  }
  const changed: TokenBatch = { batch, length: tokens, ids: doubled };
  return { ...prompts, tokens: changed };
}

/** Null where there is no middle, or no room for a sequence more. */
export async function doubledMiddle(
  context: HypothesisContext,
  spec: LengthSpec,
): Promise<DoubledMiddle | null> {
  const { length } = spec;
  if (length < 3 || 4 * length + 1 > context.model.config.n_ctx) return null;
  const asked = (order: RepeatedOrder) =>
    repeatedPrompts({ ...repeatedSpec(context, spec), order, filler: [length, 0, 0] });
  const pairs = [asked("first-second"), asked("second-first")] as const;
  const ask = async (change: (prompts: AnsweredPrompts) => AnsweredPrompts, from: number) => {
    const first = await answerLogits(partOf(context, [from, from + 0.25]), change(pairs[0]));
    const swapped = await answerLogits(
      partOf(context, [from + 0.25, from + 0.5]),
      change(pairs[1]),
    );
    return preferences(first, swapped);
  };
  const random = await ask((prompts) => prompts, 0);
  const doubled = await ask((prompts) => withDoubledMiddle(prompts, length), 0.5);
  return {
    random: estimate(random),
    doubled: estimate(doubled),
    fall: estimatePaired(random, doubled),
  };
}
