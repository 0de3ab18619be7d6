/** @file The post's claims about heads and lengths: who is there, and how long a sequence can be. */

import { type Estimate, estimateDifference, scaledEstimate } from "../measures/statistics.ts";
import { type Conjecture, NOTICEABLE, type Prediction } from "./claim.ts";
import { CIRCUIT_ROLES, type CircuitRole, ROLE_NAMES } from "./context.ts";
import {
  ATTENTION,
  above,
  below,
  type Candidate,
  type Evidence,
  ifMeasured,
  isIn,
  LOGITS,
  MOST,
  NEGLIGIBLE,
  ofRoles,
  SHARE,
  unmeasured,
} from "./evidence.ts";

/** More on one lag than this is no average. */
const ONE_LAG = 0.7;

function candidateScore(role: CircuitRole, candidate: Candidate | null): Prediction[] {
  if (candidate === null) return [];
  const { label, estimate, threshold } = candidate;
  return [
    above(threshold, {
      quantity: `${ROLE_NAMES[role]} score`,
      where: label,
      unit: ATTENTION,
      estimate,
      aspect: role,
    }),
  ];
}

/** Roles that no head could have, or whose rule the best candidate does not fulfil, whatever its score. */
function missingRole(candidates: Evidence["candidates"]): Pick<Conjecture, "missing"> {
  const absent = CIRCUIT_ROLES.filter((role) => candidates[role] === null);
  if (absent.length > 0) {
    const names = absent.map((role) => ROLE_NAMES[role]).join(", ");
    return { missing: `no head of this model could be: ${names}` };
  }
  const partial = CIRCUIT_ROLES.flatMap((role) => {
    const candidate = candidates[role];
    if (candidate === null || candidate.playsRole) return [];
    return `${candidate.label} does not fulfil the rule of a ${ROLE_NAMES[role]} head`;
  });
  return partial.length === 0 ? {} : { missing: partial.join("; ") };
}

function roles({ candidates }: Evidence): Conjecture {
  return {
    id: "roles",
    statement: "There is a previous-token head and a look-back head below an induction head.",
    test: "the score of the best candidate for each role, on random tokens",
    prediction: "each score is above the threshold of its role",
    predictions: CIRCUIT_ROLES.flatMap((role) => candidateScore(role, candidates[role])),
    ...missingRole(candidates),
  };
}

function lookBackAverages(evidence: Evidence): Conjecture {
  const { head, byLag, within, furthest } = evidence.lookBackWindow;
  const largest = byLag.reduce<Estimate | undefined>(
    (most, share) => (most === undefined || share.mean > most.mean ? share : most),
    undefined,
  );
  return ofRoles(evidence, {
    id: "look-back-averages",
    requires: ["lookBack"],
    statement: "The look-back head writes an average of the previous 4 to 5 tokens.",
    test: "where the strongest look-back head looks on random tokens",
    prediction:
      "more than half of its attention on lags 1 to 5, more than a tenth on 4 and 5, and less than 0.7 on any one lag",
    predictions: [
      ...ifMeasured(within, (estimate) =>
        above(MOST, {
          quantity: "attention on lags 1 to 5",
          where: head,
          unit: ATTENTION,
          estimate,
        }),
      ),
      ...ifMeasured(furthest, (estimate) =>
        above(NEGLIGIBLE, {
          quantity: "attention on lags 4 and 5",
          where: head,
          unit: ATTENTION,
          estimate,
        }),
      ),
      ...ifMeasured(largest, (estimate) =>
        below(ONE_LAG, {
          quantity: "attention on the lag that it likes best",
          where: `${head}, lag ${byLag.indexOf(estimate)}`,
          unit: ATTENTION,
          estimate,
        }),
      ),
    ],
  });
}

