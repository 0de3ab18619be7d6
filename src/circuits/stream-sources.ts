/**
 * @file What the residual stream is a sum of, and how LayerNorm lets each term through. With its scale
 * as it was in the run, LayerNorm is linear but for its own bias, so whatever reads the stream reads
 * the terms one by one (Elhage et al., 2021).
 */

import { type NdArray, toNested } from "../engine/ndarray.ts";
import type { Tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import type { BatchMean } from "../measures/batch-mean.ts";
import type { ModelConfig } from "../model/config.ts";
import type { NormWeights } from "../model/device-weights.ts";
import { type HeadIndex, headLabel } from "../model/heads.ts";

/**
 * What the layers before one have written, in the order of the run: of each layer its heads (`L0H4`)
 * and its output bias (`L0 b_O`). A head's value bias is part of what the head writes.
 */
export function writtenBefore({ n_heads }: ModelConfig, layer: number): string[] {
  return Array.from({ length: layer }, (_, from) => [
    ...Array.from({ length: n_heads }, (_, head) => headLabel({ layer: from, head })),
    `L${from} b_O`,
  ]).flat();
}

/**
 * What a logit is a sum of: `embed`, `pos` (unless shortformer), each head (`L1H6`), each layer's output
 * bias (`L1 b_O`), `ln_final b` where the model has one, and `b_U`.
 */
export function logitSources(config: ModelConfig): string[] {
  return [
    "embed",
    ...(config.shortformer_pos ? [] : ["pos"]),
    ...writtenBefore(config, config.n_layers),
    ...(config.normalization === "LN" ? ["ln_final b"] : []),
    "b_U",
  ];
}

/**
 * What rows that read LayerNorm's output, `[…, M]`, read of its input, short of the scale and the bias:
 * its weights go into the rows, and centring what is read is centring what reads.
 */
export function throughNorm(
  rows: Tensor,
  norm: NormWeights | undefined,
  { normalization }: ModelConfig,
): Tensor {
  if (normalization === null) return rows;
  const weighted = norm === undefined ? rows : rows.mul(norm.w);
  return weighted.sub(weighted.mean(-1, true));
}

/** @throws LookbackError `unknown-head` unless the model has this head. */
export function checkHead({ layer, head }: HeadIndex, { n_layers, n_heads }: ModelConfig): void {
  const isIndex = (value: number, extent: number) =>
    Number.isInteger(value) && value >= 0 && value < extent;
  if (isIndex(layer, n_layers) && isIndex(head, n_heads)) return;
  throw new LookbackError(
    "unknown-head",
    `no head ${head} in layer ${layer}: this model has heads L0H0 to L${n_layers - 1}H${n_heads - 1}`,
    { layer, head },
  );
}

/** Means over prompts and their standard errors, along three axes. */
export interface MeanParts {
  readonly mean: readonly (readonly (readonly number[])[])[];
  readonly se: readonly (readonly (readonly number[])[])[];
  readonly n: number;
}

/** The means as plain JSON. */
export function meanParts({ mean, se, n }: BatchMean): MeanParts {
  const nested = ({ shape, data }: NdArray) => toNested(shape, data) as number[][][];
  return { mean: nested(mean), se: nested(se), n };
}
