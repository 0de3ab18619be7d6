/**
 * @file The verdicts on several models side by side: how many each claim holds in, and what its
 * quantities are over models. A claim that holds in one model may be an accident of its seed.
 */

import { LookbackError } from "../errors.ts";
import { type Estimate, estimate, intervalAt } from "../measures/statistics.ts";
import type { CircuitLabels } from "./circuit-heads.ts";
import { type Measurement, NOTICEABLE, type Verdict } from "./claim.ts";
import type { RecencyByLengthRow } from "./recency-by-length.ts";
import type { VerdictResult } from "./verdict.ts";

/** How well a model does at a length, in nats; as in `recency-by-length.ts`. */
export type LengthAcross = Pick<RecencyByLengthRow, "length" | "corrected" | "preference">;

/** One of the models, without what was measured on it. */
export interface JudgedModel {
  readonly name: string;
  /** SHA-256 of its weights. */
  readonly hash: string;
  readonly n_layers: number;
  readonly parameters: number;
  readonly circuit: CircuitLabels;
  /** How sure each interval of this model's verdict is. */
  readonly confidence: number;
  /**
   * The longest sequence of which, and of all shorter ones that were asked for, the model tells B from D by
   * a tenth of a nat, asked both ways; null where it does so of none.
   */
  readonly longest: number | null;
  /** The lengths that were asked for. */
  readonly lengths: readonly LengthAcross[];
  /** The furthest reach of its previous-token and look-back heads, in tokens; null where it has none. */
  readonly reach: number | null;
}

/** One quantity of a claim. */
export interface MeasurementAcross {
  readonly quantity: string;
  readonly unit: string;
  /** What came out, model by model; null where a model has no heads to measure it on. */
  readonly models: readonly (Measurement | null)[];
  /**
   * Over those models in which it applies: the interval is one of 95% and says where the mean of such models
   * lies, as far as they were drawn independently; `n` counts models. Null where it applies in none.
   */
  readonly mean: Estimate | null;
}

/** One claim. */
export interface ClaimAcross {
  readonly id: string;
  readonly statement: string;
  readonly test: string;
  readonly prediction: string;
  /** What came out, model by model. */
  readonly verdicts: readonly Verdict[];
  /** Why it cannot be told, model by model; null where it can. */
  readonly reasons: readonly (string | null)[];
  readonly measurement: readonly MeasurementAcross[];
}

/** Verdicts side by side, as plain JSON. */
export interface AcrossModels {
  readonly rule: string;
  readonly models: readonly JudgedModel[];
  readonly claims: readonly ClaimAcross[];
}

function longestMatched({ parts, confidence }: VerdictResult): number | null {
  let longest: number | null = null;
  const rising = parts.recency.rows.toSorted((a, b) => a.length - b.length);
  for (const { length, corrected } of rising) {
    if (intervalAt(corrected, confidence)[0] <= NOTICEABLE) break;
    longest = length;
  }
  return longest;
}

function furthestReach({ parts, circuit }: VerdictResult): number | null {
  const below = new Set([...circuit.previousToken, ...circuit.lookBack]);
  const reaches = parts.scorecard.heads
    .filter(({ label }) => below.has(label))
    .map(({ lags }) => lags.total.reach);
  return reaches.length === 0 ? null : Math.max(...reaches);
}

function judgedModel(result: VerdictResult): JudgedModel {
  const { model, circuit, confidence, parts } = result;
  return {
    name: model.name,
    hash: model.hash,
    n_layers: model.config.n_layers,
    parameters: model.parameters,
    circuit,
    confidence,
    longest: longestMatched(result),
    lengths: parts.recency.rows.map(({ length, corrected, preference }) => ({
      length,
      corrected,
      preference,
    })),
    reach: furthestReach(result),
  };
}

/** A claim's measurements, matched by their quantities, which are the same words in every model. */
function measurementsAcross(all: readonly (readonly Measurement[])[]): MeasurementAcross[] {
  const byQuantity = new Map(all.flat().map((one) => [one.quantity, one]));
  return Array.from(byQuantity.values(), ({ quantity, unit }) => {
    const models = all.map((own) => own.find((one) => one.quantity === quantity) ?? null);
    const means = models.flatMap((one) => (one?.applies ? [one.estimate.mean] : []));
    return { quantity, unit, models, mean: means.length === 0 ? null : estimate(means) };
  });
}

function checkDifferent(results: readonly VerdictResult[]): void {
  const names = new Map<string, string>();
  for (const { model } of results) {
    const key = `${model.hash} ${model.processing}`;
    const other = names.get(key);
    if (other !== undefined) {
      throw new LookbackError(
        "bad-spec",
        `${other} and ${model.name} have the same weights; set different models side by side`,
        { hash: model.hash },
      );
    }
    names.set(key, model.name);
  }
}

/**
 * Sets verdicts side by side.
 *
 * @param results of different models, by the same version.
 * @throws LookbackError `bad-spec` for none, and where two are of the same weights.
 */
export function acrossModels(results: readonly VerdictResult[]): AcrossModels {
  const [first] = results;
  if (first === undefined) {
    throw new LookbackError("bad-spec", "there is no verdict to set beside others");
  }
  checkDifferent(results);
  return {
    rule: first.rule,
    models: results.map(judgedModel),
    claims: first.claims.map(({ id, statement, test, prediction }) => {
      const own = results.map(({ claims }) => {
        const claim = claims.find((one) => one.id === id);
        if (claim === undefined) throw new Error(`internal: a verdict has no claim ${id}`);
        return claim;
      });
      return {
        id,
        statement,
        test,
        prediction,
        verdicts: own.map(({ verdict }) => verdict),
        reasons: own.map(({ reason }) => reason),
        measurement: measurementsAcross(own.map(({ measurement }) => measurement)),
      };
    }),
  };
}
