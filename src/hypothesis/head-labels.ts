/**
 * @file From the measures of a head to the names of what it does. Where a name begins is a choice, so the
 * choices stand in one table, which every result carries along.
 */

import type { HeadIndex } from "../model/heads.ts";
import type { CircuitRole } from "./context.ts";
import { type HeadCard, type HeadMeasures, ROLE_LAGS, type Role } from "./head-card.ts";

/** One rule, as plain JSON. */
export interface RoleRule {
  readonly role: Role;
  /** At least so much makes the role; of `anti-copying` and `order-free`, at most. */
  readonly threshold: number;
  /** The rule in words. */
  readonly rule: string;
  /** Where the number comes from. */
  readonly reason: string;
}

/** The rules. A head may have several roles, or none. */
export const ROLE_RULES = [
  {
    role: "previous-token",
    threshold: 0.4,
    rule: "at least 0.40 of its attention on the token before",
    reason:
      "the post's L0H3 has 0.50 at position 8 and one head of each bundled model 0.93 to 0.99; no other head of theirs has more than 0.26",
  },
  {
    role: "look-back",
    threshold: 0.35,
    rule: "at least 0.35 of its attention on lags 2 to 5, and more on one of these than on any other lag",
    reason:
      "the post's L0H0 has 0.54 at position 8 with its peak at lag 2; in bundled models heads with the peak at lag 2 have 0.59 to 0.87, at 3 or 4 0.48 to 0.64; standard-2l's L0H0 has 0.37 but peaks at lag 1",
  },
  {
    role: "broad-look-back",
    threshold: 0.5,
    rule: "at least 0.50 of its attention on lags 1 to 8, and neither previous-token nor look-back",
    reason: "standard-2l's L0H0 has 0.67; attention spread evenly over 48 tokens would have 0.33",
  },
  {
    role: "duplicate-token",
    threshold: 0.3,
    rule: "at least 0.30 of its attention on earlier occurrences of the same token, on random tokens twice",
    reason: "half of these tokens have no earlier occurrence, so 0.5 is the most there can be",
  },
  {
    role: "induction",
    threshold: 0.2,
    rule: "prefix matching of at least 0.20, in a layer above the first",
    reason:
      "the first layer has nothing to match by; induction heads of bundled models have 0.24 to 0.89 and no other head more than 0.13; the post's L1H6 has 0.33 on the right answer of figure 2",
  },
  {
    role: "copying",
    threshold: 0.5,
    rule: "copying of at least 0.50: by three quarters or more, it raises the logits of the tokens attended to",
    reason:
      "induction heads of bundled models have 0.96 to 1.00, their previous-token heads 0.0 to 0.3; chance is 0",
  },
  {
    role: "anti-copying",
    threshold: -0.5,
    rule: "copying of at most -0.50: by three quarters or more, it lowers these logits",
    reason: "as for copying",
  },
  {
    role: "bos",
    threshold: 0.6,
    rule: "at least 0.60 of its attention on position 0, where a head rests",
    reason: "more than on all else together, with a margin",
  },
  {
    role: "order-free",
    threshold: 0.5,
    rule: "order sensitivity below 0.50 with all of its 95% interval: which tokens came before matters more than their order",
    reason:
      "0 is a bag of tokens, 1 a head that attends to a single one of the four; in bundled models of copied spans the previous-token head has 0.92 to 1.04, the head with its peak at lag 2 0.31 to 0.63, those with it further back 0.02 to 0.17",
  },
] as const satisfies readonly RoleRule[];

const THRESHOLDS = Object.fromEntries(
  ROLE_RULES.map(({ role, threshold }) => [role, threshold]),
) as Record<Role, number>;

/** The lag that a head attends to most on random tokens. */
export function peakLag({ lags }: Pick<HeadMeasures, "lags">): number {
  const { byLag } = lags.total;
  return byLag.reduce((peak, share, lag) => (share > (byLag[peak] as number) ? lag : peak), 0);
}

function peaksWithin(head: HeadMeasures, { from, to }: { from: number; to: number }): boolean {
  const peak = peakLag(head);
  return from <= peak && peak <= to;
}

