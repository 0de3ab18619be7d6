/**
 * @file Who tells whom, length by length: heads and paths patched from the clean run into the corrupted
 * one. Either what asks is corrupted, the A that opens the last copy, as in the post's figure 5; or what
 * is found, the A and C that open the earlier copies. The first shows what queries read, the second what
 * keys read.
 */

import { runOptions } from "../experiments/context.ts";
import { HEAD_INPUTS } from "../interventions/edges.ts";
import { patchScores } from "../interventions/patch.ts";
import { patchRewired } from "../interventions/path.ts";
import type { Rewiring } from "../interventions/rewiring.ts";
import { type Estimate, estimate, estimatePaired, estimateRatio } from "../measures/statistics.ts";
import { allHeads, headLabel } from "../model/heads.ts";
import { type CorruptedSide, repeatedPair } from "../prompts/repeated.ts";
import { checkLengths, repeatedSpec } from "./answer-logits.ts";
import { edgesTo, type ReadBy } from "./circuit-edges.ts";
import {
  CIRCUIT_ROLES,
  type CircuitRole,
  forEach,
  type HypothesisContext,
  partOf,
} from "./context.ts";

/** Which lengths, and the prompts of each. */
export interface EffectsByLengthSpec {
  readonly lengths: readonly number[];
  readonly batch: number;
  readonly seed: number;
}

/** The effect of a head, or of one of its paths, on the scale where 0 is corrupted and 1 clean. */
export interface NamedEffect {
  /** `L0H4`, `L0H4 -> q`: to the queries of all induction heads together. */
  readonly label: string;
  readonly effect: Estimate;
}

/** One length with one side corrupted. */
export interface EffectsRow {
  readonly side: CorruptedSide;
  readonly length: number;
  readonly clean: Estimate;
  readonly corrupted: Estimate;
  /** clean - corrupted, paired: what effects are shares of. Where it is not above zero they mean nothing. */
  readonly gap: Estimate;
  /** Every head alone, by label. */
  readonly heads: readonly NamedEffect[];
  /** All heads of a role together; null where there are none. */
  readonly roles: Readonly<Record<CircuitRole, Estimate | null>>;
  /** Effect of the look-back heads less that of the previous-token heads, paired over prompts. */
  readonly lookBackOverPreviousToken: Estimate | null;
  /** From the heads of a role to what the induction heads read with; null where there is no such path. */
  readonly rolePaths: Readonly<
    Record<Exclude<CircuitRole, "induction">, Readonly<Record<ReadBy, Estimate | null>>>
  >;
  /** From every head below, alone, to what the induction heads read with. */
  readonly paths: readonly NamedEffect[];
}

/** As plain JSON. */
export interface EffectsByLengthResult {
  readonly spec: EffectsByLengthSpec;
  readonly rows: readonly EffectsRow[];
}

const SENDING_ROLES = ["previousToken", "lookBack"] as const;
const READ_BY: readonly ReadBy[] = [...HEAD_INPUTS, "logits"];

/** Rewirings under names: each is run once, and its effect can be asked for. */
class Named {
  readonly rewirings: Rewiring[] = [];
  readonly #places = new Map<string, number>();

  add(name: string, rewiring: Rewiring): void {
    const isEmpty = (rewiring.heads ?? []).length + (rewiring.edges ?? []).length === 0;
    if (isEmpty || this.#places.has(name)) return;
    this.#places.set(name, this.rewirings.length);
    this.rewirings.push(rewiring);
  }

  place(name: string): number | undefined {
    return this.#places.get(name);
  }
}

async function row(
  context: HypothesisContext,
  { batch, seed }: EffectsByLengthSpec,
  { side, length }: { side: CorruptedSide; length: number },
): Promise<EffectsRow> {
  const { model, circuit } = context;
  const { config } = model;
  const heads = allHeads(config);
  const lowest = Math.min(...circuit.induction.map(({ layer }) => layer));
  const below = heads.filter(({ layer }) => layer < lowest);
  const named = new Named();
  for (const role of CIRCUIT_ROLES) named.add(role, { heads: circuit[role] });
  for (const by of READ_BY) {
    for (const role of SENDING_ROLES) {
      named.add(`${role} -> ${by}`, {
        edges: edgesTo(circuit[role], circuit.induction, by, config),
      });
    }
    for (const head of below) {
      named.add(`${headLabel(head)} -> ${by}`, {
        edges: edgesTo([head], circuit.induction, by, config),
      });
    }
  }

  const pair = repeatedPair(repeatedSpec(context, { length, batch, seed }), side);
  const prompts = {
    clean: pair.clean.tokens,
    corrupted: pair.corrupted.tokens,
    answers: pair.clean.answers,
    read: pair.clean.read,
  };
  const alone = await patchScores(model, {
    ...prompts,
    component: "z",
    by: "head",
    ...runOptions(partOf(context, [0, 0.3])),
  });
  const { clean, corrupted, patched } = await patchRewired(model, {
    ...prompts,
    rewirings: named.rewirings,
    ...runOptions(partOf(context, [0.3, 1])),
  });
  const way = clean.map((value, i) => value - (corrupted[i] as number));
  const share = (values: Float32Array) => estimateRatio(values, way);
  const effectOf = (values: Float32Array) =>
    share(values.map((value, i) => value - (corrupted[i] as number)));
  const scores = (name: string) => {
    const place = named.place(name);
    return place === undefined ? undefined : patched[place];
  };
  const effect = (name: string): Estimate | null => {
    const values = scores(name);
    return values === undefined ? null : effectOf(values);
  };
  const list = (names: readonly string[]): NamedEffect[] =>
    names.flatMap((label) => {
      const found = effect(label);
      return found === null ? [] : [{ label, effect: found }];
    });
  const lookBack = scores("lookBack");
  const previousToken = scores("previousToken");
  const byReader = (role: (typeof SENDING_ROLES)[number]) => ({
    q: effect(`${role} -> q`),
    k: effect(`${role} -> k`),
    v: effect(`${role} -> v`),
    logits: effect(`${role} -> logits`),
  });
  return {
    side,
    length,
    clean: estimate(clean),
    corrupted: estimate(corrupted),
    gap: estimatePaired(clean, corrupted),
    heads: heads.map((head, i) => ({
      label: headLabel(head),
      effect: effectOf(alone.patched[i] as Float32Array),
    })),
    roles: {
      previousToken: effect("previousToken"),
      lookBack: effect("lookBack"),
      induction: effect("induction"),
    },
    lookBackOverPreviousToken:
      lookBack && previousToken
        ? share(lookBack.map((value, i) => value - (previousToken[i] as number)))
        : null,
    rolePaths: { previousToken: byReader("previousToken"), lookBack: byReader("lookBack") },
    paths: list(READ_BY.flatMap((by) => below.map((head) => `${headLabel(head)} -> ${by}`))),
  };
}

/** Patches heads, roles and paths at each length, with either side corrupted. */
export async function effectsByLength(
  context: HypothesisContext,
  spec: EffectsByLengthSpec,
): Promise<EffectsByLengthResult> {
  checkLengths(context, "lengths", spec.lengths);
  const settings = (["query", "keys"] as const).flatMap((side) =>
    spec.lengths.map((length) => ({ side, length })),
  );
  const rows = await forEach(context, settings, (part, setting) => row(part, spec, setting));
  return { spec, rows };
}
