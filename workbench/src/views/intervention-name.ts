/** @file An intervention in words. */

import { headLabel } from "../../../src/model/heads.ts";
import type { Intervention } from "../../../src/session/spec.ts";

/** `patch z of L1H6 at 7 A`, `zero L0H4`. */
export function interventionName(intervention: Intervention, labels: readonly string[]): string {
  const { head, position } = intervention;
  const place = position === null ? "" : ` at ${position} ${labels[position] ?? ""}`.trimEnd();
  const what =
    intervention.kind === "patch" ? `patch ${intervention.component} of` : intervention.by;
  return `${what} ${headLabel(head)}${place}`;
}
