/** @file The post's claims about the circuit: who reads whom, who matters when, and whether order does. */

import { estimateDifference } from "../measures/statistics.ts";
import type { CorruptedSide } from "../prompts/repeated.ts";
import { ABLATED_HEAD } from "./ablation-by-length.ts";
import type { Conjecture, Prediction } from "./claim.ts";
import { ROLE_NAMES } from "./context.ts";
import type { EffectsRow } from "./effects-by-length.ts";
import {
  above,
  below,
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

function effectRows({ effects }: Evidence, side: CorruptedSide, lengths: readonly number[]) {
  return effects.rows.filter((row) => row.side === side && isIn(lengths)(row));
}

function unmeasuredEffects(
  evidence: Evidence,
  side: CorruptedSide,
  lengths: readonly number[],
): Pick<Conjecture, "missing"> {
  return unmeasured(effectRows(evidence, side, lengths), lengths);
}

function inductionCarries(evidence: Evidence): Conjecture {
  return ofRoles(evidence, {
    id: "induction-carries",
    requires: ["induction"],
    statement: "The induction head completes the sequence at every length.",
    test: "the induction heads' outputs patched from the clean run into the corrupted one (the post's figure 5)",
    prediction: "more than half of the way at lengths 3, 4 and 5",
    predictions: effectRows(evidence, "query", [3, 4, 5]).flatMap(({ length, gap, roles }) =>
      ifMeasured(roles.induction, (estimate) =>
        above(MOST, {
          quantity: `induction heads patched, length ${length}`,
          unit: SHARE,
          estimate,
          shareOf: gap,
        }),
      ),
    ),
    ...unmeasuredEffects(evidence, "query", [3, 4, 5]),
  });
}

function pathPredictions(
  rows: readonly EffectsRow[],
  role: "previousToken" | "lookBack",
  by: "q" | "k",
): Prediction[] {
  const reader = by === "q" ? "queries" : "keys";
  return rows.flatMap(({ length, gap, rolePaths }) =>
    ifMeasured(rolePaths[role][by], (estimate) =>
      above(NEGLIGIBLE, {
        quantity: `path from the ${ROLE_NAMES[role]} heads to the ${reader}, length ${length}`,
        unit: SHARE,
        estimate,
        shareOf: gap,
      }),
    ),
  );
}

const QUERY_TEST =
  "what asks is corrupted (the last copy's A becomes C), and the path to the induction heads' queries alone is patched";
const KEY_TEST =
  "what is found is corrupted (the earlier copies' A and C trade places), and the path to the induction heads' keys alone is patched";

function readers(evidence: Evidence): Conjecture[] {
  const query = (lengths: number[]) => effectRows(evidence, "query", lengths);
  const keys = (lengths: number[]) => effectRows(evidence, "keys", lengths);
  return [
    ofRoles(evidence, {
      id: "query-reads-previous-token",
      requires: ["previousToken", "induction"],
      statement:
        "At length 3 the induction head's query reads from the previous-token head that it follows A.",
      test: QUERY_TEST,
      prediction: "more than a tenth of the way at length 3",
      predictions: pathPredictions(query([3]), "previousToken", "q"),
      ...unmeasuredEffects(evidence, "query", [3]),
    }),
    ofRoles(evidence, {
      id: "query-reads-look-back",
      requires: ["lookBack", "induction"],
      statement: "At lengths 4 and 5 the query reads what the look-back head wrote.",
      test: QUERY_TEST,
      prediction: "more than a tenth of the way at lengths 4 and 5",
      predictions: pathPredictions(query([4, 5]), "lookBack", "q"),
      ...unmeasuredEffects(evidence, "query", [4, 5]),
    }),
    ofRoles(evidence, {
      id: "key-reads-previous-token",
      requires: ["previousToken", "induction"],
      statement: "The induction head's key reads the token before from the previous-token head.",
      test: KEY_TEST,
      prediction: "more than a tenth of the way at length 2, where that token is A",
      predictions: pathPredictions(keys([2]), "previousToken", "k"),
      ...unmeasuredEffects(evidence, "keys", [2]),
    }),
    ofRoles(evidence, {
      id: "key-reads-look-back",
      requires: ["lookBack", "induction"],
      statement: "The key also reads the average that the look-back head wrote.",
      test: KEY_TEST,
      prediction: "more than a tenth of the way at lengths 3, 4 and 5",
      predictions: pathPredictions(keys([3, 4, 5]), "lookBack", "k"),
      ...unmeasuredEffects(evidence, "keys", [3, 4, 5]),
    }),
  ];
}

function previousTokenFades(evidence: Evidence): Conjecture {
  const [three] = effectRows(evidence, "query", [3]);
  const atThree = three?.roles.previousToken;
  return ofRoles(evidence, {
    id: "previous-token-fades",
    requires: ["previousToken", "induction"],
    statement:
      "As carrier of which token stood before, the previous-token head matters at length 3 and less at 4 and 5.",
    test: "the previous-token heads' outputs patched from the clean run into the corrupted one, which differ in the query's A alone, as in the post's figure 5; what keys read is the same in both, and is tested by ablation",
    prediction: "at length 3 more than a tenth of the way further than at 4 and at 5",
    predictions: effectRows(evidence, "query", [4, 5]).flatMap(({ length, gap, roles }) => {
      const effect = roles.previousToken;
      if (!three || !atThree || !effect) return [];
      return above(NEGLIGIBLE, {
        quantity: `previous-token heads patched, length 3 less length ${length}`,
        unit: SHARE,
        estimate: estimateDifference(atThree, effect),
        // Both are shares, and have to be of something: so does that of which it is less sure.
        shareOf: three.gap.ci95[0] < gap.ci95[0] ? three.gap : gap,
      });
    }),
    ...unmeasuredEffects(evidence, "query", [3, 4, 5]),
  });
}

function lookBackLeads(evidence: Evidence): Conjecture {
  return ofRoles(evidence, {
    id: "look-back-leads",
    requires: ["previousToken", "lookBack", "induction"],
    statement:
      "As carrier of it, the look-back head matters more than the previous-token head at lengths 4 and 5.",
    test: "outputs patched from the clean run into the corrupted one, which differ in the query's A alone; the difference of the two, on the same prompts",
    prediction: "more than a tenth of the way further at lengths 4 and 5",
    predictions: effectRows(evidence, "query", [4, 5]).flatMap(
      ({ length, gap, lookBackOverPreviousToken }) =>
        ifMeasured(lookBackOverPreviousToken, (estimate) =>
          above(NEGLIGIBLE, {
            quantity: `look-back less previous-token heads patched, length ${length}`,
            unit: SHARE,
            estimate,
            shareOf: gap,
          }),
        ),
    ),
    ...unmeasuredEffects(evidence, "query", [4, 5]),
  });
}

function lookBackNeeded(evidence: Evidence): Conjecture {
  return ofRoles(evidence, {
    id: "look-back-needed",
    requires: ["lookBack", "induction"],
    statement: "The look-back head is needed for lengths 4 and 5, and not for length 2.",
    test: `the look-back heads ablated: each ${ABLATED_HEAD[evidence.ablation.spec.kind]}`,
    prediction: "takes more than half away at lengths 4 and 5, and less at length 2",
    predictions: evidence.ablation.rows
      .filter(isIn([2, 4, 5]))
      .flatMap(({ length, whole, roles }) =>
        ifMeasured(roles.lookBack?.lost, (estimate) => {
          const lost = {
            quantity: `lost without the look-back heads, length ${length}`,
            unit: SHARE,
            estimate,
            shareOf: whole,
          };
          return length === 2
            ? below(MOST, { ...lost, aspect: "not needed" })
            : above(MOST, { ...lost, aspect: "needed" });
        }),
      ),
    ...unmeasured(evidence.ablation.rows, [2, 4, 5]),
  });
}

function circuitEnough(evidence: Evidence): Conjecture {
  return ofRoles(evidence, {
    id: "circuit-enough",
    requires: ["previousToken", "lookBack", "induction"],
    statement: "Previous-token, look-back and induction heads are all that it takes.",
    test: `every other head ablated: it ${ABLATED_HEAD[evidence.ablation.spec.kind]}`,
    prediction: "more than half is recovered at lengths 2 to 5, between all heads ablated and none",
    predictions: evidence.ablation.rows
      .filter(isIn([2, 3, 4, 5]))
      .flatMap(({ length, whole, circuit }) =>
        ifMeasured(circuit?.recovered, (estimate) =>
          above(MOST, {
            quantity: `recovered by the circuit alone, length ${length}`,
            unit: SHARE,
            estimate,
            shareOf: whole,
          }),
        ),
      ),
    ...unmeasured(evidence.ablation.rows, [2, 3, 4, 5]),
  });
}

function unordered(evidence: Evidence): Conjecture {
  return ofRoles(evidence, {
    id: "unordered",
    requires: ["lookBack", "induction"],
    statement: "What is matched is a bag of tokens: their order hardly matters.",
    test: "the last copy's tokens in every other order that keeps the last one",
    prediction: "more than half of what the copy's own order does is kept, at lengths 4 and 5",
    predictions: evidence.order.rows.filter(isIn([4, 5])).flatMap(({ length, keptByBag, copy }) =>
      ifMeasured(keptByBag, (estimate) =>
        above(MOST, {
          quantity: `kept by other orders, length ${length}`,
          unit: SHARE,
          estimate,
          shareOf: copy,
        }),
      ),
    ),
    ...unmeasured(evidence.order.rows, [4, 5]),
  });
}

function inductionBug(evidence: Evidence): Conjecture {
  const { ordering, difference } = evidence.inductionBug;
  return ofRoles(evidence, {
    id: "induction-bug",
    requires: ["lookBack", "induction"],
    statement:
      "So there is an induction bug: after X2 A X1, never seen in this order, it says B and not X2.",
    test: "the post's ordering test, against a control with random tokens before the last",
    prediction: "the logit difference of B and X2 is above zero, and above the control's",
    predictions: [
      above(0, { quantity: "logit(B) - logit(X2)", unit: LOGITS, estimate: ordering }),
      above(0, { quantity: "the same less the control's", unit: LOGITS, estimate: difference }),
    ],
  });
}

/** The claims of this page, in the order of the post. */
export function claimsOfCircuit(evidence: Evidence): Conjecture[] {
  return [
    inductionCarries(evidence),
    ...readers(evidence),
    previousTokenFades(evidence),
    lookBackLeads(evidence),
    lookBackNeeded(evidence),
    circuitEnough(evidence),
    unordered(evidence),
    inductionBug(evidence),
  ];
}
