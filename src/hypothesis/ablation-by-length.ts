/**
 * @file What is needed and what is enough, length by length: heads, pairs and paths ablated, and the
 * circuit kept while all other heads are ablated. Asked both ways, so that what preferences add, for late
 * positions or for a token, is not taken for matching.
 *
 * Resampling takes outputs on random tokens, and a mean is one over these. Another prompt of the same
 * structure would not do: a bag of its tokens matches at the same places as the bag that it replaces.
 */

import { runOptions } from "../experiments/context.ts";
import { ablateRewired } from "../interventions/ablate.ts";
import type { AblationKind } from "../interventions/ablation-kinds.ts";
import { HEAD_INPUTS } from "../interventions/edges.ts";
import type { Rewiring } from "../interventions/rewiring.ts";
import { type Estimate, estimate, estimateRatio } from "../measures/statistics.ts";
import { allHeads, type HeadIndex, headLabel } from "../model/heads.ts";
import { randomPrompts } from "../prompts/random.ts";
import { askedBothWays } from "../prompts/repeated.ts";
import { checkLengths, meanScores, repeatedSpec } from "./answer-logits.ts";
import { edgesTo } from "./circuit-edges.ts";
import { CIRCUIT_ROLES, type CircuitRole, forEach, type HypothesisContext } from "./context.ts";

/** Which lengths, what takes a head's place, and the prompts of each length. */
export interface AblationByLengthSpec {
  readonly lengths: readonly number[];
  readonly kind: AblationKind;
  readonly batch: number;
  readonly seed: number;
}

/** What an ablated head does, in words. */
export const ABLATED_HEAD: Readonly<Record<AblationKind, string>> = {
  resample: "puts out what it puts out on random tokens",
  mean: "puts out its mean over random tokens",
  zero: "puts out nothing",
};

/** What an ablation takes away. */
export interface Loss {
  /** `L0H4`, `L0H4 + L0H5`, `lookBack -> q`. */
  readonly label: string;
  /** The logit difference that is left, in nats. */
  readonly logitDiff: Estimate;
  /** The share of the model's own that is gone, paired over prompts: 1 is all, below 0 is a gain. */
  readonly lost: Estimate;
}

/** One step of the faithfulness curve: these heads are the model's own, all others are ablated. */
export interface KeptStep {
  /** The head that this step adds; the last step has all that the model has. */
  readonly added: string;
  readonly heads: number;
  readonly logitDiff: Estimate;
  /** 0 is every head ablated, 1 the model as it is; paired over prompts. */
  readonly recovered: Estimate;
}

/** One length. */
export interface AblationRow {
  readonly length: number;
  readonly whole: Estimate;
  readonly heads: readonly Loss[];
  /** All heads of a role together; null where there are none. */
  readonly roles: Readonly<Record<CircuitRole, Loss | null>>;
  /** Pairs of the circuit's heads. */
  readonly pairs: readonly Loss[];
  /** The path from the heads of a role to what the induction heads read with, alone. */
  readonly paths: readonly Loss[];
  /** The circuit, head by head: the induction heads first, then what they read. */
  readonly kept: readonly KeptStep[];
  /** With the circuit's heads alone; null where a role has none. */
  readonly circuit: KeptStep | null;
}

/** As plain JSON. */
export interface AblationByLengthResult {
  readonly spec: AblationByLengthSpec;
  readonly rows: readonly AblationRow[];
}

/** The circuit's heads in the order in which they are put back, each once. */
function circuitOrder({ circuit }: HypothesisContext): HeadIndex[] {
  const all = [...circuit.induction, ...circuit.previousToken, ...circuit.lookBack];
  return [...new Map(all.map((head) => [headLabel(head), head])).values()];
}

function pairsOf(heads: readonly HeadIndex[]): [HeadIndex, HeadIndex][] {
  return heads.flatMap((a, i) => heads.slice(i + 1).map((b): [HeadIndex, HeadIndex] => [a, b]));
}

