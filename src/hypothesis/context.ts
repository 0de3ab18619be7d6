/** @file What every test of the hypothesis is given: a model and the heads that play the post's roles. */

import type { HeadIndex } from "../model/heads.ts";
import type { HookedTransformer, ModelSource } from "../model/model.ts";

/** The parts of the post's circuit. */
export const CIRCUIT_ROLES = ["previousToken", "lookBack", "induction"] as const;

/** One part of the circuit. */
export type CircuitRole = (typeof CIRCUIT_ROLES)[number];

/**
 * The heads of each role, strongest first; empty where the model has none. Heads of one role are tested
 * together: a model may share a role out.
 */
export type CircuitHeads = Readonly<Record<CircuitRole, readonly HeadIndex[]>>;

/** What a test runs on. Tests print nothing and touch no files. */
export interface HypothesisContext {
  readonly model: HookedTransformer;
  /** The token at position 0 of every prompt. */
  readonly bos: number;
  readonly circuit: CircuitHeads;
  /** The weights as they came from files; without them nothing is read from weights. */
  readonly source?: Pick<ModelSource, "weights" | "config">;
  readonly signal?: AbortSignal;
  /** Called with the share of this test that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** What a role is called in running text. */
export const ROLE_NAMES: Readonly<Record<CircuitRole, string>> = {
  previousToken: "previous-token",
  lookBack: "look-back",
  induction: "induction",
};

/** A context whose progress is the share `[from, to]` of another's. */
export function partOf(
  context: HypothesisContext,
  [from, to]: readonly [from: number, to: number],
): HypothesisContext {
  const { onProgress, ...rest } = context;
  if (onProgress === undefined) return rest;
  return { ...rest, onProgress: (share) => onProgress(from + share * (to - from)) };
}

/** Runs a test for each of some things, one after the other, and tells how far it has come. */
export async function forEach<Thing, Result>(
  context: HypothesisContext,
  things: readonly Thing[],
  test: (context: HypothesisContext, thing: Thing) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [i, thing] of things.entries()) {
    const part = partOf(context, [i / things.length, (i + 1) / things.length]);
    results.push(await test(part, thing));
    part.onProgress?.(1);
  }
  return results;
}
