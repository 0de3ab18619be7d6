/**
 * @file What positions and tokens each tell the previous-token and the look-back head (companion post
 * on the previous-token head): one row of their patterns and scores on random tokens, of the model as
 * it is, with positions only, and with tokens only.
 */

import { AttentionRow } from "../measures/batch-mean.ts";
import type { Estimate } from "../measures/statistics.ts";
import type { RunMode } from "../model/forward.ts";
import { randomPrompts } from "../prompts/random.ts";
import { type ExperimentContext, type HeadRole, runOptions } from "./context.ts";
import type { RandomTokensSpec } from "./figure-3-4.ts";
import { type Comparison, compare, published } from "./published.ts";

/** The query whose row is shown: it sees itself, seven tokens and BOS. */
const QUERY = 8;

const MODES: readonly RunMode[] = ["total", "position-only", "token-only"];

/** One head in one mode: attention and scores from position 8, by key. */
export interface PositionRow {
  readonly mode: RunMode;
  readonly pattern: readonly Estimate[];
  /** q·k / √d_head, before the softmax. */
  readonly scores: readonly Estimate[];
}

/** Both heads in three modes, as plain JSON. */
export interface PositionRowsResult {
  readonly spec: RandomTokensSpec;
  readonly query: number;
  readonly heads: readonly {
    readonly role: "previous-token" | "look-back";
    readonly head: string;
    readonly rows: readonly PositionRow[];
  }[];
  readonly comparisons: readonly Comparison[];
}

/** The published rows of attn-only-2l's head for a role. */
function publishedRows(role: "previous-token" | "look-back") {
  const { row8 } = published.previous_token_post;
  return role === "previous-token"
    ? { pattern: row8.L0H3_pattern, scores: row8.L0H3_scores }
    : { pattern: row8.L0H0_pattern, scores: row8.L0H0_scores };
}

const JSON_MODE = {
  total: "total",
  "position-only": "position_only",
  "token-only": "token_only",
} as const satisfies Record<RunMode, string>;

/** Runs the three modes once each and takes the rows of both heads. */
export async function positionRows(
  context: ExperimentContext,
  spec: RandomTokensSpec,
): Promise<PositionRowsResult> {
  const { model, bos, heads } = context;
  const { tokens } = randomPrompts({
    length: spec.tokens,
    batch: spec.batch,
    seed: spec.seed,
    d_vocab: model.config.d_vocab,
    bos,
  });
  const roles: (readonly ["previous-token" | "look-back", HeadRole])[] = [
    ["previous-token", heads.previousToken],
    ["look-back", heads.lookBack],
  ];
  const rows = roles.map((): PositionRow[] => []);
  for (const [i, mode] of MODES.entries()) {
    const layers = [...new Set(roles.map(([, { layer }]) => layer))];
    const collected = roles.map(([, { layer, head }]) =>
      (["pattern", "attn_scores"] as const).map((name) => ({
        name: `blocks.${layer}.attn.hook_${name}` as const,
        row: new AttentionRow(head, QUERY, QUERY + 1),
      })),
    );
    const run = {
      names: layers.flatMap((layer) => [
        `blocks.${layer}.attn.hook_pattern`,
        `blocks.${layer}.attn.hook_attn_scores`,
      ]),
      mode,
      ...runOptions({
        ...context,
        onProgress: (share) => context.onProgress?.((i + share) / MODES.length),
      }),
    };
    for await (const { activations } of model.runChunks(tokens, run)) {
      for (const { name, row } of collected.flat()) row.add(activations.get(name));
    }
    for (const [r, [pattern, scores]] of collected.entries()) {
      rows[r]?.push({
        mode,
        pattern: pattern?.row.estimates ?? [],
        scores: scores?.row.estimates ?? [],
      });
    }
  }
  const { seed, batch, random_tokens } = published.previous_token_post;
  const judged =
    context.published &&
    spec.seed === seed &&
    spec.batch === batch &&
    spec.tokens === random_tokens;
  const comparisons = roles.flatMap(([role, { label }], r) =>
    (rows[r] ?? []).flatMap(({ mode, pattern, scores }) => {
      const values = publishedRows(role);
      const of = (what: string, estimates: readonly Estimate[], post: readonly number[]) =>
        compare(
          judged,
          estimates.map(({ mean }, key) => [
            `${role} head ${label}, ${mode}: ${what} on position ${key}`,
            mean,
            post[key],
          ]),
        );
      return [
        ...of("attention", pattern, values.pattern[JSON_MODE[mode]]),
        ...of("score", scores, values.scores[JSON_MODE[mode]]),
      ];
    }),
  );
  return {
    spec,
    query: QUERY,
    heads: roles.map(([role, { label }], r) => ({ role, head: label, rows: rows[r] ?? [] })),
    comparisons,
  };
}