function matches({ recency }: Evidence): Conjecture {
  return {
    id: "matches-2-to-5",
    statement: "The model tells B from D in sequences of length 2 to 5.",
    test: "logit difference asked about either sequence, averaged, so that preferences for late positions and for tokens cancel",
    prediction: "above a tenth of a nat, which is odds of 1.1 to 1, at lengths 2, 3, 4 and 5",
    predictions: recency.rows.filter(isIn([2, 3, 4, 5])).map(({ length, corrected }) =>
      above(NOTICEABLE, {
        quantity: `corrected logit difference, length ${length}`,
        unit: LOGITS,
        estimate: corrected,
      }),
    ),
    ...unmeasured(recency.rows, [2, 3, 4, 5]),
  };
}

function noFurther({ recency }: Evidence): Conjecture {
  const two = recency.rows.find(({ length }) => length === 2)?.corrected;
  return {
    id: "no-further",
    statement: "It does not generalise to much longer sequences.",
    test: "logit difference asked about either sequence, averaged",
    prediction: "at lengths 7, 8 and 9 less than a tenth of what it is at length 2",
    predictions:
      two === undefined
        ? []
        : recency.rows.filter(isIn([7, 8, 9])).map(({ length, corrected }) =>
            below(0, {
              quantity: `corrected logit difference, length ${length}, less a tenth of length 2's`,
              unit: LOGITS,
              estimate: estimateDifference(corrected, scaledEstimate(two, NEGLIGIBLE)),
              shareOf: two,
            }),
          ),
    ...unmeasured(recency.rows, [2, 7, 8, 9]),
  };
}

function favoursLate(evidence: Evidence): Conjecture {
  return ofRoles(evidence, {
    id: "favours-late",
    requires: ["induction"],
    statement: "The model favours late positions, and so D, which makes the task harder.",
    test: "half of what B gains when the first two sequences trade places",
    prediction: "above zero at lengths 3, 4 and 5",
    predictions: evidence.recency.rows
      .filter(isIn([3, 4, 5]))
      .map(({ length, preference }) =>
        above(0, { quantity: `preference, length ${length}`, unit: LOGITS, estimate: preference }),
      ),
    ...unmeasured(evidence.recency.rows, [3, 4, 5]),
  });
}

function reachSetsLength(evidence: Evidence): Conjecture {
  const { previousToken, lookBack } = evidence.circuit;
  const hasBelow = previousToken.length + lookBack.length > 0;
  return ofRoles(evidence, {
    id: "reach-sets-length",
    requires: ["induction"],
    statement: "How far back the heads below can look sets how long a sequence can be matched.",
    test: "logit difference that is kept when no head below the induction heads sees further back than some lag",
    prediction:
      "at length n, more than a tenth with a reach of n - 1, where B's key still sees A, and less than half with n - 2",
    predictions: evidence.reach.rows
      .filter((row) => hasBelow && isIn([2, 3, 4, 5])(row))
      .flatMap(({ length, whole, cells }) =>
        cells.flatMap(({ reach, kept }) => {
          const named = {
            quantity: `kept at length ${length} with a reach of ${reach}`,
            unit: SHARE,
            estimate: kept,
            shareOf: whole,
          };
          if (reach === length - 1) return [above(NEGLIGIBLE, { ...named, aspect: "enough" })];
          return reach === length - 2 ? [below(MOST, { ...named, aspect: "too little" })] : [];
        }),
      ),
    ...unmeasured(
      evidence.reach.rows.filter(({ length, cells }) =>
        cells.some(({ reach }) => reach === length - 1),
      ),
      [2, 3, 4, 5],
    ),
    ...(!hasBelow && { missing: "no head below the induction heads looks back" }),
  });
}

const LARGER_MODELS: Conjecture = {
  id: "larger-models",
  statement: "Larger models, whose heads look back further, generalise to longer sequences.",
  test: "none on a single model; compare the verdicts of several",
  prediction: "the longest sequence that is matched grows with the reach of the heads below",
  predictions: [],
  missing: "one model cannot show it: compare the verdicts of several",
};

/** The claims of this page, in the order of the post. */
export function claimsOfLength(evidence: Evidence): Conjecture[] {
  return [
    roles(evidence),
    lookBackAverages(evidence),
    matches(evidence),
    noFurther(evidence),
    reachSetsLength(evidence),
    LARGER_MODELS,
    favoursLate(evidence),
  ];
}
