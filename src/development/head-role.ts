/**
 * @file What a head is in one look: previous-token, look-back, broad or induction, by the same rules and
 * thresholds as in the scorecard (`head-labels.ts`), on the measures that a look has.
 */

import { ROLE_LAGS, type Role } from "../hypothesis/head-card.ts";
import { ROLE_RULES, type RoleRule } from "../hypothesis/head-labels.ts";
import type { HeadLook } from "./repeated-tokens.ts";

/** The roles whose coming is followed. */
export const FOLLOWED_ROLES = [
  "previous-token",
  "look-back",
  "broad-look-back",
  "induction",
] as const satisfies readonly Role[];

export type FollowedRole = (typeof FOLLOWED_ROLES)[number];

/** The rule of each, with its threshold. */
export const FOLLOWED_RULES: Readonly<Record<FollowedRole, RoleRule>> = Object.fromEntries(
  ROLE_RULES.map((rule) => [rule.role, rule]),
) as unknown as Record<FollowedRole, RoleRule>; // fromEntries() forgets the names

/** How much of a role a head has. */
export function roleScore(head: HeadLook, role: FollowedRole): number {
  switch (role) {
    case "previous-token":
      return head.previousToken.mean;
    case "look-back":
      return head.lookBack.mean;
    case "broad-look-back":
      return head.broadLookBack.mean;
    case "induction":
      return head.induction.mean;
  }
}

/** Whether a head is of a layer that can play a role: induction asks for a layer below. */
function isLayerOf({ layer }: HeadLook, role: FollowedRole): boolean {
  return role !== "induction" || layer > 0;
}

function peakLag({ byLag }: HeadLook): number {
  return byLag.reduce((peak, share, lag) => (share > (byLag[peak] as number) ? lag : peak), 0);
}

/** What a role asks for beside its score. */
export function allowsRole(head: HeadLook, role: FollowedRole): boolean {
  switch (role) {
    case "previous-token":
      return true;
    case "look-back": {
      const peak = peakLag(head);
      return ROLE_LAGS.lookBack.from <= peak && peak <= ROLE_LAGS.lookBack.to;
    }
    case "broad-look-back":
      return !hasRole(head, "previous-token") && !hasRole(head, "look-back");
    case "induction":
      return isLayerOf(head, role);
  }
}

/** Whether a head has a role. */
export function hasRole(head: HeadLook, role: FollowedRole): boolean {
  return roleScore(head, role) >= FOLLOWED_RULES[role].threshold && allowsRole(head, role);
}

/** The roles of a head in a look; it may have an attention role and be an induction head as well. */
export function followedRoles(head: HeadLook): FollowedRole[] {
  return FOLLOWED_ROLES.filter((role) => hasRole(head, role));
}

/**
 * The heads of the layers that can play a role, the best first. Those that what else they do rules out
 * come last, whatever they score: a previous-token head looks back broadly too, and is no broad head.
 */
export function bestHeads(heads: readonly HeadLook[], role: FollowedRole): HeadLook[] {
  return heads
    .filter((head) => isLayerOf(head, role))
    .toSorted(
      (a, b) =>
        Number(allowsRole(b, role)) - Number(allowsRole(a, role)) ||
        roleScore(b, role) - roleScore(a, role),
    );
}
