/**
 * @file Random tokens twice, in one run: the loss on each copy, where heads look on the first, which is
 * nothing but random tokens, and whether on the second they look at what followed before.
 */

import type { NdArray } from "../engine/ndarray.ts";
import { ROLE_LAGS } from "../hypothesis/head-card.ts";
import type { LagRange } from "../measures/lag-attention.ts";
import { prefixMatching } from "../measures/prefix-matching.ts";
import { type Estimate, estimate } from "../measures/statistics.ts";
import { allHeads, type HeadIndex, headLabel } from "../model/heads.ts";
import type { HookedTransformer } from "../model/model.ts";
import { batchRows } from "../model/tokens.ts";
import { patternPrompts } from "../prompts/pattern-prompts.ts";

/** Loss on random tokens twice, in nats a token, over prompts. */
export interface RepeatedLook {
  /** Tokens of a copy. */
  readonly copy: number;
  /** No better than chance: ln of the vocabulary, or more. */
  readonly first: Estimate;
  /** Lower, where a model has learned to repeat. */
  readonly second: Estimate;
}

/** Where a head looks; estimates are over prompts. */
export interface HeadLook extends HeadIndex {
  /** `L1H6` */
  readonly label: string;
  /** Mean attention on the token itself, on the one before, …, up to eight back, on random tokens. */
  readonly byLag: readonly number[];
  /** Mean attention on BOS, where heads rest. */
  readonly bos: number;
  /** Attention on the token before. */
  readonly previousToken: Estimate;
  /** Attention on lags 2 to 5 together. */
  readonly lookBack: Estimate;
  /** Attention on lags 1 to 8 together. */
  readonly broadLookBack: Estimate;
  /** Prefix matching: on the second copy, attention on what followed the same token before. */
  readonly induction: Estimate;
}

/** Both, as plain JSON. */
export interface RepeatedTokensLook {
  readonly repeated: RepeatedLook;
  /** Layer by layer. */
  readonly heads: readonly HeadLook[];
}

/** Which prompts. */
export interface RepeatedTokensSpec {
  readonly bos: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

const PROMPTS = 32;
const MOST_COPY = 64;
/** As far back as the roles of heads ask. */
const MAX_LAG = ROLE_LAGS.broadLookBack.to;

/** Attention by lag of each prompt: for each head `[prompt][lag]`, with BOS behind the last lag. */
function lagShares({ shape, data }: NdArray, maxLag: number, end: number): number[][][] {
  const [batch = 0, heads = 0, length = 0] = shape;
  const first = maxLag + 1; // the first query with all of these lags behind BOS
  return Array.from({ length: heads }, (_, head) =>
    Array.from({ length: batch }, (_, row) => {
      const shares = new Array<number>(maxLag + 2).fill(0);
      const start = (row * heads + head) * length * length;
      for (let query = first; query < end; query++) {
        const at = start + query * length;
        for (let lag = 0; lag <= maxLag; lag++) {
          shares[lag] = (shares[lag] as number) + (data[at + query - lag] as number);
        }
        shares[maxLag + 1] = (shares[maxLag + 1] as number) + (data[at] as number);
      }
      return shares.map((share) => share / (end - first));
    }),
  );
}

/** The sum over the lags of a range, of each prompt. */
function within(
  shares: readonly (readonly number[])[],
  maxLag: number,
  { from, to }: LagRange,
): Estimate {
  const sums = shares.map((ofPrompt) =>
    ofPrompt.slice(from, Math.min(to, maxLag) + 1).reduce((sum, share) => sum + share, 0),
  );
  return estimate(sums);
}

function meanOf(shares: readonly (readonly number[])[], lag: number): number {
  return estimate(shares.map((ofPrompt) => ofPrompt[lag] as number)).mean;
}

/** Losses of a copy, prompt by prompt: of tokens `[from, to)`, of `[prompt, token - 1]`. */
function copyLosses({ shape, data }: NdArray, from: number, to: number): number[] {
  const [batch = 0, width = 0] = shape;
  return Array.from({ length: batch }, (_, row) => {
    const start = row * width - 1;
    const losses = data.subarray(start + from, start + to);
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  });
}

/**
 * Measures all heads and both losses on 32 prompts `BOS X*64 X*64`, or of as many tokens as fit into the
 * model's context.
 *
 * The first token of the second copy comes as a surprise to everyone and counts for neither copy.
 *
 * @throws LookbackError as `run`.
 */
export async function repeatedTokensLook(
  model: HookedTransformer,
  { bos, seed, signal }: RepeatedTokensSpec,
): Promise<RepeatedTokensLook> {
  const { n_layers, n_ctx, d_vocab } = model.config;
  const copy = Math.min(MOST_COPY, Math.floor((n_ctx - 1) / 2));
  const maxLag = Math.min(MAX_LAG, Math.floor(copy / 2));
  const pattern = `BOS X*${copy} X*${copy}`;
  const { tokens } = patternPrompts({ pattern, batch: PROMPTS, seed, d_vocab, bos });
  const shares = new Map<string, number[][]>();
  const matching = new Map<string, number[]>();
  const first: number[] = [];
  const second: number[] = [];
  for await (const { rows, activations, lossPerToken } of model.runChunks(tokens, {
    names: ["blocks.*.attn.hook_pattern"],
    lossPerToken: true,
    ...(signal && { signal }),
  })) {
    for (let layer = 0; layer < n_layers; layer++) {
      const attention = activations.get(`blocks.${layer}.attn.hook_pattern`);
      const matches = prefixMatching(attention, batchRows(tokens, ...rows), copy + 1);
      for (const [head, ofHead] of lagShares(attention, maxLag, copy + 1).entries()) {
        const label = headLabel({ layer, head });
        shares.set(label, [...(shares.get(label) ?? []), ...ofHead]);
        matching.set(label, [...(matching.get(label) ?? []), ...(matches[head] ?? [])]);
      }
    }
    if (lossPerToken === undefined) continue;
    first.push(...copyLosses(lossPerToken, 1, copy + 1));
    second.push(...copyLosses(lossPerToken, copy + 2, 2 * copy + 1));
  }
  const heads = allHeads(model.config).map(({ layer, head }): HeadLook => {
    const label = headLabel({ layer, head });
    const ofHead = shares.get(label) ?? [];
    return {
      label,
      layer,
      head,
      byLag: Array.from({ length: maxLag + 1 }, (_, lag) => meanOf(ofHead, lag)),
      bos: meanOf(ofHead, maxLag + 1),
      previousToken: within(ofHead, maxLag, ROLE_LAGS.previousToken),
      lookBack: within(ofHead, maxLag, ROLE_LAGS.lookBack),
      broadLookBack: within(ofHead, maxLag, ROLE_LAGS.broadLookBack),
      induction: estimate(matching.get(label) ?? []),
    };
  });
  return { repeated: { copy, first: estimate(first), second: estimate(second) }, heads };
}
