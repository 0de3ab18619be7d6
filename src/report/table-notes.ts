/**
 * @file What the table and the heading above it leave open: what "Can perform" means, what a clear
 * difference at great lengths may be besides, and which roles went to heads that hardly play them.
 */

import type { HeadRoles } from "../experiments/context.ts";
import type { TableRow } from "../experiments/table.ts";
import { type CircuitRole, ROLE_RULES } from "../hypothesis/head-labels.ts";
import { sideOf } from "./prose.ts";

/** The longest sequence at which the post finds that its model can tell B from D. */
const LAST_IN_POST = 5;

/** What the columns of the table mean, and what they cannot tell. */
export function tableNotes(rows: readonly TableRow[]): string[] {
  const clear = rows
    .filter(({ length, logitDiff }) => length > LAST_IN_POST && sideOf(logitDiff) !== "unclear")
    .map(({ length }) => length);
  const notes = ["Can perform: the mean logit difference is above zero, as in the post."];
  if (clear.length > 0) {
    notes.push(
      `Clear beyond length ${LAST_IN_POST}, at ${clear.join(", ")}: part of that can be a preference for the position of B or of D, whichever is right; \`lookback verdict\` takes it out by asking about either sequence.`,
    );
  }
  return notes;
}

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
