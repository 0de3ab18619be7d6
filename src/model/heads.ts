/** @file Heads and their labels. */

import { didYouMean, LookbackError } from "../errors.ts";
import type { ModelConfig } from "./config.ts";

/** A head by layer and number. */
export interface HeadIndex {
  readonly layer: number;
  readonly head: number;
}

/** `L1H6` for layer 1, head 6. */
export function headLabel({ layer, head }: HeadIndex): string {
  return `L${layer}H${head}`;
}

/** Every head of a model, layer by layer. */
export function allHeads({ n_layers, n_heads }: ModelConfig): HeadIndex[] {
  return Array.from({ length: n_layers * n_heads }, (_, i) => ({
    layer: Math.floor(i / n_heads),
    head: i % n_heads,
  }));
}

/**
 * Reads a head's label.
 *
 * @throws LookbackError `unknown-head` when it is no label, or of no head of this model.
 */
export function parseHead(label: string, { config }: { readonly config: ModelConfig }): HeadIndex {
  const { n_layers, n_heads } = config;
  const match = /^L(\d+)H(\d+)$/i.exec(label);
  const layer = Number(match?.[1] ?? -1);
  const head = Number(match?.[2] ?? -1);
  if (match === null || layer >= n_layers || head >= n_heads) {
    throw new LookbackError(
      "unknown-head",
      `unknown head ${JSON.stringify(label)}: this model has heads L0H0 to L${n_layers - 1}H${n_heads - 1}${didYouMean(label, allHeads(config).map(headLabel))}`,
      { label },
    );
  }
  return { layer, head };
}
