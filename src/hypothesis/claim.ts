/**
 * @file What a claim is and how it is judged, by one rule that knows nothing of any claim: a prediction
 * says on which side of a value a mean lies; it held where the whole interval lies there, did not hold
 * where the whole interval lies on the other side, and otherwise the data cannot tell.
 */

import { type Estimate, intervalAt } from "../measures/statistics.ts";

/** What the data say of a claim. */
export type Verdict = "held" | "did not hold" | "cannot tell";

/** A prediction before it is judged. */
export interface Prediction {
  /** `path from the look-back heads to the queries, length 4`: in every model the same words. */
  readonly quantity: string;
  /** What it is measured on in this model, where that differs: `L0H5`. */
  readonly where?: string | null;
  readonly unit: string;
  readonly estimate: Estimate;
  /** On which side of `value` the mean lies, if the claim is true. */
  readonly is: "above" | "below";
  readonly value: number;
  /**
   * The logit difference that the quantity is a share of, where it is one. Unless that is clearly
   * noticeable the share means nothing.
   */
  readonly shareOf?: Estimate;
  /**
   * Predictions of one aspect stand in for each other where a share means nothing; of each aspect at least
   * one must be judged. Default one aspect for all.
   */
  readonly aspect?: string;
}

/** A prediction with what came out. */
export interface Measurement {
  readonly quantity: string;
  readonly where: string | null;
  readonly unit: string;
  readonly estimate: Estimate;
  /** As wide as so many comparisons ask for: all intervals together hold with 95%. */
  readonly interval: readonly [low: number, high: number];
  readonly predicted: { readonly is: "above" | "below"; readonly value: number };
  readonly verdict: Verdict;
  /** False where there is nothing that the quantity could be a share of. */
  readonly applies: boolean;
  readonly aspect: string;
}

/** A claim before it is judged. */
export interface Conjecture {
  readonly id: string;
  /** The claim, in one sentence. */
  readonly statement: string;
  /** How it is tested. */
  readonly test: string;
  /** What must come out if it is true, and what must not. */
  readonly prediction: string;
  readonly predictions: readonly Prediction[];
  /** Why there is nothing to judge, where there is nothing. */
  readonly missing?: string;
}

/** A claim with its evidence. */
export interface Claim {
  readonly id: string;
  readonly statement: string;
  readonly test: string;
  readonly prediction: string;
  readonly measurement: readonly Measurement[];
  readonly verdict: Verdict;
  /** Why the data cannot tell, where they cannot. */
  readonly reason: string | null;
}

/** The probability that every interval of a verdict holds its true value. */
export const FAMILY_CONFIDENCE = 0.95;

/** Odds of 1.1 to 1, in nats: a logit difference below which nobody would notice. */
export const NOTICEABLE = 0.1;

/** The rule, for people. */
export const RULE =
  "A prediction says on which side of a value a mean lies. It held if the whole interval lies on that side, did not hold if the whole interval lies on the other side; otherwise the data cannot tell. Intervals are as wide as the number of all predictions together asks for (Bonferroni), so that with 95% probability none of them misses. A share of a logit difference that is not clearly above a tenth of a nat means nothing and is set aside, if another prediction of the same kind is left. A claim held if all that is left held, and did not hold if one of them did not.";

/** `previous-token score (L0H4)` */
export function inWords({ quantity, where }: Pick<Measurement, "quantity" | "where">): string {
  return where === null ? quantity : `${quantity} (${where})`;
}

function judge(prediction: Prediction, confidence: number): Measurement {
  const { quantity, where = null, unit, estimate, is, value, shareOf, aspect = "" } = prediction;
  const interval = intervalAt(estimate, confidence);
  const [low, high] = interval;
  const applies =
    shareOf === undefined || (shareOf.n > 1 && intervalAt(shareOf, confidence)[0] > NOTICEABLE);
  const onSide = is === "above" ? low > value : high < value;
  const onOther = is === "above" ? high < value : low > value;
  let verdict: Verdict = "cannot tell";
  if (applies && estimate.n > 1 && onSide) verdict = "held";
  if (applies && estimate.n > 1 && onOther) verdict = "did not hold";
  const predicted = { is, value };
  return { quantity, where, unit, estimate, interval, predicted, verdict, applies, aspect };
}

function together(measurement: readonly Measurement[]): Verdict {
  const judged = measurement.filter(({ applies }) => applies);
  if (judged.some(({ verdict }) => verdict === "did not hold")) return "did not hold";
  const isComplete = measurement.every(({ aspect }) => judged.some((one) => one.aspect === aspect));
  const held = judged.length > 0 && judged.every(({ verdict }) => verdict === "held");
  return held && isComplete ? "held" : "cannot tell";
}

function reasonOf(measurement: readonly Measurement[], missing: string | undefined): string {
  if (missing !== undefined) return missing;
  const unclear = measurement.filter(
    ({ applies, verdict }) => applies && verdict === "cannot tell",
  );
  if (unclear.length > 0) {
    return `the value lies inside of the interval: ${unclear.map(inWords).join("; ")}`;
  }
  const nothing = measurement.filter(({ applies }) => !applies).map(inWords);
  return nothing.length > 0
    ? `there is nothing to take a share of: ${nothing.join("; ")}`
    : "nothing of it was measured";
}

/** Judges claims together: the more predictions, the wider every interval. */
export function judgeClaims(conjectures: readonly Conjecture[]): {
  readonly claims: readonly Claim[];
  readonly comparisons: number;
  readonly confidence: number;
} {
  const comparisons = conjectures.reduce((sum, { predictions }) => sum + predictions.length, 0);
  const confidence = 1 - (1 - FAMILY_CONFIDENCE) / Math.max(1, comparisons);
  const claims = conjectures.map((conjecture): Claim => {
    const { id, statement, test, prediction, predictions, missing } = conjecture;
    const measurement = predictions.map((each) => judge(each, confidence));
    const measured = together(measurement);
    // What is missing may be what would have spoken against it.
    const verdict = measured === "held" && missing !== undefined ? "cannot tell" : measured;
    const reason = verdict === "cannot tell" ? reasonOf(measurement, missing) : null;
    return { id, statement, test, prediction, measurement, verdict, reason };
  });
  return { claims, comparisons, confidence };
}
