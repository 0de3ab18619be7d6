/** `lookback compose`: heads of the bundled model, read from its weights. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CIRCUIT } from "../default-model.ts";
import { cli, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

/** Heads whose keys read the previous-token head, and which of them copy the most. */
const INDUCTION = ["L1H2", "L1H3", "L1H4", "L1H7"];
const COPYING = ["L1H3", "L1H4", "L1H7"];

it("finds that induction heads read the previous-token head by their keys, and copy", async () => {
  const { code, stdout, stderr } = await cli(["compose", "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { processing, baseline, composition, spectra, copying } = JSON.parse(stdout);
  expect(processing).toBe("default");
  expect(composition.map(({ mode }: { mode: string }) => mode)).toEqual(["Q", "K", "V"]);
  expect(baseline.draws).toBe(200);

  const strongest = composition[1].pairs.slice(0, 4);
  expect(strongest.map(({ writer }: { writer: string }) => writer)).toEqual(
    Array(4).fill(CIRCUIT.previousToken),
  );
  expect(strongest.map(({ reader }: { reader: string }) => reader).sort()).toEqual(INDUCTION);
  expect(strongest[0].ratio).toBeGreaterThan(2);
  for (const { score, ratio } of strongest) {
    expect(score).toBeGreaterThan(baseline.max);
    expect(ratio).toBeGreaterThan(1.8);
  }

  const copies = copying.heads.filter(
    ({ copying: { ci95 } }: { copying: { ci95: number[] } }) => (ci95[0] ?? 0) > 0.5,
  );
  const labels = copies.map(
    ({ layer, head }: { layer: number; head: number }) => `L${layer}H${head}`,
  );
  expect(labels).toEqual(COPYING);
  for (const head of [2, 3, 4, 7]) {
    const { OV } = spectra[8 + head];
    expect(OV.singularValues).toHaveLength(32);
    expect(OV.full.eigenvalues[0]).toHaveLength(2);
    expect(OV.full.eigenvaluePositivity).toBeGreaterThan(0.95);
  }
});

it("shows the modes that were asked for, and writes JSON beside them", async () => {
  const cwd = temporaryFolder();
  const args = ["compose", "--mode", "k", "--k", "1", "--sample", "50", "--out", "heads.json"];
  const { code, stdout } = await here(args, { cwd, width: 80 });
  expect(code).toBe(0);
  expect(stdout).toMatch(/composition of random heads: 0\.088 /);
  expect(stdout).toMatch(/K-composition.*\(rows\)\n\n +L1H0 .*L1H7\nL0H0 /s);
  expect(stdout).toMatch(/L0H2 → L1H7 +0\.199/);
  expect(stdout).not.toMatch(/Q-composition|V-composition/);
  expect(stdout).toMatch(/share of 50 tokens \(seed 0\) that are among the 1 raised most/);
  expect(stdout).toMatch(/‖OV‖.*\n(L0.*\n){8}(L1.*\n){7}L1H7 +193\.\d+ /);
  expect(stdout).toMatch(/‖QK‖.*\n(L0.*\n){8}(L1.*\n){7}L1H7 +53\.\d+ /);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  const written = JSON.parse(readFileSync(join(cwd, "heads.json"), "utf8"));
  expect(written.composition).toHaveLength(1);
  expect(written.copying).toMatchObject({ k: 1, tokens: 50, seed: 0 });
});

it.each([
  [["--mode", "Q,X"], /--mode.*Q, K, V/],
  [["--k", "0"], /--k.*1 or more/],
  [["--k", "4097"], /k must be an integer from 1 to 4096/],
])("%j is wrong", async (args, message) => {
  const { code, stdout, stderr } = await here(["compose", ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
});
