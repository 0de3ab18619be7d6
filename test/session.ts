/** @file Small sessions, for tests of what is done to a run. */

import type { NdArray } from "../src/engine/ndarray.ts";
import type { HookedTransformer } from "../src/model/model.ts";
import { Session } from "../src/session/session.ts";
import type { Intervention, SessionSpec } from "../src/session/spec.ts";

/** Heads and length small enough for a model of 16 positions and 11 tokens. */
export const SMALL: SessionSpec = {
  prompt: { kind: "repeated", length: 3, batch: 6, seed: 3, side: "query" },
  runs: "clean",
  mode: "total",
  interventions: [],
  answers: null,
};

export const session = (model: HookedTransformer) => new Session(model, null, 0);

export function patch(
  component: "z" | "q" | "k" | "v" | "pattern",
  layer: number,
  head: number,
  position: number | null = null,
): Intervention {
  return { kind: "patch", component, head: { layer, head }, position };
}

export function ablate(
  by: "zero" | "mean" | "resample",
  layer: number,
  head: number,
  position: number | null = null,
): Intervention {
  return { kind: "ablate", by, head: { layer, head }, position };
}

/** The largest difference between two arrays of one shape. */
export function apart(a: NdArray, b: NdArray): number {
  if (a.shape.join() !== b.shape.join()) return Number.POSITIVE_INFINITY;
  return a.data.reduce((most, x, i) => Math.max(most, Math.abs(x - (b.data[i] as number))), 0);
}
