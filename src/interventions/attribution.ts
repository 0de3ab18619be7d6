/**
 * @file Attribution patching (Nanda, 2023): what activation patching would do, to first order, from
 * one gradient instead of one run a head.
 */

import { valueAndGradient } from "../engine/gradient.ts";
import { type Nested, toNested } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { ForwardModel } from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import { pass } from "../model/pass.ts";
import { planRun } from "../model/plan.ts";
import { checkTokens, type TokenBatch, truncateTokens } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { checkPairs } from "./patch.ts";
import { readPosition } from "./question.ts";

/** What to attribute: the arguments of a patch of `z` by head. */
export interface AttributionRequest {
  readonly clean: TokenBatch;
  readonly corrupted: TokenBatch;
  readonly answers: readonly AnswerPair[];
  /** Position whose logits are compared; default the last. Negative counts from the end. */
  readonly read?: number;
}

/**
 * For each head Σ (clean z - corrupted z) · ∂ mean logit difference / ∂ z on the corrupted run:
 * [layer][head], in logits.
 */
export async function attributeHeads(
  model: ForwardModel,
  request: AttributionRequest,
): Promise<Nested> {
  const { config } = model;
  const { answers } = request;
  const read = readPosition({ tokens: request.clean, answers, read: request.read ?? -1 });
  checkPairs(request.clean, request.corrupted);
  const clean = truncateTokens(request.clean, read + 1);
  const corrupted = truncateTokens(request.corrupted, read + 1);
  checkTokens(clean, config);
  checkTokens(corrupted, config);
  const zNames = Array.from(
    { length: config.n_layers },
    (_, layer): HookName => `blocks.${layer}.attn.hook_z`,
  );
  const rows = [0, clean.batch] as const;
  const asked = planRun(config, clean, { names: zNames });

  const effects = scoped(() => {
    const cleanZ = pass(model, clean, asked, rows).activations;
    const corruptedZ = pass(model, corrupted, asked, rows).activations;
    const of = (from: ReadonlyMap<HookName, Tensor>) =>
      zNames.map((name) => from.get(name) as Tensor);
    // A shift of zero added to each z leaves the run as it is and has the gradient that z has.
    const shifts = of(corruptedZ).map((z) => z.mul(0));
    const { gradients } = valueAndGradient((...traced) => {
      const hooks = traced.map(
        (shift, layer) => [zNames[layer] as HookName, (z: Tensor) => z.add(shift)] as const,
      );
      const plan = planRun(config, corrupted, { hooks, answers });
      const { answerLogits } = pass(model, corrupted, plan, rows);
      return rightMinusWrong(answerLogits as Tensor).mean();
    }, shifts);
    const cleanList = of(cleanZ);
    return of(corruptedZ).map((z, layer) => {
      const change = (cleanList[layer] as Tensor).sub(z); // [B, P, H, D]
      return change
        .mul(gradients[layer] as Tensor)
        .sum(3)
        .sum(1)
        .sum(0); // [H]
    });
  });
  const numbers: number[] = [];
  for (const effect of effects) {
    numbers.push(...(await effect.read()).data);
    effect.free();
  }
  return toNested([config.n_layers, config.n_heads], numbers);
}

/** The right answer's logit minus the wrong one's, of `[B, 1, 2]`: [B]. */
function rightMinusWrong(answerLogits: Tensor): Tensor {
  return answerLogits.slice(null, 0, 0).sub(answerLogits.slice(null, 0, 1));
}
