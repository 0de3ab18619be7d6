/** Sweeps as a user runs them: in one go, in shards, interrupted, and with what does not belong together. */

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parquetMetadata } from "hyparquet";
import { beforeEach, describe, expect, it } from "vitest";
import { cli, finished, root, startCli, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

const MODEL = join(root, "test/fixtures/golden/standard-ln");
const SPEC = { length: [2, 3], gap: [0, 1], order: ["first-second", "second-first"], batch: 8 };
const RESULTS = ["result.json", "result.csv", "result.parquet", "sweep.html"];

let cwd: string;

beforeEach(() => {
  cwd = temporaryFolder();
  writeFileSync(join(cwd, "spec.json"), JSON.stringify(SPEC));
});

/** Runs a sweep of the small model. */
const sweep = (...args: string[]) =>
  here(["sweep", "spec.json", "--model", MODEL, "--bos", "0", ...args], { cwd });

const merge = (...args: string[]) => here(["sweep", "--merge", ...args], { cwd });

function journalLines(folder: string, name = "cells.jsonl"): string[] {
  return readFileSync(join(cwd, folder, name), "utf8")
    .trimEnd()
    .split("\n");
}

function expectSameResults(folder: string, other: string): void {
  for (const name of RESULTS) {
    expect(readFileSync(join(cwd, folder, name)).equals(readFileSync(join(cwd, other, name)))).toBe(
      true,
    );
  }
}

describe("sweep", () => {
  it("shows a table, and writes the same numbers as JSON, CSV, Parquet and a page", async () => {
    const { code, stdout, stderr } = await sweep("--out", "whole");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/order second-first\nlength +gap 0 +gap 1\n +2 +−?\d+\.\d\d \[/);
    expect(stdout).toContain(`wrote ${RESULTS.join(", ")} into whole`);
    expect(readdirSync(join(cwd, "whole")).sort()).toEqual(["cells.jsonl", ...RESULTS].sort());
    const result = JSON.parse(readFileSync(join(cwd, "whole", "result.json"), "utf8"));
    expect(result.rows).toHaveLength(24);
    expect(result.rows[0]).toMatchObject({ length: 2, gap: 0, seed: 120, quantity: "pB", n: 8 });
    expect(readFileSync(join(cwd, "whole", "result.csv"), "utf8").split("\r\n")).toHaveLength(26);
    const parquet = readFileSync(join(cwd, "whole", "result.parquet"));
    const bytes = parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.byteLength);
    expect(parquetMetadata(bytes as ArrayBuffer).num_rows).toBe(24n);

    const piped = await cli(["sweep", "spec.json", "--model", MODEL, "--bos", "0", "--json"], {
      cwd,
    });
    expect(piped.stdout).toBe(readFileSync(join(cwd, "whole", "result.json"), "utf8"));
    const seeded = JSON.parse((await sweep("--json", "--seed", "5")).stdout);
    expect(seeded.spec.seed).toEqual([5]);
    expect(seeded.rows[0].mean).not.toBe(result.rows[0].mean);
  });

  it("gives the same bytes in shards, in one folder or in several", async () => {
    await sweep("--out", "whole");
    const first = await sweep("--out", "parts", "--shard", "1/2");
    expect(first.stdout).toContain("wrote result.1-of-2.json");
    const early = await merge("parts", "--out", "merged");
    expect(early.code).toBe(2);
    expect(early.stderr).toMatch(
      /^lookback: 4 of 8 cells are missing: cell 1 \(length 2, gap 0, order second-first\) of shard 2\/2/,
    );
    expect(existsSync(join(cwd, "merged"))).toBe(false);

    await sweep("--out", "elsewhere", "--shard", "2/2");
    const merged = await merge("parts", "elsewhere", "--out", "merged");
    expect({ code: merged.code, stderr: merged.stderr }).toEqual({ code: 0, stderr: "" });
    expectSameResults("merged", "whole");
    expect(journalLines("merged")).toEqual(journalLines("whole"));

    cpSync(join(cwd, "elsewhere"), join(cwd, "parts"), { recursive: true });
    expect((await merge("parts", "--out", "parts")).code).toBe(0);
    expectSameResults("parts", "whole");
    const again = await merge("parts", "merged", "--json");
    expect(again.stdout).toBe(readFileSync(join(cwd, "whole", "result.json"), "utf8"));
  });

  it("goes on where it stopped, without a line that was written by half", async () => {
    await sweep("--out", "whole");
    const lines = journalLines("whole");
    mkdirSync(join(cwd, "begun"));
    const begun = join(cwd, "begun", "cells.jsonl");
    // A cell with other numbers shows that it was not measured again.
    const marked = (lines[2] ?? "").replace(/"n":8/g, '"n":9');
    writeFileSync(begun, [lines[0], lines[1], marked, lines[3]?.slice(0, 80)].join("\n"));
    expect((await sweep("--out", "begun")).code).toBe(0);
    expect(journalLines("begun")).toEqual(lines.with(2, marked));

    writeFileSync(begun, `${lines.slice(0, 4).join("\n")}\n{"cell":3,\n`);
    expect((await sweep("--out", "begun")).code).toBe(0);
    expectSameResults("begun", "whole");
  });

  it("keeps what was finished when it is interrupted", async () => {
    writeFileSync(join(cwd, "long.json"), JSON.stringify({ ...SPEC, batch: 20_000 }));
    const args = ["sweep", "long.json", "--model", MODEL, "--bos", "0", "--out", "long"];
    const child = startCli(args, { cwd });
    const end = finished(child);
    const path = join(cwd, "long", "cells.jsonl");
    for (let waited = 0; !existsSync(path) || journalLines("long").length < 3; waited += 20) {
      if (waited > 60_000) throw new Error("waited for a minute in vain");
      await pause(20);
    }
    child.kill("SIGINT");
    const { code, stdout, stderr } = await end;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    const kept = journalLines("long").length - 1;
    expect(kept).toBeGreaterThanOrEqual(2);
    expect(kept).toBeLessThan(8);
    expect(stderr).toBe(
      `lookback: cancelled; ${kept} of 8 cells are in long/cells.jsonl, and the same command goes on from there\n`,
    );
    expect(readdirSync(join(cwd, "long"))).toEqual(["cells.jsonl"]);
  });
});