async function row(
  context: HypothesisContext,
  { kind, batch, seed }: AblationByLengthSpec,
  length: number,
): Promise<AblationRow> {
  const { model, circuit } = context;
  const { config } = model;
  const heads = allHeads(config);
  const order = circuitOrder(context);
  const named = new Map<string, Rewiring>();
  for (const head of heads) named.set(headLabel(head), { heads: [head] });
  for (const role of CIRCUIT_ROLES) {
    if (circuit[role].length > 0) named.set(role, { heads: circuit[role] });
  }
  const pairs = pairsOf(order);
  const pairLabel = (pair: readonly HeadIndex[]) => pair.map(headLabel).join(" + ");
  for (const pair of pairs) named.set(pairLabel(pair), { heads: pair });
  const paths: string[] = [];
  for (const role of ["previousToken", "lookBack"] as const) {
    for (const input of HEAD_INPUTS) {
      const edges = edgesTo(circuit[role], circuit.induction, input, config);
      if (edges.length === 0) continue;
      paths.push(`${role} -> ${input}`);
      named.set(`${role} -> ${input}`, { edges });
    }
  }
  const without = (kept: readonly HeadIndex[]) => {
    const keptLabels = new Set(kept.map(headLabel));
    return heads.filter((head) => !keptLabels.has(headLabel(head)));
  };
  const steps = order.map((_, i) => order.slice(0, i + 1));
  named.set("none kept", { heads });
  for (const kept of steps) named.set(`kept ${kept.length}`, { heads: without(kept) });

  const spec = repeatedSpec(context, { length, batch, seed });
  const { tokens: others } = randomPrompts({
    ...spec,
    length: 3 * length,
    seed: (seed + 1) % 2 ** 32,
  });
  const { first, second } = askedBothWays(spec);
  const ways = await forEach(context, [first, second], (part, prompts) =>
    ablateRewired(model, {
      tokens: prompts.tokens,
      answers: prompts.answers,
      read: prompts.read,
      kind,
      others,
      rewirings: [...named.values()],
      ...runOptions(part),
    }),
  );
  const clean = meanScores(ways.map((way) => way.clean));
  const ablated = [...named.keys()].map((_, i) =>
    meanScores(ways.map((way) => way.ablated[i] as Float32Array)),
  );
  const labels = [...named.keys()];
  const scores = (label: string) => ablated[labels.indexOf(label)] as Float32Array;
  const loss = (label: string): Loss => {
    const values = scores(label);
    const gone = clean.map((value, i) => value - (values[i] as number));
    return { label, logitDiff: estimate(values), lost: estimateRatio(gone, clean) };
  };
  const nothing = scores("none kept");
  const over = (values: Float32Array) => values.map((value, i) => value - (nothing[i] as number));
  const step = (added: string, count: number, values: Float32Array): KeptStep => ({
    added,
    heads: count,
    logitDiff: estimate(values),
    recovered: estimateRatio(over(values), over(clean)),
  });
  const kept = steps.map((set, i) =>
    step(headLabel(order[i] as HeadIndex), set.length, scores(`kept ${set.length}`)),
  );
  const isWhole = CIRCUIT_ROLES.every((role) => circuit[role].length > 0);
  const ofRole = (role: CircuitRole) => (circuit[role].length > 0 ? loss(role) : null);
  return {
    length,
    whole: estimate(clean),
    heads: heads.map((head) => loss(headLabel(head))),
    roles: {
      previousToken: ofRole("previousToken"),
      lookBack: ofRole("lookBack"),
      induction: ofRole("induction"),
    },
    pairs: pairs.map((pair) => loss(pairLabel(pair))),
    paths: paths.map(loss),
    kept: [step("none", 0, nothing), ...kept, step("all", heads.length, clean)],
    circuit: isWhole ? (kept.at(-1) ?? null) : null,
  };
}

/** Ablates at each length. */
export async function ablationByLength(
  context: HypothesisContext,
  spec: AblationByLengthSpec,
): Promise<AblationByLengthResult> {
  checkLengths(context, "lengths", spec.lengths);
  const rows = await forEach(context, spec.lengths, (part, length) => row(part, spec, length));
  return { spec, rows };
}
