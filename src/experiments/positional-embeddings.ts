/**
 * @file The positional embeddings themselves (companion post): their norms, their dot products, and
 * their first two principal components.
 */

import { at, type NdArray, type Nested, toNested } from "../engine/ndarray.ts";
import type { ModelConfig } from "../model/config.ts";
import type { ExperimentContext } from "./context.ts";
import { principalComponents } from "./principal-components.ts";
import { type Comparison, compare, published } from "./published.ts";

/** How much of W_pos to show. */
export interface PositionalEmbeddingsSpec {
  /** Rows whose norms are given. */
  readonly norms: number;
  /** Rows whose dot products with each other are given. */
  readonly dotProducts: number;
}

/** Norms, dot products and components of W_pos, rows centred as processing does; plain JSON. */
export interface PositionalEmbeddingsResult {
  readonly spec: PositionalEmbeddingsSpec;
  /** Euclidean norm of each row. */
  readonly norms: readonly number[];
  /** [position][position] */
  readonly dotProducts: Nested;
  readonly pca: {
    /** Coordinates of every position along the two components. */
    readonly pc1: readonly number[];
    readonly pc2: readonly number[];
    /** Share of the variance that each of the two explains. */
    readonly explained: readonly [number, number];
  };
  readonly comparisons: readonly Comparison[];
}

/**
 * Whether rows are taken less their mean: a LayerNorm that they go through does not see the difference, and
 * the companion post took it off. Shortformer positions are added behind LayerNorm.
 */
export function arePositionsCentred({
  normalization,
  shortformer_pos,
}: Pick<ModelConfig, "normalization" | "shortformer_pos">): boolean {
  return normalization !== null && !shortformer_pos;
}

function centredRows({ shape, data }: NdArray): NdArray {
  const [rows = 0, width = 1] = shape;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * width, (row + 1) * width);
    const mean = values.reduce((sum, value) => sum + value, 0) / width;
    for (const [i, value] of values.entries()) out[row * width + i] = value - mean;
  }
  return { shape, data: out };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** The published components with the sign that the measured ones happen to have. */
function signed(published: readonly number[], measured: readonly number[]): number[] {
  let agreement = 0;
  for (const [i, value] of measured.entries()) agreement += value * (published[i] ?? 0);
  return published.map((value) => (agreement < 0 ? -value : value));
}

/** Reads W_pos and measures it; no run of the model. */
export async function positionalEmbeddings(
  context: ExperimentContext,
  spec: PositionalEmbeddingsSpec,
): Promise<PositionalEmbeddingsResult> {
  const { model } = context;
  const weights = await model.weights.W_pos.read(); // [n_ctx, d_model]
  const W_pos = arePositionsCentred(model.config) ? centredRows(weights) : weights;
  const { n_ctx } = model.config;
  const row = (position: number) => at(W_pos, position).data;
  const positions = Array.from({ length: n_ctx }, (_, position) => position);

  const norms = positions.slice(0, spec.norms).map((p) => Math.sqrt(dot(row(p), row(p))));
  const some = positions.slice(0, spec.dotProducts);
  const dots = some.flatMap((p) => some.map((q) => dot(row(p), row(q))));
  const { coordinates, explained } = principalComponents(W_pos, 2);
  const pca = {
    pc1: [...(coordinates[0] ?? [])],
    pc2: [...(coordinates[1] ?? [])],
    explained: [explained[0] ?? 0, explained[1] ?? 0] as const,
  };
  context.onProgress?.(1);
  return {
    spec,
    norms,
    dotProducts: toNested([some.length, some.length], dots),
    pca,
    comparisons: comparisonsOf(context, norms, dots, some.length, pca),
  };
}

function comparisonsOf(
  context: ExperimentContext,
  norms: readonly number[],
  dots: readonly number[],
  width: number,
  { pc1, pc2 }: { pc1: readonly number[]; pc2: readonly number[] },
): Comparison[] {
  if (!context.published) return [];
  const post = published.position_embedding_post;
  const component = (name: string, measured: readonly number[], values: readonly number[]) => {
    const aligned = signed(values, measured);
    return measured.map((value, p) => [`${name} of position ${p}`, value, aligned[p]] as const);
  };
  return compare(true, [
    ...norms.map((value, p) => [`norm of position ${p}`, value, post.magnitudes[p]] as const),
    ...dots.map(
      (value, i) =>
        [
          `dot product of positions ${Math.floor(i / width)} and ${i % width}`,
          value,
          post.dot_products_64[Math.floor(i / width)]?.[i % width],
        ] as const,
    ),
    ...component("first component", pc1, post.pca.pc1),
    ...component("second component", pc2, post.pca.pc2),
  ]);
}
