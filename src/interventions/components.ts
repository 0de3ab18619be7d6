/** @file The parts of a layer that can be exchanged, and the ways of naming a place in them. */

import { checkChoice, LookbackError } from "../errors.ts";
import { type HookName, positionAxisOf } from "../model/hooks.ts";

/** What is exchanged. `z` is a head's output before W_O; `pattern` its attention. */
export type Component = "z" | "q" | "k" | "v" | "pattern" | "attn_out" | "resid_pre";

/**
 * What one exchange covers: a head at all positions, a head at one position, or all of a component
 * at one position.
 */
export type Granularity = "head" | "head-position" | "position";

export const COMPONENTS: readonly Component[] = [
  "z",
  "q",
  "k",
  "v",
  "pattern",
  "attn_out",
  "resid_pre",
];

export const GRANULARITIES: readonly Granularity[] = ["head", "head-position", "position"];

/** Whether a component has a head axis. */
export function hasHeads(component: Component): boolean {
  return component !== "attn_out" && component !== "resid_pre";
}

/** The hook point of a component. */
export function componentHook(component: Component, layer: number): HookName {
  if (hasHeads(component)) {
    return `blocks.${layer}.attn.hook_${component as "z" | "q" | "k" | "v" | "pattern"}`;
  }
  return `blocks.${layer}.hook_${component as "attn_out" | "resid_pre"}`;
}

/**
 * The axis of positions in a component: that of the query in patterns, `[B, H, Q, K]`; the second
 * everywhere else, `[B, P, …]`.
 */
export function positionAxis(component: Component): number {
  return positionAxisOf(componentHook(component, 0));
}

/** The axis of heads in a component that has one. */
export function headAxis(component: Component): number {
  return component === "pattern" ? 1 : 2;
}

/**
 * Whether what a component holds at a position is read by that position alone (as queries and
 * outputs are), so that in the last layer only the position of the answer matters.
 */
export function isReadLocally(component: Component): boolean {
  return component !== "k" && component !== "v" && component !== "resid_pre";
}

/**
 * The activations of its own layer that an exchanged component leaves as they are and that are needed
 * behind it.
 */
export function unchangedBeside(component: Component, layer: number): HookName[] {
  const beside: { readonly [C in Component]: readonly ("q" | "k" | "v" | "pattern")[] } = {
    q: ["k", "v"],
    k: ["q", "v"],
    v: ["pattern"],
    pattern: ["v"],
    z: [],
    attn_out: [],
    resid_pre: [],
  };
  return beside[component].map((name) => `blocks.${layer}.attn.hook_${name}` as const);
}

/**
 * @throws LookbackError `bad-spec` when the component has no such places: heads have no streams, and
 *   streams have no heads.
 */
export function checkGranularity(component: Component, by: Granularity): void {
  checkChoice("component", component, COMPONENTS);
  checkChoice("by", by, GRANULARITIES);
  const allowed: readonly Granularity[] = hasHeads(component)
    ? ["head", "head-position"]
    : ["position"];
  if (!allowed.includes(by)) {
    throw new LookbackError(
      "bad-spec",
      `by: "${component}" can be exchanged by ${allowed.join(" or ")}, not by ${JSON.stringify(by)}`,
      { field: "by", value: by, allowed },
    );
  }
}
