/**
 * @file Why the strongest induction head looks at B more than at D: the difference of its two scores as a
 * sum over what the query and the key are made of. Asked about either sequence, so that what draws it to
 * one of the two places however one asks cancels, and what matches is left.
 */

import { type ScoreContrast, scoreContrast } from "../circuits/score-decomposition.ts";
import { runOptions } from "../experiments/context.ts";
import { askedBothWays } from "../prompts/repeated.ts";
import { checkLengths, repeatedSpec } from "./answer-logits.ts";
import { forEach, type HypothesisContext } from "./context.ts";

/** Which lengths, and the prompts of each. */
export interface ScoreContrastsSpec {
  readonly lengths: readonly number[];
  readonly batch: number;
  readonly seed: number;
}

/** As plain JSON. */
export interface ScoreContrastsResult {
  readonly spec: ScoreContrastsSpec;
  /** None where the model has no induction head. */
  readonly rows: readonly (ScoreContrast & { readonly length: number })[];
}

/** Takes the scores apart at each length. */
export async function scoreContrasts(
  context: HypothesisContext,
  spec: ScoreContrastsSpec,
): Promise<ScoreContrastsResult> {
  const { lengths, batch, seed } = spec;
  checkLengths(context, "lengths", lengths);
  const [head] = context.circuit.induction;
  if (head === undefined) return { spec, rows: [] };
  const rows = await forEach(context, lengths, async (part, length) => {
    const { first, second } = askedBothWays(repeatedSpec(context, { length, batch, seed }));
    const contrast = await scoreContrast(context.model, {
      layer: head.layer,
      head: head.head,
      tokens: first.tokens,
      against: second.tokens,
      query: first.read,
      key: [length, 2 * length], // B and D
      ...runOptions(part),
    });
    return { length, ...contrast };
  });
  return { spec, rows };
}
