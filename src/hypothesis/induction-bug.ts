/**
 * @file The post's induction bug: after `A X2 X1 B … C X1 X2 D`, twice, and then `X2 A X1`, a model that
 * matches a bag of tokens says B, and one that goes by order X2. With the control of the post: random
 * tokens before the last X1.
 */

import { type Estimate, estimate, estimatePaired } from "../measures/statistics.ts";
import { orderingPrompts } from "../prompts/ordering.ts";
import { answerLogits } from "./answer-logits.ts";
import { type HypothesisContext, partOf } from "./context.ts";

/** The post's ordering test: sequences of length 4. */
export interface InductionBugSpec {
  readonly batch: number;
  readonly seed: number;
}

/** logit(B) - logit(X2), in nats; as plain JSON. */
export interface InductionBugResult {
  readonly spec: InductionBugSpec;
  readonly ordering: Estimate;
  readonly control: Estimate;
  /** Of the ordering test less that of the control, paired over prompts. */
  readonly difference: Estimate;
}

/** Measures the ordering test and its control. */
export async function inductionBug(
  context: HypothesisContext,
  spec: InductionBugSpec,
): Promise<InductionBugResult> {
  const { model, bos } = context;
  const prompts = orderingPrompts({ ...spec, d_vocab: model.config.d_vocab, bos });
  const ordering = await answerLogits(partOf(context, [0, 0.5]), prompts.ordering);
  const control = await answerLogits(partOf(context, [0.5, 1]), prompts.control);
  return {
    spec,
    ordering: estimate(ordering),
    control: estimate(control),
    difference: estimatePaired(ordering, control),
  };
}
