import { EVD, Matrix, SVD } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { factored } from "./factored-matrix.ts";
import { circuitEntries } from "./full-circuits.ts";
import { headCircuits } from "./head-circuits.ts";
import { type Matrix as Dense, matrixProduct } from "./matrix.ts";
import {
  type Eigenvalue,
  eigenvaluePositivity,
  eigenvalues,
  headSpectra,
  singularValues,
} from "./spectra.ts";

const { weights, config } = randomModel({ n_layers: 2, n_heads: 2, d_model: 7, d_head: 3 });
const all = Array.from({ length: config.d_vocab }, (_, id) => id);
const spectra = await headSpectra(weights, config);
const circuits = headCircuits(weights, config);

const written = ({
  rows,
  columns,
  data,
}: {
  rows: number;
  columns: number;
  data: ArrayLike<number>;
}) => Matrix.from1DArray(rows, columns, Array.from(data));

/** All eigenvalues of a matrix that is written out, largest magnitude first. */
function denseEigenvalues(matrix: Matrix): Eigenvalue[] {
  const { realEigenvalues, imaginaryEigenvalues } = new EVD(matrix);
  return realEigenvalues
    .map((re, i): Eigenvalue => [re, imaginaryEigenvalues[i] as number])
    .sort((a, b) => Math.hypot(...b) - Math.hypot(...a) || b[1] - a[1]);
}

/** Compares as sets: of two of one magnitude, rounding decides which comes first. */
function expectEigenvalues(found: readonly Eigenvalue[], dense: Eigenvalue[], digits: number) {
  const scale = Math.hypot(...(dense[0] as Eigenvalue));
  expect(dense.slice(found.length).every((λ) => Math.hypot(...λ) < 1e-4 * scale)).toBe(true);
  for (const [re, im] of dense.slice(0, found.length)) {
    const nearest = Math.min(...found.map(([a, b]) => Math.hypot(a - re, b - im)));
    expect(nearest / scale).toBeCloseTo(0, digits);
  }
}

describe("headSpectra", () => {
  it.each(["OV", "QK"] as const)("of %s are those of the matrix written out", (name) => {
    for (const [i, { layer, head, ...spectrum }] of spectra.entries()) {
      const circuit = circuits[i]?.[name] as ReturnType<typeof factored>;
      expect([layer, head]).toEqual([circuits[i]?.layer, circuits[i]?.head]);
      const dense = written(matrixProduct(circuit.left, circuit.right));
      const { singularValues, eigenvalues, frobeniusNorm } = spectrum[name];
      const values = new SVD(dense).diagonal;
      expect(singularValues).toHaveLength(3);
      for (const [s, value] of values.entries()) {
        expect(singularValues[s] ?? 0).toBeCloseTo(value, 10);
      }
      expect(frobeniusNorm).toBeCloseTo(Math.hypot(...values), 10);
      expect(eigenvalues).toHaveLength(3);
      expectEigenvalues(eigenvalues, denseEigenvalues(dense), 9);
    }
  });

  it.each(["OV", "QK"] as const)("of full %s are those from token to token", (circuit) => {
    for (const { layer, head, ...spectrum } of spectra) {
      const request = { head: `L${layer}H${head}`, circuit, from: all, to: all };
      const entries = circuitEntries(weights, config, request);
      const dense = written({ rows: all.length, columns: all.length, data: entries.data });
      const { eigenvalues, eigenvaluePositivity } = spectrum[circuit].full;
      const expected = denseEigenvalues(dense);
      expectEigenvalues(eigenvalues, expected, 5);
      const total = expected.reduce((sum, λ) => sum + Math.hypot(...λ), 0);
      expect(eigenvaluePositivity).toBeCloseTo(dense.trace() / total, 4);
    }
  });

  it("do not change with the basis of the head", async () => {
    const scaled = new Map(weights);
    for (const [key, factor] of [
      ["W_V", 4],
      ["W_O", 0.25],
    ] as const) {
      const weight = weights.get(`blocks.1.attn.${key}`) ?? { shape: [], data: new Float32Array() };
      scaled.set(`blocks.1.attn.${key}`, { ...weight, data: weight.data.map((x) => factor * x) });
    }
    expect(await headSpectra(scaled, config)).toEqual(spectra);
  });
});

const dense = (...rows: number[][]): Dense => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  data: Float64Array.from(rows.flat()),
});
const identity = dense([1, 0], [0, 1]);

describe("of one circuit", () => {
  it("eigenvalue positivity is 1 for a copy, -1 for its opposite, 0 for a rotation or nothing", async () => {
    const positivity = async (matrix: Dense) =>
      eigenvaluePositivity(await eigenvalues(factored(matrix, identity)));
    expect(await positivity(identity)).toBe(1);
    expect(await positivity(dense([-2, 0], [0, -3]))).toBe(-1);
    expect(await positivity(dense([0, -1], [1, 0]))).toBeCloseTo(0, 12);
    expect(await positivity(dense([0, 0], [0, 0]))).toBe(0);
  });

  it("a rotation has a conjugate pair, the one above the axis first", async () => {
    const [first, second] = await eigenvalues(factored(dense([0, -2], [2, 0]), identity));
    expect(first?.[0]).toBeCloseTo(0, 12);
    expect(first?.[1]).toBeCloseTo(2, 12);
    expect(second?.[1]).toBeCloseTo(-2, 12);
  });

  it("singular values are those of factors wider than the matrix, and small ones keep their digits", async () => {
    const wide = factored(dense([3, 0, 0], [0, 2, 0]), dense([1, 0], [0, 1], [5, 5]));
    const values = await singularValues(wide);
    expect(values[0]).toBeCloseTo(3, 12);
    expect(values[1]).toBeCloseTo(2, 12);
    expect(values).toHaveLength(2);
    const uneven = factored(dense([1, 0], [0, 1e-10], [0, 0]), dense([0, 1, 0], [1, 0, 0]));
    expect((await singularValues(uneven))[1]).toBeCloseTo(1e-10, 18);
  });
});
