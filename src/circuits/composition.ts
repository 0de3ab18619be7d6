/**
 * @file Composition scores (Elhage et al., 2021): how much of what one head writes is read by a later
 * head, from weights alone. As TransformerLens' `all_composition_scores`.
 */

import { checkChoice } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import type { StateDict } from "../model/weights.ts";
import { type FactoredMatrix, productNorm, transposeFactored } from "./factored-matrix.ts";
import { type HeadCircuits, headCircuits } from "./head-circuits.ts";

/** What the later head reads with: its queries, its keys or its values. */
export const COMPOSITION_MODES = ["Q", "K", "V"] as const;

/** One of {@link COMPOSITION_MODES}. */
export type CompositionMode = (typeof COMPOSITION_MODES)[number];

/** The circuit of the later head whose rows read the stream. */
const READS_BY: Record<CompositionMode, (head: HeadCircuits) => FactoredMatrix> = {
  Q: ({ QK }) => QK,
  K: ({ QK }) => transposeFactored(QK),
  V: ({ OV }) => OV,
};

/**
 * ‖writer · reader‖ / (‖writer‖ ‖reader‖), all Frobenius norms: how much of the one the other reads.
 * Zero where one of them is zero (TransformerLens has NaN there).
 */
export function compositionScore(writer: FactoredMatrix, reader: FactoredMatrix): number {
  const scale = writer.norm * reader.norm;
  return scale === 0 ? 0 : productNorm(writer, reader) / scale;
}

/**
 * Composition scores of all pairs of heads, `[layer of writer][head][layer of reader][head]`:
 * ‖W_OV of the writer · the reader's circuit‖ / (‖W_OV‖ ‖circuit‖), all Frobenius norms, where the
 * circuit is W_QK for `Q`, its transpose for `K` and W_OV for `V`. Zero where the reader's layer is
 * not after the writer's, and where a head's circuit is zero (TransformerLens has NaN there).
 *
 * Random weights score above zero: about 1 / √d_model, as `compositionBaseline` measures.
 *
 * @param weights As in the file or processed; the config must be the one that goes with them.
 * @throws LookbackError `bad-weights` or `not-finite` when the weights do not fit the config.
 */
export function compositionScores(
  weights: StateDict,
  config: ModelConfig,
  mode: CompositionMode,
): number[][][][] {
  checkChoice("mode", mode, COMPOSITION_MODES);
  const { n_layers, n_heads } = config;
  const heads = headCircuits(weights, config);
  const readers = heads.map(READS_BY[mode]);
  const byHead = <T>(value: (index: number) => T): T[][] =>
    Array.from({ length: n_layers }, (_, layer) =>
      Array.from({ length: n_heads }, (_, head) => value(layer * n_heads + head)),
    );
  return byHead((w) =>
    byHead((r) => {
      const [writer, reader, circuit] = [heads[w], heads[r], readers[r]];
      const later = writer && reader && circuit && reader.layer > writer.layer;
      return later ? compositionScore(writer.OV, circuit) : 0;
    }),
  );
}
