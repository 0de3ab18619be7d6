/**
 * @file What the table and the heading above it leave open: what "Can perform" and "Both ways" mean, and
 * which roles went to heads that hardly play them.
 */

import type { HeadRoles } from "../experiments/context.ts";
import type { CircuitRole } from "../hypothesis/context.ts";
import { ROLE_RULES } from "../hypothesis/head-labels.ts";

/** What the column "Can perform" means. */
export const CAN_PERFORM_NOTE =
  "Can perform: the mean logit difference is above zero, as in the post.";

/** What the column "Both ways" means. */
export const BOTH_WAYS_NOTE =
  "Both ways: the mean of B − D and, where the same prompts ask for D, of D − B. What the model prefers of places and tokens cancels. Not in the post.";

const ROLES = {
  previousToken: "previous-token",
  lookBack: "look-back",
  induction: "induction",
} as const;

/** Which roles were given to heads, the best there are or named, whose scores are low. */
export function weakRoleNotes(heads: HeadRoles): string[] {
  const weak = (Object.keys(ROLES) as CircuitRole[]).flatMap((name) => {
    const { label, score } = heads[name];
    const rule = ROLE_RULES.find(({ role }) => role === ROLES[name]);
    if (rule === undefined || score >= rule.threshold) return [];
    return [`${label} as ${rule.role} (${rule.threshold.toFixed(2)})`];
  });
  if (weak.length === 0) return [];
  return [
    `Scores below the threshold from which \`lookback heads\` gives the role, by its own measure: ${weak.join(", ")}.`,
  ];
}