describe("what does not belong together", () => {
  it("is refused when a sweep goes on and when parts are merged, with what differs", async () => {
    expect((await sweep("--out", "there")).code).toBe(0);
    const path = join(cwd, "there", "cells.jsonl");
    const before = readFileSync(path, "utf8");
    writeFileSync(join(cwd, "spec.json"), JSON.stringify({ ...SPEC, gap: [0, 2] }));
    const other = await sweep("--out", "there", "--processing", "default");
    expect(other.code).toBe(2);
    expect(other.stderr).toBe(
      'lookback: there/cells.jsonl is of another sweep: gap is [0,1] there and [0,2] here; processing is "none" there and "default" here. Name another folder with --out, or remove this one\n',
    );
    expect(readFileSync(path, "utf8")).toBe(before);

    mkdirSync(join(cwd, "other"));
    const ofOther = before.replace(/"hash":"\w+"/, '"hash":"0"');
    writeFileSync(join(cwd, "other", "cells.jsonl"), ofOther);
    const { code: refused, stderr } = await merge("there", "other", "--out", "merged");
    expect(refused).toBe(2);
    expect(stderr).toMatch(
      /these are parts of different sweeps: the model's hash is "\w{64}" in there\/cells\.jsonl and "0" in other\/cells\.jsonl/,
    );
    expect(existsSync(join(cwd, "merged"))).toBe(false);
  });

  it("is named where a journal is damaged", async () => {
    const whole = await sweep("--out", "there");
    expect(whole.code).toBe(0);
    const path = join(cwd, "there", "cells.jsonl");
    writeFileSync(path, `${journalLines("there").with(2, "nonsense").join("\n")}\n`);
    const damaged = await sweep("--out", "there");
    expect(damaged.code).toBe(1);
    expect(damaged.stderr).toBe("lookback: there/cells.jsonl: line 3 is no cell of this sweep\n");
    writeFileSync(path, "something else\n");
    expect((await merge("there", "--json")).stderr).toMatch(
      /its first line is not that of a sweep/,
    );
  });
});

describe("arguments that are wrong", () => {
  it.each([
    [["sweep"], /name a JSON file with the spec/],
    [["sweep", "spec.json", "--merge", "a"], /a spec or --merge, not both/],
    [["sweep", "--merge", "a"], /--merge needs --out/],
    [["sweep", "--merge", "a", "--out", "b", "--seed", "1"], /takes no --seed/],
    [["sweep", "--merge", "a", "--out", "b"], /--merge a: there is no such folder/],
    [["sweep", "--merge", ".", "--out", "b"], /--merge \.: it holds no cells\.jsonl/],
    [["sweep", "spec.json", "--shard", "3/2"], /must be i\/n with i from 1 to n/],
    [["sweep", "none.json"], /the spec none\.json: /],
    [["sweep", "bad.json"], /bad\.json: spec field "length": .*>=2, got 1/],
  ])("%j", async (args, message) => {
    writeFileSync(join(cwd, "bad.json"), JSON.stringify({ length: 1 }));
    const before = readdirSync(cwd);
    const { code, stdout, stderr } = await here(args, { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd)).toEqual(before);
  });

  it("are found before anything is measured, and leave no folder", async () => {
    writeFileSync(join(cwd, "far.json"), JSON.stringify({ gap: [0, 900] }));
    const { code, stdout, stderr } = await cli(["sweep", "far.json", "--out", "b"], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/cell 1 \(gap 900\): its prompts have 910 tokens/);
    expect(existsSync(join(cwd, "b"))).toBe(false);
  });
});
