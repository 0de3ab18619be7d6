import { describe, expect, it } from "vitest";
import { scoped } from "../engine/scope.ts";
import { tensor } from "../engine/tensor.ts";
import { MersenneTwister } from "../prompts/mersenne-twister.ts";
import { checkMuon, type MuonOptions, muon, muonNumbers, orthogonalized } from "./muon.ts";
import { normals } from "./random-of-step.ts";

const OPTIONS: MuonOptions = { learningRate: 0.02, momentum: 0.95, iterations: 5 };

type Matrix = readonly (readonly number[])[];

const at = (m: Matrix, i: number, j: number) => m[i]?.[j] ?? 0;
const transpose = (m: Matrix): Matrix => (m[0] ?? []).map((_, j) => m.map((row) => row[j] ?? 0));
const map2 = (a: Matrix, b: Matrix, f: (x: number, y: number) => number): Matrix =>
  a.map((row, i) => row.map((x, j) => f(x, at(b, i, j))));
const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) =>
    transpose(b).map((column) => row.reduce((sum, x, k) => sum + x * (column[k] ?? 0), 0)),
  );

function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  const data = normals(new MersenneTwister(seed), rows * columns, 1);
  return Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
}

function onDevice(m: Matrix) {
  return tensor({ shape: [m.length, m[0]?.length ?? 0], data: Float32Array.from(m.flat()) });
}

async function compute(body: () => ReturnType<typeof onDevice>): Promise<number[]> {
  const made = scoped(body);
  const { data } = await made.read();
  made.free();
  return [...data];
}

/** The iteration of Jordan et al. in double precision, always over the whole matrix. */
function reference(x: Matrix, iterations: number): Matrix {
  const norm = Math.sqrt(x.flat().reduce((sum, value) => sum + value * value, 0));
  let y: Matrix = x.map((row) => row.map((value) => value / norm));
  for (let i = 0; i < iterations; i++) {
    const gram = multiply(y, transpose(y));
    const through = map2(gram, multiply(gram, gram), (a, b) => -4.775 * a + 2.0315 * b);
    y = map2(y, multiply(through, y), (a, b) => 3.4445 * a + b);
  }
  return y;
}

describe("orthogonalized", () => {
  it.each([
    [6, 6],
    [4, 9],
    [9, 4],
  ])("is the iteration as published, for %i by %i", async (rows, columns) => {
    const x = randomMatrix(rows, columns, 1);
    const own = await compute(() => orthogonalized(5)(onDevice(x)));
    for (const [i, value] of reference(x, 5).flat().entries()) {
      expect(own[i]).toBeCloseTo(value, 4);
    }
  });

  it("brings every singular value near one, and leaves the directions", async () => {
    // Singular values 3, 1 and 0.3 along the axes.
    const own = await compute(() =>
      orthogonalized(6)(
        onDevice([
          [3, 0, 0],
          [0, 1, 0],
          [0, 0, 0.3],
        ]),
      ),
    );
    for (const [i, value] of own.entries()) {
      if (i % 4 === 0) expect(value).toBeGreaterThan(0.6);
      if (i % 4 === 0) expect(value).toBeLessThan(1.3);
      if (i % 4 !== 0) expect(value).toBeCloseTo(0, 6);
    }
  });

  it("leaves zeros zeros", async () => {
    expect(
      await compute(() =>
        orthogonalized(5)(
          onDevice([
            [0, 0],
            [0, 0],
          ]),
        ),
      ),
    ).toEqual([0, 0, 0, 0]);
  });
});

describe("muon", () => {
  it("follows Nesterov's momentum, with larger steps where outputs are more than inputs", async () => {
    const gradients = [randomMatrix(3, 12, 2), randomMatrix(3, 12, 3)];
    const weight = randomMatrix(3, 12, 4);
    const own = await compute(() => {
      let state = {
        weight: onDevice(weight),
        mean: onDevice(weight.map((row) => row.map(() => 0))),
      };
      for (const gradient of gradients) {
        state = muon(state, onDevice(gradient), muonNumbers(OPTIONS), OPTIONS.iterations);
      }
      return state.weight;
    });
    let expected = weight;
    let mean: Matrix = weight.map((row) => row.map(() => 0));
    for (const gradient of gradients) {
      mean = map2(mean, gradient, (m, g) => 0.95 * m + 0.05 * g);
      const ahead = map2(mean, gradient, (m, g) => 0.95 * m + 0.05 * g);
      expected = map2(expected, reference(ahead, 5), (w, d) => w - 0.02 * 2 * d);
    }
    for (const [i, value] of expected.flat().entries()) expect(own[i]).toBeCloseTo(value, 4);
  });

  it("names an option that cannot be", () => {
    expect(() => checkMuon(OPTIONS)).not.toThrow();
    expect(() => checkMuon({ ...OPTIONS, momentum: 1 })).toThrow(/momentum .* got 1/);
    expect(() => checkMuon({ ...OPTIONS, iterations: 0 })).toThrow(/iterations .* got 0/);
    expect(() => checkMuon({ ...OPTIONS, learningRate: Number.NaN })).toThrow(/learningRate/);
  });
});
