/**
 * @file The verdict: each claim of the post tested on one model, in parts that can be kept and taken up
 * again, and judged by one stated rule.
 */

import { throwIfCancelled } from "../errors.ts";
import { parseHead } from "../model/heads.ts";
import type { HookedTransformer } from "../model/model.ts";
import { parameterCount } from "../model/weights.ts";
import { type AblationByLengthResult, ablationByLength } from "./ablation-by-length.ts";
import { type AttributionsResult, attributions } from "./attributions.ts";
import {
  type CircuitLabels,
  circuitCandidates,
  circuitHeads,
  circuitLabels,
} from "./circuit-heads.ts";
import { type Claim, judgeClaims, RULE } from "./claim.ts";
import { claimsOfCircuit } from "./claims-of-circuit.ts";
import { claimsOfLength } from "./claims-of-length.ts";
import { type CompositionResult, composition } from "./composition.ts";
import { CIRCUIT_ROLES, type CircuitHeads, type HypothesisContext } from "./context.ts";
import { type EdgeMatrixResult, edgeMatrix } from "./edge-matrix.ts";
import { type EffectsByLengthResult, effectsByLength } from "./effects-by-length.ts";
import type { Evidence } from "./evidence.ts";
import { type InductionBugResult, inductionBug } from "./induction-bug.ts";
import { type LookBackWindowResult, lookBackWindow } from "./look-back-window.ts";
import { type OrderResult, order } from "./order.ts";
import { type ReachResult, reach } from "./reach.ts";
import { type RecencyByLengthResult, recencyByLength } from "./recency-by-length.ts";
import { type ScoreContrastsResult, scoreContrasts } from "./score-contrasts.ts";
import { type ScorecardResult, scorecard } from "./scorecard.ts";
import { VERDICT_PARTS, type VerdictPart } from "./verdict-parts.ts";
import { fittedVerdictSpec, type VerdictSpec } from "./verdict-spec.ts";

/** The result of each part, by name. */
export interface VerdictParts {
  readonly scorecard: ScorecardResult;
  readonly lookBackWindow: LookBackWindowResult;
  readonly recency: RecencyByLengthResult;
  readonly reach: ReachResult;
  readonly effects: EffectsByLengthResult;
  readonly edges: EdgeMatrixResult;
  readonly scores: ScoreContrastsResult;
  readonly ablation: AblationByLengthResult;
  readonly order: OrderResult;
  readonly inductionBug: InductionBugResult;
  readonly attribution: AttributionsResult;
  readonly composition: CompositionResult;
}

/** The verdict, as plain JSON. */
export interface VerdictResult {
  readonly spec: VerdictSpec;
  readonly model: {
    readonly name: string;
    readonly hash: string;
    readonly parameters: number;
    readonly processing: string;
    readonly config: HookedTransformer["config"];
  };
  readonly bos: number;
  /** Labels of the heads of each role, strongest first. */
  readonly circuit: CircuitLabels;
  readonly rule: string;
  /** How many predictions share the error, and how sure each interval therefore is. */
  readonly comparisons: number;
  readonly confidence: number;
  readonly claims: readonly Claim[];
  readonly parts: VerdictParts;
}

/** Everything that the result of a part depends on beside the model: equal keys, equal results. */
export interface PartKey {
  readonly bos: number;
  readonly spec: unknown;
  readonly circuit: CircuitLabels | null;
}

/** How to run a verdict. */
export interface VerdictOptions {
  /** The model's weights as they came from files, to read composition from. */
  readonly source?: HypothesisContext["source"];
  readonly signal?: AbortSignal;
  /** Called with the part under way and the share of it that is done. */
  readonly onProgress?: (progress: {
    readonly part: VerdictPart;
    readonly index: number;
    readonly count: number;
    readonly share: number;
  }) => void;
  /** Gives a part's earlier result for an equal key, so that it need not be measured again. */
  readonly finished?: (part: VerdictPart, key: PartKey) => Promise<unknown>;
  /** Called with each part's result when it is there. */
  readonly onPart?: <Part extends VerdictPart>(
    part: Part,
    key: PartKey,
    result: VerdictParts[Part],
  ) => Promise<void> | void;
}

type Runner<Part extends VerdictPart> = (
  context: HypothesisContext,
  spec: VerdictSpec[Part],
) => Promise<VerdictParts[Part]>;

const RUNNERS: { readonly [Part in VerdictPart]: Runner<Part> } = {
  scorecard,
  lookBackWindow,
  recency: recencyByLength,
  reach,
  effects: effectsByLength,
  edges: edgeMatrix,
  scores: scoreContrasts,
  ablation: ablationByLength,
  order,
  inductionBug,
  attribution: attributions,
  composition,
};

const NOBODY: CircuitHeads = { previousToken: [], lookBack: [], induction: [] };

/**
 * Tests every claim of the post on a model.
 *
 * @param bos the token that opens every prompt.
 * @throws LookbackError when the spec does not fit the model; `cancelled` when the signal fires.
 */
export async function verdict(
  model: HookedTransformer,
  bos: number,
  wanted: VerdictSpec,
  options: VerdictOptions = {},
): Promise<VerdictResult> {
  const { source, signal, onProgress, finished, onPart } = options;
  const spec = fittedVerdictSpec(wanted, model.config);
  // What would fail after the scorecard fails at once.
  for (const role of CIRCUIT_ROLES) {
    for (const label of spec.heads[role] ?? []) parseHead(label, model);
  }
  const count = VERDICT_PARTS.length;

  const runPart = async <Part extends VerdictPart>(
    part: Part,
    circuit: CircuitHeads,
  ): Promise<VerdictParts[Part]> => {
    throwIfCancelled(signal);
    const index = VERDICT_PARTS.indexOf(part);
    const report = (share: number) => onProgress?.({ part, index, count, share });
    report(0);
    const key: PartKey = {
      bos,
      spec: spec[part],
      circuit: part === "scorecard" ? null : circuitLabels(circuit),
    };
    const earlier = await finished?.(part, key);
    // What comes back under an equal key is what this very part gave out.
    if (earlier !== undefined) return earlier as VerdictParts[Part];
    const context = {
      model,
      bos,
      circuit,
      onProgress: report,
      ...(source && { source }),
      ...(signal && { signal }),
    };
    const result = await RUNNERS[part](context, spec[part]);
    await onPart?.(part, key, result);
    return result;
  };

  const cards = await runPart("scorecard", NOBODY);
  const circuit = circuitHeads(model, spec.heads, cards.heads);
  const rest = <Part extends VerdictPart>(part: Part) => runPart(part, circuit);
  const parts: VerdictParts = {
    scorecard: cards,
    recency: await rest("recency"),
    lookBackWindow: await rest("lookBackWindow"),
    reach: await rest("reach"),
    effects: await rest("effects"),
    edges: await rest("edges"),
    scores: await rest("scores"),
    ablation: await rest("ablation"),
    order: await rest("order"),
    inductionBug: await rest("inductionBug"),
    attribution: await rest("attribution"),
    composition: await rest("composition"),
  };
  const evidence: Evidence = { ...parts, circuit, candidates: circuitCandidates(cards, circuit) };
  const judged = judgeClaims([...claimsOfLength(evidence), ...claimsOfCircuit(evidence)]);
  return {
    spec,
    model: {
      name: model.name,
      hash: model.hash,
      parameters: parameterCount(model.config),
      processing: model.processing,
      config: model.config,
    },
    bos,
    circuit: circuitLabels(circuit),
    rule: RULE,
    ...judged,
    parts,
  };
}
