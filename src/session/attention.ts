/** @file The attention of every head in a session, of one prompt or in the mean. */

import { at, type NdArray } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";
import { RunningMean } from "../measures/batch-mean.ts";
import { type LagProfile, lagProfile } from "../measures/lag-profile.ts";
import type { Estimate } from "../measures/statistics.ts";
import type { HeadIndex } from "../model/heads.ts";
import { elementEstimate } from "./element-estimate.ts";
import { type Session, type SessionWork, tokensOf } from "./session.ts";
import { rowsOf, sessionRun } from "./session-run.ts";
import type { PromptChoice, SessionSpec } from "./spec.ts";

/** Attention patterns of all heads. H heads, P positions. */
export interface SessionAttention {
  /** Number of prompts behind each number. */
  readonly n: number;
  /** The labels of the prompt that ran, one for each position. */
  readonly labels: readonly string[];
  /** Whether position 0 is BOS. */
  readonly opensWithBos: boolean;
  /** Of each layer the mean pattern, [H, P, P]: head, query, key. */
  readonly mean: readonly NdArray[];
  /** Its standard errors; 0 for a single prompt. */
  readonly se: readonly NdArray[];
}

/** What to look at. */
export interface AttentionOptions extends SessionWork {
  /** Default the mean. */
  readonly prompt?: PromptChoice;
}

/**
 * Attention of every head in the run that a spec describes.
 *
 * @throws LookbackError as `interventionHooks`; `bad-spec` for a prompt that there is not.
 */
export async function sessionAttention(
  session: Session,
  spec: SessionSpec,
  { prompt = "mean", ...work }: AttentionOptions = {},
): Promise<SessionAttention> {
  const { n_layers } = session.model.config;
  const prompts = session.prompts(spec.prompt);
  const { labels, corruptedLabels } = prompts;
  const rows = rowsOf(prompt, tokensOf(prompts, spec.runs).batch);
  const means = Array.from({ length: n_layers }, () => new RunningMean());
  const ask = { names: ["blocks.*.attn.hook_pattern"] };
  for await (const { activations } of sessionRun(session, spec, ask, { rows, ...work })) {
    for (const [layer, mean] of means.entries()) {
      mean.add(activations.get(`blocks.${layer}.attn.hook_pattern`));
    }
  }
  const results = means.map((mean) => mean.result);
  const shown = spec.runs === "corrupted" ? (corruptedLabels ?? labels) : labels;
  return {
    n: results[0]?.n ?? 0,
    labels: shown,
    opensWithBos: shown[0] === "BOS",
    mean: results.map(({ mean }) => mean),
    se: results.map(({ se }) => se),
  };
}

/**
 * The attention of a head from a query on a key, with its interval.
 *
 * @throws LookbackError `unknown-layer`, or `bad-shape` for a head or position that there is not.
 */
export function attentionEstimate(
  { mean, se, n }: Pick<SessionAttention, "mean" | "se" | "n">,
  { layer, head }: HeadIndex,
  query: number,
  key: number,
): Estimate {
  const row = (arrays: readonly NdArray[]) => at(layerOf(arrays, layer), head, query, key);
  return elementEstimate({ mean: row(mean), se: row(se), n }, 0);
}

function layerOf(arrays: readonly NdArray[], layer: number): NdArray {
  const array = arrays[layer];
  if (array !== undefined) return array;
  throw new LookbackError(
    "unknown-layer",
    `no layer ${layer}: there are 0 to ${arrays.length - 1}`,
    {
      layer,
    },
  );
}

/**
 * Patterns without what lies on position 0, each row scaled so that the rest sums to one; a row with
 * nothing else is all zero. Of a mean pattern this is the ratio of means.
 */
export function withoutBos({ shape, data }: NdArray): NdArray {
  const keys = shape.at(-1) ?? 0;
  const hidden = data.slice();
  for (let start = 0; start < data.length; start += keys) {
    const row = hidden.subarray(start, start + keys);
    row[0] = 0;
    let sum = 0;
    for (const weight of row) sum += weight;
    if (sum > 0) for (const key of row.keys()) row[key] = (row[key] as number) / sum;
  }
  return { shape, data: hidden };
}

/** Of a prompt that is BOS alone: there is nowhere else to look. */
const NO_LAGS = { byLag: [], beyond: 0, meanLag: 0, meanSquaredLag: 0, reach: 0 };

/** How far back a head looks, of its mean pattern; without lags where the prompt is BOS alone. */
export function sessionLagProfile(
  { mean, opensWithBos }: Pick<SessionAttention, "mean" | "opensWithBos">,
  { layer, head }: HeadIndex,
): LagProfile {
  const pattern = at(layerOf(mean, layer), head);
  if (opensWithBos && pattern.shape[0] === 1) return { ...NO_LAGS, bos: pattern.data[0] as number };
  return lagProfile(pattern, { bos: opensWithBos });
}