const RULES: Readonly<Record<Role, (head: HeadMeasures, threshold: number) => boolean>> = {
  "previous-token": ({ previousToken }, least) => previousToken.mean >= least,
  "look-back": (head, least) =>
    head.lookBack.mean >= least && peaksWithin(head, ROLE_LAGS.lookBack),
  "broad-look-back": (head, least) =>
    head.broadLookBack.mean >= least && !plays("previous-token", head) && !plays("look-back", head),
  "duplicate-token": ({ duplicateToken }, least) => duplicateToken.mean >= least,
  induction: ({ layer, prefixMatching }, least) => layer > 0 && prefixMatching.mean >= least,
  copying: ({ copying }, least) => copying !== null && copying.mean >= least,
  "anti-copying": ({ copying }, most) => copying !== null && copying.mean <= most,
  bos: ({ bos }, least) => bos.mean >= least,
  "order-free": ({ orderSensitivity }, most) =>
    orderSensitivity !== null && orderSensitivity.ci95[1] < most,
};

function plays(role: Role, head: HeadMeasures): boolean {
  return RULES[role](head, THRESHOLDS[role]);
}

/** The roles that a head's measures earn it, in the order of {@link ROLE_RULES}. */
export function rolesOfHead(head: HeadMeasures): Role[] {
  return ROLE_RULES.map(({ role }) => role).filter((role) => plays(role, head));
}

/** A head and how much of a role it has. */
export interface HeadScore extends HeadIndex {
  readonly label: string;
  /** Attention on the role's lags, or prefix matching. */
  readonly score: number;
}

/** The head that comes nearest to a role, whether it plays it or not. */
export interface NearestHead extends HeadScore {
  readonly threshold: number;
  /** `L0H3 has 0.21 of its attention on the token before; a previous-token head has 0.40 or more` */
  readonly why: string;
}

/** The heads of the post's circuit by their roles, strongest first; none where no head passes. */
export interface CircuitRoles extends Readonly<Record<CircuitRole, readonly HeadScore[]>> {
  /** The best candidate for each, to tell of where none passes; null where no layer can have one. */
  readonly nearest: Readonly<Record<CircuitRole, NearestHead | null>>;
}

interface CircuitRule {
  readonly role: Role;
  readonly score: (head: HeadMeasures) => number;
  readonly has: string;
  /** The layers that can have one; default all. */
  readonly canBe?: (head: HeadMeasures) => boolean;
  /** What else a head needs beside the score; heads that have it come nearer than all others. */
  readonly alsoNeeds?: (head: HeadMeasures) => boolean;
}

const CIRCUIT: Readonly<Record<CircuitRole, CircuitRule>> = {
  previousToken: {
    role: "previous-token",
    score: ({ previousToken }) => previousToken.mean,
    has: "of its attention on the token before",
  },
  lookBack: {
    role: "look-back",
    score: ({ lookBack }) => lookBack.mean,
    has: "of its attention on lags 2 to 5",
    alsoNeeds: (head) => peaksWithin(head, ROLE_LAGS.lookBack),
  },
  induction: {
    role: "induction",
    score: ({ prefixMatching }) => prefixMatching.mean,
    has: "prefix matching",
    canBe: ({ layer }) => layer > 0,
  },
};

function scored(heads: readonly HeadCard[], score: CircuitRule["score"]): HeadScore[] {
  return heads
    .map((head) => ({
      layer: head.layer,
      head: head.head,
      label: head.label,
      score: score(head),
    }))
    .sort((a, b) => b.score - a.score);
}

function nearest(
  heads: readonly HeadCard[],
  { role, score, has, canBe = () => true, alsoNeeds = () => true }: CircuitRule,
): NearestHead | null {
  const able = heads.filter(canBe);
  const full = able.filter(alsoNeeds);
  const [best] = scored(full.length > 0 ? full : able, score);
  if (best === undefined) return null;
  const threshold = THRESHOLDS[role];
  const article = role === "induction" ? "an" : "a";
  const lacks = full.length > 0 ? "" : " but attends more to another lag";
  return {
    ...best,
    threshold,
    why: `${best.label} has ${best.score.toFixed(2)} ${has}${lacks}; ${article} ${role} head has ${threshold.toFixed(2)} or more`,
  };
}

/** Which heads of a scorecard play the roles of the post's circuit. */
export function rolesOf({ heads }: { readonly heads: readonly HeadCard[] }): CircuitRoles {
  const playing = (name: CircuitRole) => {
    const { role, score } = CIRCUIT[name];
    return scored(
      heads.filter(({ roles }) => roles.includes(role)),
      score,
    );
  };
  return {
    previousToken: playing("previousToken"),
    lookBack: playing("lookBack"),
    induction: playing("induction"),
    nearest: {
      previousToken: nearest(heads, CIRCUIT.previousToken),
      lookBack: nearest(heads, CIRCUIT.lookBack),
      induction: nearest(heads, CIRCUIT.induction),
    },
  };
}
