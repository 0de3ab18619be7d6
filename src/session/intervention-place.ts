/** @file What of a run an intervention replaces, and which of two has it. Knows no engine: pages ask too. */

import type { Intervention, SessionComponent } from "./spec.ts";

/** What an intervention replaces. */
export function componentOf(intervention: Intervention): SessionComponent {
  return intervention.kind === "patch" ? intervention.component : "z";
}

/**
 * Whether a later intervention replaces all that an earlier one put in: the same part of the same head, at
 * the same position or at all. The earlier one then changes nothing.
 */
export function covers(later: Intervention, earlier: Intervention): boolean {
  return (
    componentOf(later) === componentOf(earlier) &&
    later.head.layer === earlier.head.layer &&
    later.head.head === earlier.head.head &&
    (later.position === null || later.position === earlier.position)
  );
}

/** Interventions that change something, in their order: without those that a later one covers. */
export function uncovered(interventions: readonly Intervention[]): Intervention[] {
  return interventions.filter(
    (earlier, i) => !interventions.slice(i + 1).some((later) => covers(later, earlier)),
  );
}
