/**
 * @file Path patching (Wang et al., 2022; Goldowsky-Dill et al., 2023): what one head, or an embedding,
 * tells one later head's queries, keys or values, or the logits. Along the path stands the other run's
 * output; what else the sender reaches sees this run's, and what lies behind the receiver is computed
 * anew. Exact: nothing is linearised, LayerNorm included.
 */

import { LookbackError } from "../errors.ts";
import {
  type Estimate,
  estimate,
  estimateNormalised,
  estimatePaired,
} from "../measures/statistics.ts";
import type { ForwardModel } from "../model/forward.ts";
import type { TokenBatch } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { type Edge, isEdge, type Receiver, type Sender } from "./edges.ts";
import { checkDirection, checkedFirstDifference, type PatchDirection } from "./pair.ts";
import { activationsOf } from "./patch.ts";
import { readPosition } from "./question.ts";
import { rewiredScores } from "./rewire.ts";
import type { Rewiring } from "./rewiring.ts";

/** Two runs, and what is asked of both. */
export interface RewirePairRequest {
  readonly clean: TokenBatch;
  readonly corrupted: TokenBatch;
  /** `[right, wrong]` for each prompt; the metric is logit(right) - logit(wrong). */
  readonly answers: readonly AnswerPair[];
  /** Position whose logits are compared; default the last. Negative counts from the end. */
  readonly read?: number;
  /** `denoise` (default): clean outputs into the corrupted run. `noise`: the other way. */
  readonly direction?: PatchDirection;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Logit differences prompt by prompt, [N] each. */
export interface RewiredPairScores {
  readonly clean: Float32Array;
  readonly corrupted: Float32Array;
  /** One [N] a rewiring. */
  readonly patched: readonly Float32Array[];
}

/**
 * Patches one run with another's outputs, along edges and for whole heads, each rewiring by itself.
 *
 * @throws LookbackError `bad-shape` when the prompts do not pair up; `bad-spec` when they are the same up to
 *   the position that is read; as {@link rewiredScores}.
 */
export async function patchRewired(
  model: ForwardModel,
  request: RewirePairRequest & { readonly rewirings: readonly Rewiring[] },
): Promise<RewiredPairScores> {
  const { clean, corrupted, answers, direction = "denoise", rewirings } = request;
  checkDirection(direction);
  const read = readPosition({ tokens: clean, answers, read: request.read ?? -1 });
  checkedFirstDifference(clean, corrupted, { read, config: model.config });
  const [into, from] = direction === "denoise" ? [corrupted, clean] : [clean, corrupted];
  const { base, source, rewired } = await rewiredScores(model, {
    question: { tokens: into, answers, read },
    source: activationsOf(model, from),
    rewirings,
    ...(request.signal && { signal: request.signal }),
    ...(request.onProgress && { onProgress: request.onProgress }),
  });
  if (source === undefined) throw new Error("internal: the source is a run and has scores");
  return direction === "denoise"
    ? { clean: source, corrupted: base, patched: rewired }
    : { clean: base, corrupted: source, patched: rewired };
}

/** Which paths, from every sender to every receiver. */
export interface PathRequest extends RewirePairRequest {
  readonly from: readonly Sender[];
  /** Receivers; those of one list are patched together, as of several induction heads. */
  readonly to: readonly (readonly Receiver[])[];
  /**
   * The positions at which the paths are patched: all together (default), some together, or `each`, one
   * after the other, up to the one that is read.
   */
  readonly positions?: "all" | "each" | readonly number[];
}

/** The effects of paths, on the scale where 0 is the corrupted run and 1 the clean one. */
export interface PathResult {
  readonly clean: Estimate;
  readonly corrupted: Estimate;
  /** Clean less corrupted, paired over prompts: what effects are shares of. */
  readonly gap: Estimate;
  /**
   * [sender][receiver][position], with one entry for positions that are patched together; null where
   * the receiver cannot see the sender.
   */
  readonly effects: readonly (readonly (readonly Estimate[] | null)[])[];
}

/**
 * The effect of every path from some senders to some receivers.
 *
 * @throws LookbackError `bad-spec` when no receiver sees any of the senders; as {@link patchRewired}.
 * @example
 * ```ts
 * const { effects } = await pathPatch(model, {
 *   clean, corrupted, answers,
 *   from: parseSenders("L0", model.config),
 *   to: parseReceivers("L1H6", model.config).map((receiver) => [receiver]), // .q, .k and .v
 * });
 * ```
 */
export async function pathPatch(model: ForwardModel, request: PathRequest): Promise<PathResult> {
  const { from, to, positions = "all", clean: prompts, answers } = request;
  const last = readPosition({ tokens: prompts, answers, read: request.read ?? -1 });
  const each: (readonly number[] | undefined)[] =
    positions === "each"
      ? Array.from({ length: last + 1 }, (_, position) => [position])
      : [positions === "all" ? undefined : positions];
  const rewirings: Rewiring[] = [];
  const places = from.map((sender) =>
    to.map((receivers): number | null => {
      const edges = receivers
        .map((receiver): Edge => ({ from: sender, to: receiver }))
        .filter((edge) => isEdge(edge, model.config));
      if (edges.length === 0) return null;
      const start = rewirings.length;
      for (const at of each) rewirings.push({ edges, ...(at && { positions: at }) });
      return start;
    }),
  );
  if (rewirings.length === 0) {
    throw new LookbackError("bad-spec", "no path: none of the receivers sees any of the senders");
  }
  const { clean, corrupted, patched } = await patchRewired(model, { ...request, rewirings });
  const effect = (i: number) =>
    estimateNormalised(patched[i] as Float32Array, { clean, corrupted });
  return {
    clean: estimate(clean),
    corrupted: estimate(corrupted),
    gap: estimatePaired(clean, corrupted),
    effects: places.map((row) =>
      row.map((start) => (start === null ? null : each.map((_, p) => effect(start + p)))),
    ),
  };
}
