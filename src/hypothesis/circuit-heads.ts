/** @file From the scorecard to the circuit: which heads play the roles that the claims are about. */

import { type HeadIndex, headLabel, parseHead } from "../model/heads.ts";
import type { HookedTransformer } from "../model/model.ts";
import type { CircuitHeads, CircuitRole } from "./context.ts";
import type { Candidate, Evidence } from "./evidence.ts";
import type { HeadCard } from "./head-card.ts";
import { rolesOf } from "./head-labels.ts";
import type { ScorecardResult } from "./scorecard.ts";
import type { VerdictSpec } from "./verdict-spec.ts";

/** Labels of the heads of each role, strongest first. */
export type CircuitLabels = Readonly<Record<CircuitRole, readonly string[]>>;

/** Whether a head comes before every induction head, or where there is none, before the last layer. */
function belowInduction(induction: readonly HeadIndex[], n_layers: number) {
  const lowest = Math.min(n_layers - 1, ...induction.map(({ layer }) => layer));
  return ({ layer }: HeadIndex) => layer < lowest;
}

const isBroad = ({ roles }: HeadCard): boolean => roles.includes("broad-look-back");

/**
 * The heads of the roles: as named, or as the scorecard has them. Both kinds of look-back heads, for a
 * model may share the reach out; and of these and previous-token heads only such as an induction head
 * comes after.
 */
export function circuitHeads(
  model: HookedTransformer,
  spec: VerdictSpec["heads"],
  cards: readonly HeadCard[],
): CircuitHeads {
  const roles = rolesOf({ heads: cards });
  const broad = cards
    .filter(isBroad)
    .toSorted((a, b) => b.broadLookBack.mean - a.broadLookBack.mean);
  const named = (role: CircuitRole, found: readonly HeadIndex[]): HeadIndex[] =>
    (spec[role]?.map((label) => parseHead(label, model)) ?? found).map(({ layer, head }) => ({
      layer,
      head,
    }));
  const induction = named("induction", roles.induction);
  const isBelow = belowInduction(induction, model.config.n_layers);
  return {
    previousToken: named("previousToken", roles.previousToken.filter(isBelow)),
    lookBack: named("lookBack", [...roles.lookBack, ...broad].filter(isBelow)),
    induction,
  };
}

/** The labels of the heads of each role. */
export function circuitLabels(circuit: CircuitHeads): CircuitLabels {
  const labels = (role: CircuitRole) => circuit[role].map(headLabel);
  return {
    previousToken: labels("previousToken"),
    lookBack: labels("lookBack"),
    induction: labels("induction"),
  };
}

/**
 * The head that plays each role, or comes nearest to it where the circuit could have it, with the
 * estimate of its score.
 */
export function circuitCandidates(
  { heads }: ScorecardResult,
  circuit: CircuitHeads,
): Evidence["candidates"] {
  const n_layers = 1 + Math.max(...heads.map(({ layer }) => layer));
  const below = rolesOf({ heads: heads.filter(belowInduction(circuit.induction, n_layers)) });
  const nearest = { ...below.nearest, induction: rolesOf({ heads }).nearest.induction };
  const scores = {
    previousToken: "previousToken",
    lookBack: "lookBack",
    induction: "prefixMatching",
  } as const;
  const of = (role: CircuitRole): Candidate | null => {
    const best = nearest[role];
    const [playing] = circuit[role];
    const label = playing === undefined ? best?.label : headLabel(playing);
    const card = heads.find((candidate) => candidate.label === label);
    if (best === null || card === undefined) return null;
    const { threshold, why } = best;
    const playsRole =
      rolesOf({ heads: [card] })[role].length > 0 || (role === "lookBack" && isBroad(card));
    return { label: card.label, estimate: card[scores[role]], threshold, playsRole, why };
  };
  return {
    previousToken: of("previousToken"),
    lookBack: of("lookBack"),
    induction: of("induction"),
  };
}
