/**
 * @file Singular values and eigenvalues of heads' circuits. Those of a `[d_model, d_model]` or
 * `[d_vocab, d_vocab]` matrix of rank d_head are those of a `[d_head, d_head]` one.
 */

import type { Matrix as LibraryMatrix } from "ml-matrix";
import { nextTask } from "../engine/next-task.ts";
import { throwIfCancelled } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import type { HeadIndex } from "../model/heads.ts";
import type { StateDict } from "../model/weights.ts";
import { type FactoredMatrix, factored } from "./factored-matrix.ts";
import { type VocabularyOptions, vocabularyProducts } from "./full-circuits.ts";
import { headCircuits } from "./head-circuits.ts";
import { type Matrix, matrixProduct, transpose } from "./matrix.ts";

/** A complex number. */
export type Eigenvalue = readonly [re: number, im: number];

/** The eigenvalues of a circuit, and whether they are positive. */
export interface EigenvalueSummary {
  /** As {@link eigenvalues}. */
  readonly eigenvalues: readonly Eigenvalue[];
  /** Σ Re λ / Σ |λ|, -1 to 1 ({@link eigenvaluePositivity}). */
  readonly eigenvaluePositivity: number;
}

/** What is known of one circuit of a head. */
export interface CircuitSpectrum extends EigenvalueSummary {
  readonly frobeniusNorm: number;
  /** As {@link singularValues}. */
  readonly singularValues: readonly number[];
  /** The same circuit from token to token, between embedding and unembedding. */
  readonly full: EigenvalueSummary;
}

/** The spectra of one head's circuits. */
export interface HeadSpectra extends HeadIndex {
  readonly OV: CircuitSpectrum;
  readonly QK: CircuitSpectrum;
}

/** Loaded only when asked for, so that a page which reads no spectra does without it. */
const library = () => import("ml-matrix");

type Library = Awaited<ReturnType<typeof library>>;

function libraryMatrix(lib: Library, { rows, columns, data }: Matrix): LibraryMatrix {
  const matrix = lib.Matrix.zeros(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) matrix.set(i, j, data[i * columns + j] as number);
  }
  return matrix;
}

/** The triangular R of `matrix = Q R`. */
function triangular(lib: Library, matrix: Matrix): LibraryMatrix {
  return new lib.QR(libraryMatrix(lib, matrix)).upperTriangularMatrix;
}

/** The singular values that need not be zero, `min(rank, rows)` of them, largest first. */
export async function singularValues({ left, right }: FactoredMatrix): Promise<number[]> {
  const lib = await library();
  // L R = Q₁ (R₁ R₂ᵀ) Q₂ᵀ with orthonormal Q. Gram matrices would lose half of the digits.
  const core =
    left.rows < left.columns
      ? libraryMatrix(lib, matrixProduct(left, right))
      : triangular(lib, left).mmul(triangular(lib, transpose(right)).transpose());
  return new lib.SVD(core, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
  }).diagonal;
}

/**
 * The eigenvalues of a square circuit that need not be zero, largest magnitude first: those of the
 * product of its factors the other way round, `[rank, rank]`.
 */
export async function eigenvalues({ left, right }: FactoredMatrix): Promise<Eigenvalue[]> {
  const lib = await library();
  const { realEigenvalues, imaginaryEigenvalues } = new lib.EVD(
    libraryMatrix(lib, matrixProduct(right, left)),
  );
  const found = realEigenvalues.map((re, i): Eigenvalue => [re, imaginaryEigenvalues[i] ?? 0]);
  // Of a conjugate pair the one above the axis comes first, so that the order is always the same.
  return found.sort((a, b) => magnitude(b) - magnitude(a) || b[0] - a[0] || b[1] - a[1]);
}

function magnitude([re, im]: Eigenvalue): number {
  return Math.hypot(re, im);
}

/**
 * Σ Re λ / Σ |λ| (Elhage et al., 2021): 1 where all eigenvalues are positive, -1 where all are
 * negative, 0 where there are none. Of a full OV circuit, 1 says that the head copies: attending to a
 * set of tokens raises, by and large, the logits of that set; -1 that it lowers them. Of a full QK
 * circuit, 1 says that tokens attend to tokens like themselves.
 */
export function eigenvaluePositivity(values: readonly Eigenvalue[]): number {
  const total = values.reduce((sum, value) => sum + magnitude(value), 0);
  return total === 0 ? 0 : values.reduce((sum, [re]) => sum + re, 0) / total;
}

async function eigenvalueSummary(circuit: FactoredMatrix): Promise<EigenvalueSummary> {
  const values = await eigenvalues(circuit);
  return { eigenvalues: values, eigenvaluePositivity: eigenvaluePositivity(values) };
}

/** A circuit on its own, and with `vocabulary` = (what comes after it) · (what comes before it). */
async function circuitSpectrum(
  circuit: FactoredMatrix,
  vocabulary: Matrix,
): Promise<CircuitSpectrum> {
  return {
    frobeniusNorm: circuit.norm,
    singularValues: await singularValues(circuit),
    ...(await eigenvalueSummary(circuit)),
    // W_E L R W_U has the eigenvalues of R (W_U W_E) L.
    full: await eigenvalueSummary(factored(matrixProduct(vocabulary, circuit.left), circuit.right)),
  };
}

/**
 * Norms, singular values and eigenvalues of the circuits of every head, layer by layer.
 *
 * Nothing is done about LayerNorm. Where the model has one, pass processed weights, into which its
 * weights are folded; its division by a scale is ignored, so a full circuit counts each token by the
 * length of its embedding. Positional embeddings and biases are no part of a circuit.
 *
 * @param weights As in the file or processed; the config must be the one that goes with them.
 * @throws LookbackError `bad-weights` or `not-finite` when the weights do not fit the config;
 *   `cancelled`.
 */
export async function headSpectra(
  weights: StateDict,
  config: ModelConfig,
  { signal, onProgress }: VocabularyOptions = {},
): Promise<HeadSpectra[]> {
  const circuits = headCircuits(weights, config);
  const { W_U_W_E, W_E_gram } = await vocabularyProducts(weights, config, { signal, onProgress });
  const spectra: HeadSpectra[] = [];
  for (const { layer, head, OV, QK } of circuits) {
    throwIfCancelled(signal);
    spectra.push({
      layer,
      head,
      OV: await circuitSpectrum(OV, W_U_W_E),
      QK: await circuitSpectrum(QK, W_E_gram),
    });
    await nextTask();
  }
  return spectra;
}
