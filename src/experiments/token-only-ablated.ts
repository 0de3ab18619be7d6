/**
 * @file Where the induction head's preference for late positions comes from (companion post on
 * recency): with positional embeddings zero and the patterns of all layer-0 heads but one set to
 * zero, what is left can only be how that head smears tokens over positions.
 */

import { tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import { rowEstimates } from "../measures/batch-mean.ts";
import type { Estimate } from "../measures/statistics.ts";
import { headLabel, parseHead } from "../model/heads.ts";
import type { HookedTransformer } from "../model/model.ts";
import { randomPrompts } from "../prompts/random.ts";
import { type ExperimentContext, runOptions } from "./context.ts";
import type { RandomTokensSpec } from "./figure-3-4.ts";
import { type Comparison, compare, published } from "./published.ts";

/** Random tokens without BOS, and the one layer-0 head that keeps its pattern. */
export interface TokenOnlySpec extends RandomTokensSpec {
  /** `L0H1`, as in the companion post's code (its data file says head 2). */
  readonly keptHead: string;
}

/** The induction head's last row, as plain JSON. */
export interface TokenOnlyResult {
  readonly spec: TokenOnlySpec;
  readonly head: string;
  readonly lastRow: readonly Estimate[];
  readonly comparisons: readonly Comparison[];
}

/**
 * The head of layer 0 that keeps its pattern.
 *
 * @throws LookbackError `unknown-head`; `bad-spec` for a head of another layer.
 */
export function keptHeadOf({ keptHead }: TokenOnlySpec, model: HookedTransformer): number {
  const { layer, head } = parseHead(keptHead, model);
  if (layer === 0) return head;
  throw new LookbackError(
    "bad-spec",
    `tokenOnlyAblated.keptHead must be a head of layer 0, got ${keptHead}`,
    { field: "tokenOnlyAblated.keptHead", value: keptHead },
  );
}

/** Measures the induction head above a layer 0 of one head. */
export async function tokenOnlyAblated(
  context: ExperimentContext,
  spec: TokenOnlySpec,
): Promise<TokenOnlyResult> {
  const { model, heads } = context;
  const { n_heads, d_vocab } = model.config;
  const kept = keptHeadOf(spec, model);
  const { tokens } = randomPrompts({
    length: spec.tokens,
    batch: spec.batch,
    seed: spec.seed,
    d_vocab,
    bos: null,
  });
  const mask = Float32Array.from({ length: n_heads }, (_, head) => (head === kept ? 1 : 0));
  const name = `blocks.${heads.induction.layer}.attn.hook_pattern` as const;
  const { activations } = await model.run(tokens, {
    names: [name],
    namesAt: "positions",
    mode: "token-only",
    hooks: [
      [
        "blocks.0.attn.hook_pattern",
        (pattern) => pattern.mul(tensor({ shape: [1, n_heads, 1, 1], data: mask })),
      ],
    ],
    // The hook treats every prompt alike, so the batch can be cut.
    chunkRows: 25,
    ...runOptions(context),
  });
  const lastRow = rowEstimates(activations.get(name), heads.induction.head, 0);
  const post = published.recency_post.token_only_layer0_ablated_except_one;
  const judged =
    context.published &&
    spec.batch === post.batch &&
    spec.seed === post.seed &&
    headLabel({ layer: 0, head: kept }) === post.kept_head;
  const comparisons =
    spec.tokens === post.tokens
      ? compare(
          judged,
          lastRow.map(({ mean }, key) => [
            `attention on position ${key}`,
            mean,
            post.L1H6_last_row[key],
          ]),
        )
      : [];
  return { spec, head: heads.induction.label, lastRow, comparisons };
}
