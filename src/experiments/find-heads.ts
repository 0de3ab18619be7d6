/**
 * @file Which heads play the post's roles in a model: the previous-token head, the look-back-two head
 * and the induction head, by what they attend to on random tokens. On attn-only-2l these are L0H3,
 * L0H0 and L1H6.
 */

import { LookbackError } from "../errors.ts";
import { type HeadKind, headScores } from "../measures/head-scores.ts";
import { estimate } from "../measures/statistics.ts";
import { type HeadIndex, headLabel, parseHead } from "../model/heads.ts";
import type { HookedTransformer } from "../model/model.ts";
import { patternPrompts } from "../prompts/pattern-prompts.ts";
import type { HeadRole, HeadRoles } from "./context.ts";

/** Heads that the user names; null for those to be found. */
export interface NamedHeads {
  readonly previousToken: string | null;
  readonly lookBack: string | null;
  readonly induction: string | null;
}

/** Random tokens twice: lags show on both copies, induction on the second. */
const PROMPTS = { pattern: "BOS X*24 X*24", batch: 64, seed: 0 };

type Score = (kind: HeadKind, head: HeadIndex) => number;

/** Measures all heads once and returns the mean score of each. */
async function scoreHeads(
  model: HookedTransformer,
  bos: number,
  signal: AbortSignal | undefined,
): Promise<Score> {
  const { config } = model;
  const copies = Math.min(24, Math.floor((config.n_ctx - 1) / 2));
  const { tokens } = patternPrompts({
    ...PROMPTS,
    pattern: `BOS X*${copies} X*${copies}`,
    d_vocab: config.d_vocab,
    bos,
  });
  const { activations } = await model.run(tokens, {
    names: ["blocks.*.attn.hook_pattern"],
    ...(signal && { signal }),
  });
  const known = new Map<string, number>();
  return (kind, { layer, head }) => {
    const key = `${kind} ${layer}`;
    if (!known.has(`${key} ${head}`)) {
      const pattern = activations.get(`blocks.${layer}.attn.hook_pattern`);
      const scores = headScores(pattern, tokens, kind);
      for (const [h, values] of scores.entries()) known.set(`${key} ${h}`, estimate(values).mean);
    }
    return known.get(`${key} ${head}`) as number;
  };
}

/**
 * The heads of the three roles, found by score or as named.
 *
 * @throws LookbackError `unknown-head` for a name that this model does not have; `unsupported` when
 *   the model has a single layer, which leaves none for an induction head.
 */
export async function findHeads(
  model: HookedTransformer,
  bos: number,
  named: NamedHeads,
  signal?: AbortSignal,
): Promise<HeadRoles> {
  const { n_layers, n_heads } = model.config;
  if (n_layers < 2) {
    throw new LookbackError(
      "unsupported",
      "this model has one layer; an induction circuit needs a layer above the heads that look back",
      { n_layers },
    );
  }
  const score = await scoreHeads(model, bos, signal);
  const role = (
    kind: HeadKind,
    name: string | null,
    candidates: readonly HeadIndex[],
  ): HeadRole => {
    const best = candidates.reduce((a, b) => (score(kind, b) > score(kind, a) ? b : a));
    const chosen = name === null ? best : parseHead(name, model);
    return {
      ...chosen,
      label: headLabel(chosen),
      score: score(kind, chosen),
      named: name !== null,
    };
  };
  const headsOf = (layer: number) =>
    Array.from({ length: n_heads }, (_, head): HeadIndex => ({ layer, head }));
  const upper = Array.from({ length: n_layers - 1 }, (_, i) => headsOf(i + 1)).flat();
  return {
    previousToken: role("previous-token", named.previousToken, headsOf(0)),
    lookBack: role("look-back", named.lookBack, headsOf(0)),
    induction: role("induction", named.induction, upper),
  };
}
