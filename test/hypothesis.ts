/** @file What tests of the hypothesis stand on: planted circuits as contexts, and scores by plain loops. */

import { expect } from "vitest";
import type { HypothesisContext } from "../src/hypothesis/context.ts";
import { parseHead } from "../src/model/heads.ts";
import { HookedTransformer, type ModelSource } from "../src/model/model.ts";
import { type TokenBatch, tokenRow } from "../src/model/tokens.ts";
import type { AnsweredPrompts } from "../src/prompts/prompt.ts";
import { type PlainRun, plainRun } from "./plain-transformer.ts";
import { PLANTED_BOS, PLANTED_HEADS, type PlantedKind, plantedModel } from "./planted-model.ts";

/** A planted model with the heads that were planted; the caller disposes of the model. */
export async function plantedContext(kind: PlantedKind): Promise<HypothesisContext> {
  const source = plantedModel(kind);
  const model = await HookedTransformer.create(source);
  const { previousToken, lookBack, induction } = PLANTED_HEADS[kind];
  const heads = (labels: readonly (string | null)[]) =>
    labels.flatMap((label) => (label === null ? [] : [parseHead(label, model)]));
  const circuit = {
    previousToken: heads([previousToken]),
    lookBack: heads(lookBack),
    induction: heads([induction]),
  };
  return { model, bos: PLANTED_BOS, circuit, source };
}

/** What stands in the place of a prompt's own numbers: heads by label, edges as `L0H1 L1H0.q`. */
export interface PlainChange {
  /** The other runs, one a prompt. */
  readonly from: readonly PlainRun[];
  readonly heads?: readonly string[];
  readonly edges?: readonly string[];
  /** Of edges; default all. */
  readonly positions?: readonly number[];
}

/** Runs of prompts up to a position, one a prompt. */
export function plainRuns(source: ModelSource, tokens: TokenBatch, read: number): PlainRun[] {
  return Array.from({ length: tokens.batch }, (_, row) =>
    plainRun(source, tokenRow(tokens, row).slice(0, read + 1)),
  );
}

/** The logit of the right answer less that of the wrong one by plain loops, `[batch]`. */
export function plainScores(
  source: ModelSource,
  { tokens, answers, read }: Pick<AnsweredPrompts, "tokens" | "answers" | "read">,
  { from, heads = [], edges = [], positions }: PlainChange = { from: [] },
): number[] {
  return answers.map(([right, wrong], row) => {
    const other = (sender: string, p: number) => from[row]?.written.get(sender)?.[p];
    const { logits } = plainRun(
      source,
      tokenRow(tokens, row).slice(0, read + 1),
      (sender, receiver, p) =>
        edges.includes(`${sender} ${receiver}`) && (positions?.includes(p) ?? true)
          ? other(sender, p)
          : undefined,
      (sender, p) => (heads.includes(sender) ? other(sender, p) : undefined),
    );
    return (logits[right] as number) - (logits[wrong] as number);
  });
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean of some scores, prompt by prompt. */
export function meanOf(...scores: readonly (readonly number[])[]): number[] {
  const [first = []] = scores;
  return first.map((_, i) => mean(scores.map((values) => values[i] as number)));
}

/** `a - b`, prompt by prompt. */
export function less(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value - (b[i] as number));
}

/** Of the same numbers in float32 and in float64. */
export function expectNear(given: ArrayLike<number>, wanted: ArrayLike<number>, what = ""): void {
  expect(given.length, what).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const value = wanted[i] as number;
    const apart = Math.abs((given[i] ?? Number.NaN) - value);
    expect(apart, `${what} [${i}]: ${given[i]}, not ${value}`).toBeLessThan(
      2e-4 * (1 + Math.abs(value)),
    );
  }
}
