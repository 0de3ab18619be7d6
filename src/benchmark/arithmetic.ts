/**
 * @file How much arithmetic a question needs at least: floating-point operations of its matmuls, two
 * (a product and a sum) for each step of an inner product. `docs/cost.md` says it in words. True
 * vocabulary, true rows and no position twice; softmax, LayerNorm and sums are left out, as is
 * whatever a model's particular weights might save.
 *
 * Everything here is of one prompt. M d_model, H heads, D d_head, W = H * D, V vocabulary.
 */

import type { ModelConfig } from "../model/config.ts";

/** The parts of a config that arithmetic depends on. */
export type Dimensions = Pick<
  ModelConfig,
  "n_layers" | "n_heads" | "d_model" | "d_head" | "d_vocab"
>;

/** Positions `[from, to)` of a prompt; attention looks back at all those before. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Q, K, V or O of one position, all heads together: 2·M·W. */
function projection({ n_heads, d_model, d_head }: Dimensions): number {
  return 2 * d_model * n_heads * d_head;
}

/** Scores, or values averaged, where each position of a span looks at itself and all before: 2·W a pair. */
function attention({ n_heads, d_head }: Dimensions, { from, to }: Span): number {
  const pairs = (to * (to + 1) - from * (from + 1)) / 2;
  return 2 * n_heads * d_head * pairs;
}

/** A layer below the last, at the positions of a span: what comes before them is known already. */
export function wholeLayer(dimensions: Dimensions, span: Span): number {
  const positions = span.to - span.from;
  return 4 * projection(dimensions) * positions + 2 * attention(dimensions, span);
}

/** Attention patterns of a layer at all positions: queries, keys and their products. */
export function patternsOfLayer(dimensions: Dimensions, positions: number): number {
  const span = { from: 0, to: positions };
  return 2 * projection(dimensions) * positions + attention(dimensions, span);
}

/** Inner products of what a query of each head looks for with `keys` positions of the stream: 2·M·H each. */
function streamProducts({ n_heads, d_model }: Dimensions, keys: number): number {
  return 2 * d_model * n_heads * keys;
}

/**
 * The attention pattern of one position of a layer, which needs no keys: its query, what that looks
 * for in the stream (W_K^T q), and its products with the stream.
 */
export function patternAtOnePosition(dimensions: Dimensions, keys: number): number {
  return 2 * projection(dimensions) + streamProducts(dimensions, keys);
}

/**
 * A layer at one position, which needs neither keys nor values: the pattern as above, the stream
 * averaged by it, W_V of the average, and O.
 */
export function layerAtOnePosition(dimensions: Dimensions, keys: number): number {
  return (
    patternAtOnePosition(dimensions, keys) +
    streamProducts(dimensions, keys) +
    2 * projection(dimensions)
  );
}

/** Whole layers `[first, end)` at the positions of a span. */
function wholeLayers(dimensions: Dimensions, first: number, end: number, span: Span): number {
  return Math.max(0, end - first) * wholeLayer(dimensions, span);
}

/** The stream at the last of so many positions. */
function streamAtLastPosition(dimensions: Dimensions, span: Span, firstLayer = 0): number {
  const last = dimensions.n_layers - 1;
  return (
    wholeLayers(dimensions, firstLayer, last, span) +
    (firstLayer > last ? 0 : layerAtOnePosition(dimensions, span.to))
  );
}

/** One logit difference: the stream times the difference of two directions, which costs no matmul. */
function logitDifference({ d_model }: Dimensions): number {
  return 2 * d_model;
}

/** A logit difference at the last position of a span: what comes before the span is known already. */
export function differenceFrom(dimensions: Dimensions, span: Span): number {
  return streamAtLastPosition(dimensions, span) + logitDifference(dimensions);
}

/** Probabilities of answers at the last of so many positions: all logits are needed for their sum. */
export function probabilities(dimensions: Dimensions, positions: number): number {
  const { d_model, d_vocab } = dimensions;
  return streamAtLastPosition(dimensions, { from: 0, to: positions }) + 2 * d_model * d_vocab;
}

/** Attention patterns of one layer at all positions, with the layers below it. */
export function patterns(dimensions: Dimensions, positions: number, layer: number): number {
  return (
    wholeLayers(dimensions, 0, layer, { from: 0, to: positions }) +
    patternsOfLayer(dimensions, positions)
  );
}

/** Rows of the pattern of a layer at some positions alone, with the layers below it. */
export function patternRows(
  dimensions: Dimensions,
  { positions, layer, queries }: { positions: number; layer: number; queries: readonly number[] },
): number {
  return (
    wholeLayers(dimensions, 0, layer, { from: 0, to: positions }) +
    queries.reduce((sum, query) => sum + patternAtOnePosition(dimensions, query + 1), 0)
  );
}

/** What is patched: every head's z, at all positions together or at one at a time. */
export interface Patching {
  /** Up to and with the one that is read. */
  readonly positions: number;
  /** The first position at which the two prompts differ. */
  readonly firstDifference: number;
  readonly by: "head" | "head-position";
}

/**
 * Patching one run's z into another's and reading a logit difference: the run itself; the other run from
 * the first position that differs; and for every exchanged place O at its positions, then the layers
 * above from the first of these on, the last of them at the position that is read alone. Places that
 * cannot reach what is read need nothing.
 */
export function patching(
  dimensions: Dimensions,
  { positions, firstDifference, by }: Patching,
): number {
  const { n_layers, n_heads } = dimensions;
  const last = n_layers - 1;
  const read = positions - 1;
  const answer = (span: Span, firstLayer = 0) =>
    streamAtLastPosition(dimensions, span, firstLayer) + logitDifference(dimensions);
  const exchanged = (layer: number, place: Span) =>
    projection(dimensions) * (place.to - place.from) +
    answer({ from: place.from, to: positions }, layer + 1);

  const different = { from: firstDifference, to: positions };
  let total = answer({ from: 0, to: positions }) + answer(different);
  for (let layer = 0; layer < last; layer++) {
    const places =
      by === "head"
        ? [different]
        : Array.from({ length: positions - firstDifference }, (_, i) => ({
            from: firstDifference + i,
            to: firstDifference + i + 1,
          }));
    for (const place of places) total += n_heads * exchanged(layer, place);
  }
  // In the last layer only z at the position that is read reaches the answer.
  return total + n_heads * exchanged(last, { from: read, to: positions });
}
