/** `lookback path`: what it gives must be what whole-head patching gives where the two are one. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CIRCUIT } from "../default-model.ts";
import { cli, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

/** Runs a command with --json and returns what it printed, which must be JSON alone. */
async function json(
  args: readonly string[],
  { cwd, run = here }: { cwd?: string; run?: typeof cli } = {},
) {
  const { code, stdout, stderr } = await run([...args, "--json"], cwd === undefined ? {} : { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

const drawn = ["--length", "3", "--batch", "20"];

/** A model whose positions stand in queries and keys alone. */
const SHORTFORMER = ["--model", "shortformer-2l"];

describe("path", () => {
  it("to the logits is all of a last-layer head, and all paths together are all of a first-layer one", async () => {
    const heads = await json(["patch", ...drawn]);
    const direct = await json(["path", ...drawn, "--from", "L1", "--to", "logits"], { run: cli });
    const total = await json(["path", ...drawn, "--from", "L0", "--to", "L1,logits", "--together"]);
    expect(direct.from).toEqual(Array.from({ length: 8 }, (_, head) => `L1H${head}`));
    expect(direct.to).toEqual([["logits"]]);
    expect(total.to).toHaveLength(1);
    expect(total.to[0]).toHaveLength(8 * 3 + 1);
    for (const [layer, { effects }] of [total, direct].entries()) {
      for (let head = 0; head < 8; head++) {
        const [effect] = effects[head][0];
        const label = `L${layer}H${head}`;
        expect(effect.mean, label).toBeCloseTo(heads.normalised[layer][head], 3);
        expect(effect.se, label).toBeCloseTo(heads.normalisedSe[layer][head], 3);
      }
    }
    expect(direct.clean.mean).toBeCloseTo(heads.clean, 4);
    expect(direct.corrupted.mean).toBeCloseTo(heads.corrupted, 4);
  });

  it("says that keys and values show little where only the query is corrupted", async () => {
    const args = ["path", ...drawn, "--from", "L0H5"];
    const told = async (...more: string[]) =>
      (await here([...args, ...more])).stdout.replace(/\s+/g, " ");
    expect(await told("--to", "L1H7.k")).toContain(
      "so the keys of the earlier copies are the same",
    );
    expect(await told("--to", "L1H7")).toContain("the keys and values of the earlier copies");
    expect(await told("--to", "L1H7.q")).not.toContain("note:");
    expect(await told("--to", "L1H7.k", "--side", "keys")).not.toContain("note:");
  });

  it("goes from the look-back head to the queries, or to the keys where those are corrupted", async () => {
    const args = ["path", "--length", "4", "--batch", "100", "--from", "L0,pos"].concat(
      SHORTFORMER,
    );
    const query = await json([...args, "--to", "L1H2"]);
    const keys = await json([...args, "--to", "L1H2", "--side", "keys"]);
    expect(query.prompts).toEqual({
      ...{ length: 4, batch: 100, seed: 110, bos: 0, side: "query" },
      read: 11,
    });
    expect(keys.prompts.side).toBe("keys");
    expect(query.to).toEqual([["L1H2.q"], ["L1H2.k"], ["L1H2.v"]]);
    const means = (result: typeof query, input: number) =>
      result.effects.slice(0, 8).map((row: [{ mean: number }][]) => row[input]?.[0].mean);
    const strongest = (values: number[]) => values.indexOf(Math.max(...values));
    expect(strongest(means(query, 0))).toBe(6);
    expect(means(query, 0)[6]).toBeGreaterThan(0.3);
    for (const mean of means(query, 1)) expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(strongest(means(keys, 1))).toBe(6);
    expect(means(keys, 1)[6]).toBeGreaterThan(0.3);
    // Positions are added to what forms queries and keys, and values are formed without them.
    expect(query.effects[8].map((effects: unknown) => effects === null)).toEqual([
      ...[false, false, true],
    ]);
  });

  it("at each position is told by the names of positions", async () => {
    const { previousToken, induction } = CIRCUIT;
    const args = ["path", ...drawn, "--from", previousToken, "--to", `${induction}.q`];
    const path = `${previousToken} → ${induction}\\.q`;
    const cwd = temporaryFolder();
    const some = await json([...args, "--positions", "8,3"]);
    const each = [...args, "--positions", "each", "--out", "p.json"];
    const { stdout } = await here(each, { cwd, width: 60 });
    const result = JSON.parse(readFileSync(join(cwd, "p.json"), "utf8"));
    const effects = result.effects[0][0].map(({ mean }: { mean: number }) => mean);
    expect(effects).toHaveLength(9);
    // In the last layer only the query that is read reaches the answer.
    expect(some.effects[0][0][0].mean).toBeCloseTo(effects[8], 4);
    expect(effects[8]).toBeGreaterThan(0.2);
    expect(some.positions).toEqual([3, 8]);
    for (const effect of effects.slice(0, 8)) expect(Math.abs(effect)).toBeLessThan(1e-4);
    expect(stdout).toMatch(
      new RegExp(` 0:BOS +1:A +2:X +3:B +4:C\n${path} .*\n\n +5:X +6:D +7:A +8:X\n${path} `),
    );
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(stdout).toMatch(
      new RegExp(`strongest paths +position +effect +95% interval\n${path} +8:X `),
    );
  });

  it("reads prompts from files, and takes no side of them", async () => {
    const cwd = temporaryFolder();
    const { tokens, answers } = await json(["prompts", ...drawn, "--seed", "110"]);
    const cut = tokens.map((row: number[]) => row.slice(0, 9));
    const corrupted = cut.map((row: number[]) => row.with(7, row[4] as number));
    writeFileSync(join(cwd, "c.json"), JSON.stringify(cut));
    writeFileSync(join(cwd, "k.json"), JSON.stringify(corrupted));
    writeFileSync(join(cwd, "a.json"), JSON.stringify(answers));
    const paths = ["--from", "L0H4,L0H5", "--to", "L1H3.q", "--direction", "noise"];
    const files = ["--clean", "c.json", "--corrupted", "k.json", "--answers", "a.json"];
    const fromFiles = await json(["path", ...files, ...paths], { cwd });
    const fromSeed = await json(["path", ...drawn, ...paths]);
    const sided = await here(["path", ...files, "--side", "keys"], { cwd });
    const same = await here(["path", ...files.with(3, "c.json")], { cwd });
    expect(fromFiles.effects).toEqual(fromSeed.effects);
    expect(sided.code).toBe(2);
    expect(sided.stderr).toMatch(/--side draws prompts, and --clean gives them/);
    expect(same.code).toBe(2);
    expect(same.stderr).toMatch(/same prompts/);
  });

  it("shows senders by receivers, input by input where there are many, without empty rows", async () => {
    const args = [
      "path",
      "--length",
      "3",
      "--batch",
      "20",
      "--from",
      "L0,embed",
      "--to",
      "L1,logits",
    ];
    const { code, stdout } = await here(args, { width: 80 });
    expect(code).toBe(0);
    expect(stdout).toMatch(/20 prompts\s+of\s+length 3\s+with query corrupted, seed 110\n/);
    const queries = Array.from({ length: 8 }, (_, head) => `L1H${head}\\.q`).join(" +");
    expect(stdout).toMatch(new RegExp(`\\n +${queries}\\n(L0H. .*\\n)*${CIRCUIT.previousToken} `));
    expect(stdout).toMatch(/\nonly rows with an effect of 0.005 or more; --json has them all\n/);
    const [, below = ""] = stdout.split("clean one\n");
    const tables = below.split("only rows with")[0] ?? "";
    const rows = tables.split("\n").filter((line) => /^(L0H|embed)/.test(line));
    expect(rows.length).toBeGreaterThanOrEqual(2);
    for (const row of rows) expect(row).toMatch(/[1-9]\d*$|0\.(0[1-9]|[1-9])/);
    expect(Math.max(...below.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe("wrong paths", () => {
  it.each<[string[], RegExp]>([
    [["--length", "3", "--from", "L0H9"], /unknown head "L0H9".*did you mean "L0H/],
    [["--length", "3", "--from", "embd"], /unknown sender "embd": name embed, pos, .* "embed"/],
    [["--length", "3", "--to", "logit"], /unknown receiver "logit": name logits, .* "logits"/],
    [["--length", "3", "--side", "key"], /--side.*query, keys/],
    [["--length", "3", "--from", "L1H0", "--to", "L0H3"], /no path/],
    [["--length", "3", "--positions", "3,x"], /--positions.*all, each/],
    [["--length", "3", "--from", "L0H4", "--to", "L1H3.q", "--positions", "9"], /0 to 8/],
    [["--length", "3", "--from", "L0H4,,L0H5"], /--from.*commas/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await here(["path", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at "); // no stack trace
  });
});
