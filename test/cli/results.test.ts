/** What the commands give: JSON that holds the result and nothing else, files that hold it whole. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { NdArray } from "../../src/engine/ndarray.ts";
import { parseSafetensors, readFloats, readIntegers } from "../../src/loading/safetensors.ts";
import { DEFAULT_MODEL } from "../default-model.ts";
import { cli, root, temporaryFolder } from "./run-cli.ts";

const golden = join(root, "test/fixtures/golden/standard-ln");

/** Runs a command with --json and returns what it printed, which must be JSON alone. */
async function json(...args: string[]) {
  const { code, stdout, stderr } = await cli([...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe("prompts", () => {
  it("are those of the protocol", async () => {
    const args = ["--length", "3", "--batch", "4000", "--seed", "120", "--vocab", "48262"];
    const { tokens, labels, read, answers } = await json("prompts", ...args);
    expect(tokens).toHaveLength(4000);
    expect(tokens[0].slice(0, 4)).toEqual([1, 5657, 12046, 29240]);
    expect(labels).toEqual(["BOS", "A", "X", "B", "C", "X", "D", "A", "X", "B"]);
    expect(read).toBe(8);
    expect(answers[0]).toEqual([tokens[0][3], tokens[0][6]]);
  });

  it("of a pattern are read at its end", async () => {
    const args = ["--pattern", "BOS A X*2 B ... A X*2 ? B #7", "--batch", "2"];
    const { tokens, read, answers } = await json("prompts", ...args);
    expect(read).toBe(12);
    expect(answers[1]).toEqual([tokens[1][4], 7]);
  });

  it("can be given to other commands as they are written", async () => {
    const cwd = temporaryFolder();
    const draw = (seed: string, out: string) =>
      cli(["prompts", "--length", "3", "--batch", "2", "--seed", seed, "--out", out], { cwd });
    await draw("1", "p.json");
    await draw("2", "q.json");
    const saved = await cli(
      ["activations", "--tokens", "p.json", "--names", "hook_embed", "--out", "a.st"],
      { cwd },
    );
    expect(saved.stdout).toMatch(/hook_embed +\[2, 10, 128\]/);
    expect(saved.stdout).toContain("wrote a.st: 1 tensors, 10.2 kB");
    const files = ["--clean", "p.json", "--corrupted", "q.json", "--answers", "p.json"];
    const patched = await cli(["patch", ...files, "--json"], { cwd });
    // Read before the answer, as the file says, and not at its end.
    expect(JSON.parse(patched.stdout).prompts.read).toBe(8);
  });

  it("can be seen in the terminal", async () => {
    const { code, stdout } = await cli(["prompts", "--length", "4", "--batch", "12"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^BOS +A +X1 +X2 +B +C/);
    expect(stdout).toContain("and 2 more");
  });
});

describe("models", () => {
  it("lists what is bundled and what is known", async () => {
    const { bundled, known } = await json("models");
    expect(bundled.filter(({ isDefault }: { isDefault: boolean }) => isDefault)).toHaveLength(1);
    expect(known.map(({ name }: { name: string }) => name)).toContain("attn-only-2l");
  });
});

describe("activations", () => {
  const tensors = parseSafetensors(readFileSync(join(golden, "forward.safetensors")));
  const stored = (name: string) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`the golden file has no ${name}`);
    return tensor;
  };
  const tokenRows = () => {
    const ids = readIntegers(stored("tokens"));
    const [rows = 0, length = 0] = stored("tokens").shape;
    return Array.from({ length: rows }, (_, r) => [...ids.slice(r * length, (r + 1) * length)]);
  };

  function expectNear(actual: NdArray, expected: NdArray): void {
    expect(actual.shape).toEqual(expected.shape);
    const wrong = expected.data.findIndex((value, i) => {
      const got = actual.data[i] as number;
      return got !== value && !(Math.abs(got - value) <= Math.max(1e-5, 1e-4 * Math.abs(value)));
    });
    expect(wrong).toBe(-1);
  }

  it("are TransformerLens', under their hook names", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "t.json"), JSON.stringify(tokenRows()));
    const names = ["blocks.*.attn.hook_*", "hook_embed", "logits", "loss_per_token"];
    const args = names.flatMap((name) => ["--names", name]);
    const { code, stdout } = await cli(
      ["activations", "--model", golden, "--tokens", "t.json", ...args, "--out", "acts.st"],
      { cwd },
    );
    expect(code).toBe(0);
    expect(stdout).toContain("wrote acts.st: 15 tensors");
    expect(readdirSync(cwd).sort()).toEqual(["acts.st", "t.json"]);
    const written = parseSafetensors(readFileSync(join(cwd, "acts.st")));
    expect(written.size).toBe(15);
    for (const [name, tensor] of written) {
      const inGolden = name.includes("hook_") ? `raw.cache.${name}` : `raw.${name}`;
      expectNear(readFloats(tensor), readFloats(stored(inGolden)));
    }
  });

  it("can be those of the last position, and printed", async () => {
    const result = await json(
      ...["activations", "--text", "the cat", "--positions", "last"],
      ...["--names", "blocks.0.attn.hook_attn_scores", "--names", "logits"],
    );
    const length = result.tokens[0].length;
    expect(result.tokens[0][0]).toBe(0); // BOS
    expect(result.activations.logits.shape).toEqual([1, 1, 4096]);
    expect(result.activations["blocks.0.attn.hook_attn_scores"].shape).toEqual([1, 8, 1, length]);
    expect(result).toMatchObject({ processing: "none", mode: "total" });
  });

  it("have a name for what is masked", async () => {
    const name = "blocks.0.attn.hook_attn_scores";
    const result = await json("activations", "--text", "a", "--names", name);
    expect(result.activations[name].values[0][0][0][1]).toBe("-Infinity");
  });

  it("say in the file what they are", async () => {
    const cwd = temporaryFolder();
    const args = [
      "--pattern",
      "BOS A R*3 A",
      "--batch",
      "2",
      "--seed",
      "5",
      "--mode",
      "token-only",
    ];
    await cli(["activations", ...args, "--names", "hook_embed", "--out", "a.st"], { cwd });
    const file = readFileSync(join(cwd, "a.st"));
    const header = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE())).toString());
    const { tokens, ...metadata } = header.__metadata__;
    expect(JSON.parse(tokens)).toHaveLength(2);
    expect(metadata).toMatchObject({
      model: DEFAULT_MODEL,
      processing: "none",
      mode: "token-only",
      pattern: "BOS A R*3 A",
      seed: "5",
    });
    expect(metadata.hash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("patch", () => {
  it("gives means, values and the normalised values of every head", async () => {
    const result = await json("patch", "--length", "3", "--batch", "20");
    expect(result).toMatchObject({ component: "z", by: "head", direction: "denoise" });
    const { clean, corrupted, values, normalised } = result;
    expect(clean).toBeGreaterThan(corrupted);
    expect(values).toHaveLength(2);
    expect(values[1]).toHaveLength(8);
    const expected = (values[0][4] - corrupted) / (clean - corrupted);
    expect(normalised[0][4]).toBeCloseTo(expected, 3);
  });

  it("reads prompts and answers from files", async () => {
    const cwd = temporaryFolder();
    const drawn = await json("prompts", "--length", "3", "--batch", "4", "--seed", "110");
    const cut = drawn.tokens.map((row: number[]) => row.slice(0, 9));
    const corrupted = cut.map((row: number[]) => row.with(7, row[4] as number));
    writeFileSync(join(cwd, "c.json"), JSON.stringify(cut));
    writeFileSync(join(cwd, "k.json"), JSON.stringify(corrupted));
    writeFileSync(join(cwd, "a.json"), JSON.stringify(drawn.answers));
    const files = ["--clean", "c.json", "--corrupted", "k.json", "--answers", "a.json"];
    const { code, stdout } = await cli(["patch", ...files, "--json"], { cwd });
    expect(code).toBe(0);
    const fromFiles = JSON.parse(stdout);
    const fromSeed = await json("patch", "--length", "3", "--batch", "4", "--seed", "110");
    expect(fromFiles.values).toEqual(fromSeed.values);
    expect(fromFiles.clean).toBe(fromSeed.clean);
  });

  it("by position shows a table of the labels, and writes JSON beside it", async () => {
    const cwd = temporaryFolder();
    const args = ["--component", "resid_pre", "--by", "position", "--out", "p.json"];
    const { code, stdout } = await cli(["patch", "--length", "2", "--batch", "4", ...args], {
      cwd,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/0:BOS +1:A +2:B +3:C +4:D +5:A +6:B\nL0 /);
    expect(JSON.parse(readFileSync(join(cwd, "p.json"), "utf8")).axes).toEqual([
      "layer",
      "position",
    ]);
  });
});

describe("reproduce", () => {
  const small = ["reproduce", "--only", "table,figure5", "--batch", "20", "--lengths", "2-3,5"];

  it("gives the table as rows, each mean with its interval, and the same bytes twice", async () => {
    const [first, second] = [await cli([...small, "--json"]), await cli([...small, "--json"])];
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).toBe(first.stdout);
    const { table } = JSON.parse(first.stdout).experiments;
    expect(table.rows.map(({ length }: { length: number }) => length)).toEqual([2, 3, 5]);
    for (const mean of ["logitDiff", "pB", "pD"]) {
      expect(Object.keys(table.rows[0][mean])).toEqual(["mean", "se", "ci95", "n"]);
    }
  });

  it("shows the table and writes the report, with the command that repeats it", async () => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await cli([...small, "--seed", "7", "--out", "r"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/Length +P\(B\) +P\(D\) +Logit diff/);
    expect(stdout).toContain("report: r/report.html");
    const page = readFileSync(join(cwd, "r", "report.html"), "utf8");
    expect(page).toContain(
      "lookback reproduce --only table,figure5 --lengths 2,3,5 --batch 20 --seed 7",
    );
    const again = await json(...small, "--seed", "7");
    expect(JSON.parse(readFileSync(join(cwd, "r", "result.json"), "utf8"))).toEqual(again);
    expect(readdirSync(join(cwd, "r", "data"))).toContain("table.csv");
    const other = await cli([...small, "--model", "standard-2l-seed2", "--out", "r"], { cwd });
    expect(other.code).toBe(2);
    expect(other.stderr).toContain(`r holds the report of another model, ${DEFAULT_MODEL}`);
    expect(readFileSync(join(cwd, "r", "report.html"), "utf8")).toBe(page);
  });

  it("has a folder for each model where none is named", async () => {
    const cwd = temporaryFolder();
    const tiny = ["reproduce", "--only", "table", "--batch", "2", "--lengths", "2"];
    await cli([...tiny, "--model", "standard-2l-seed2"], { cwd });
    expect(readdirSync(cwd)).toEqual(["lookback-report-standard-2l-seed2"]);
  });

  it("takes its spec from an earlier result", async () => {
    const cwd = temporaryFolder();
    const first = await cli([...small, "--json"]);
    writeFileSync(join(cwd, "spec.json"), JSON.stringify(JSON.parse(first.stdout).spec));
    const again = await cli(["reproduce", "--spec", "spec.json", "--json"], { cwd });
    expect(again.stdout).toBe(first.stdout);
  });
});
