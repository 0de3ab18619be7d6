/** @file What claims are judged by, and how a prediction about it is put. */

import type { Estimate } from "../measures/statistics.ts";
import type { AblationByLengthResult } from "./ablation-by-length.ts";
import type { Conjecture, Prediction } from "./claim.ts";
import { type CircuitHeads, type CircuitRole, ROLE_NAMES } from "./context.ts";
import type { EffectsByLengthResult } from "./effects-by-length.ts";
import type { InductionBugResult } from "./induction-bug.ts";
import type { LookBackWindowResult } from "./look-back-window.ts";
import type { OrderResult } from "./order.ts";
import type { ReachResult } from "./reach.ts";
import type { RecencyByLengthResult } from "./recency-by-length.ts";

/** A share below which an effect is as good as none. */
export const NEGLIGIBLE = 0.1;

/** A share above which an effect is most of it. */
export const MOST = 0.5;

/** Units. */
export const LOGITS = "nats";
export const SHARE = "share";
export const ATTENTION = "share of attention";

/** The head that plays a role, or comes nearest to it. */
export interface Candidate {
  readonly label: string;
  /** The score of the role: attention on its lags, or prefix matching. */
  readonly estimate: Estimate;
  readonly threshold: number;
  /** Whether it fulfils all of the role's rule (of look-back heads, of either kind), and not its score alone. */
  readonly playsRole: boolean;
  /** What it has and what the role asks for, in words. */
  readonly why: string;
}

/** What the claims are judged by. */
export interface Evidence {
  readonly circuit: CircuitHeads;
  /** Null where no head of the model could play the role. */
  readonly candidates: Readonly<Record<CircuitRole, Candidate | null>>;
  readonly lookBackWindow: LookBackWindowResult;
  readonly recency: RecencyByLengthResult;
  readonly reach: ReachResult;
  readonly effects: EffectsByLengthResult;
  readonly ablation: AblationByLengthResult;
  readonly order: OrderResult;
  readonly inductionBug: InductionBugResult;
}

/** A claim that is about heads of some roles, and says nothing of a model that lacks one of them. */
export interface RoleClaim extends Conjecture {
  readonly requires: readonly CircuitRole[];
}

/** The claim, or why there is nothing to judge: a role that no head plays. */
export function ofRoles({ circuit, candidates }: Evidence, claim: RoleClaim): Conjecture {
  const { requires, ...conjecture } = claim;
  const lacking = requires.filter((role) => circuit[role].length === 0);
  if (lacking.length === 0) return conjecture;
  const reasons = lacking.map((role) => {
    const name = ROLE_NAMES[role];
    const nearest = candidates[role]?.why;
    // Heads beside or above the induction heads are none that these could read.
    const has =
      role !== "induction" && circuit.induction.length > 0
        ? `there is no ${name} head below the induction heads`
        : `this model has no ${name} head`;
    return `${has}${nearest === undefined ? "" : ` (${nearest})`}`;
  });
  return { ...conjecture, predictions: [], missing: reasons.join("; ") };
}

/** A filter of rows. */
export const isIn =
  (lengths: readonly number[]) =>
  (row: { readonly length: number }): boolean =>
    lengths.includes(row.length);

/** That lengths which a claim is about were not measured: then what was cannot make it hold. */
export function unmeasured(
  rows: readonly { readonly length: number }[],
  lengths: readonly number[],
): Pick<Conjecture, "missing"> {
  const absent = lengths.filter((length) => !rows.some((row) => row.length === length));
  if (absent.length === 0) return {};
  const several = absent.length > 1;
  return {
    missing: `length${several ? "s" : ""} ${absent.join(", ")} ${several ? "were" : "was"} not measured`,
  };
}

export function above(value: number, rest: Omit<Prediction, "is" | "value">): Prediction {
  return { ...rest, is: "above", value };
}

export function below(value: number, rest: Omit<Prediction, "is" | "value">): Prediction {
  return { ...rest, is: "below", value };
}

/** A prediction, or none where the quantity does not exist. */
export function ifMeasured(
  estimate: Estimate | null | undefined,
  of: (estimate: Estimate) => Prediction,
): Prediction[] {
  return estimate ? [of(estimate)] : [];
}
