/** Developments as a user asks for them: of runs with a log, of checkpoints, and interrupted. */

import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { SAMPLE_TIMES, sampleRecord } from "../sample-development.ts";
import { finished, root, startCli, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";
import { writeSampleRun } from "./sample-run.ts";

const GOLDEN = join(root, "test/fixtures/golden/standard-ln");

let cwd: string;

beforeEach(() => {
  cwd = temporaryFolder();
});

const develop = (...args: string[]) => here(["develop", ...args], { cwd });

const lines = (path: string) => readFileSync(join(cwd, path), "utf8").trimEnd().split("\n");

/** The hub's layout: checkpoints of one model with a number at the end, beside a config. */
function writeHubFolder(name: string, numbers: readonly string[]): void {
  mkdirSync(join(cwd, name, "checkpoints"), { recursive: true });
  cpSync(join(GOLDEN, "config.json"), join(cwd, name, "config.json"));
  for (const [i, number] of numbers.entries()) {
    const file = i % 2 === 0 ? "model_final.pth" : "model_half.pth";
    const path = join(cwd, name, "checkpoints", `attn_only_2L_${number}.pth`);
    cpSync(join(GOLDEN, file), path);
  }
}

describe("a run with a log", () => {
  it("is told from its looks, in text and in files", async () => {
    writeSampleRun(join(cwd, "x"));
    const { code, stdout, stderr } = await develop("x", "--out", "report");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/loss on the second copy +12\.90 .* 6\.90\n/);
    expect(stdout).toMatch(/8\.2 M {2}first previous token head, L0H0 .* 0\.95\n/);
    expect(stdout).toMatch(/not clear of zero in the end: length 6: −0\.1/);
    expect(stdout).toContain("report: report/report.html");
    const names = readdirSync(join(cwd, "report"), { recursive: true });
    for (const figure of ["order", "losses", "head-scores", "lag-profiles", "lengths"]) {
      expect(names).toContain(join("data", `${figure}.csv`));
      expect(names).toContain(join("data", `${figure}.json`));
      expect(names).toContain(join("figures", `${figure}.svg`));
    }
    const result = JSON.parse(readFileSync(join(cwd, "report", "result.json"), "utf8"));
    expect(result.runs[0]).toMatchObject({ name: "x", counts: "tokens" });
    expect(result.runs[0].looks).toHaveLength(24);
    expect(result.across).toBeNull();
    const piped = await develop("x", "--json");
    expect(JSON.parse(piped.stdout)).toEqual(result);
  });

  it("is set beside others, heads by their roles", async () => {
    writeSampleRun(join(cwd, "one", "x"));
    const later = { ...SAMPLE_TIMES, previousToken: 20e6 };
    writeSampleRun(join(cwd, "two", "x"), { record: sampleRecord("x", later, 2) });
    const twice = await develop("one/x", "two/x", "./one/x");
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain("one/x and ./one/x are the same run");
    const { code, stdout } = await develop("one/x", "two/x", "--out", "report");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^one\/x\n/);
    expect(stdout).toMatch(/across 2 runs.*\n(.*\n)*.*first previous token head at .*; in 2 of 2/);
    const names = readdirSync(join(cwd, "report", "data"));
    expect(names).toContain("across-runs.csv");
    expect(names).toContain("losses-run-2.csv");
    const html = readFileSync(join(cwd, "report", "report.html"), "utf8");
    expect(html).toContain("lookback develop one/x two/x");
  });

  it("takes no option that only measuring can heed, unless it measures", async () => {
    writeSampleRun(join(cwd, "x"));
    const { code, stderr } = await develop("x", "--seed", "3");
    expect(code).toBe(2);
    expect(stderr).toMatch(/--seed is for looks that are measured.*--measure/);
    const none = await develop("x", "--measure", "--seed", "3");
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/has no checkpoints that --measure could look at/);
    expect(readdirSync(cwd)).toEqual(["x"]);
  });

  it("is named where its log is damaged", async () => {
    writeSampleRun(join(cwd, "x"));
    appendFileSync(join(cwd, "x", "log.jsonl"), '{"kind":"look","step":3,"tokens":4}\n');
    const { code, stderr } = await develop("x");
    expect(code).toBe(1);
    expect(stderr).toMatch(/x\/log\.jsonl: a line of kind "look" at step 3 is not as this version/);
    const count = lines("x/log.jsonl").length;
    appendFileSync(join(cwd, "x", "log.jsonl"), '{"kind":\n');
    const torn = await develop("x");
    expect(torn.code).toBe(1);
    expect(torn.stderr).toContain(`line ${count + 1} of x/log.jsonl is no JSON`);
  });
});

describe("checkpoints", () => {
  it("of the hub are measured in the order of their numbers, which are what is counted", async () => {
    writeHubFolder("hub", ["000900", "000100"]);
    const args = ["hub", "--batch", "8", "--lengths", "2", "--seed", "4", "--bos", "0"];
    const { code, stdout, stderr } = await develop(...args, "--out", "report");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("2 looks from checkpoint 100 to checkpoint 900");
    expect(stdout).toContain("tokens or steps, the files do not say");
    const { runs } = JSON.parse(readFileSync(join(cwd, "report", "result.json"), "utf8"));
    expect(runs[0].counts).toBe("checkpoint numbers");
    expect(runs[0].about.recipe).toBeNull();
    const [first, second] = runs[0].looks;
    expect([first.tokens, second.tokens]).toEqual([100, 900]);
    expect(first).toMatchObject({ step: null, heldOut: null });
    expect(first.lengths.map(({ length }: { length: number }) => length)).toEqual([2]);
    // The same weights in half precision: nearly, not quite the same.
    expect(second.repeated.second.mean).toBeCloseTo(first.repeated.second.mean, 2);

    expect(lines("report/looks.jsonl")).toHaveLength(2);
    const marked = readFileSync(join(cwd, "report/looks.jsonl"), "utf8").replace(
      /"copy":23/,
      '"copy":22',
    );
    writeFileSync(join(cwd, "report/looks.jsonl"), `${marked}{"of":"not whol`);
    await develop(...args, "--out", "report");
    const again = JSON.parse(readFileSync(join(cwd, "report", "result.json"), "utf8"));
    // A look with another number shows that it was not measured again.
    const copies = again.runs[0].looks.map((look: { repeated: { copy: number } }) => look.repeated);
    expect(copies.map(({ copy }: { copy: number }) => copy).sort()).toEqual([22, 23]);
  });

  it("of a run are measured afresh on request, and without its text on random tokens", async () => {
    writeSampleRun(join(cwd, "x"));
    for (const step of ["00000010", "00000020"]) {
      cpSync(GOLDEN, join(cwd, "x", "checkpoints", `step-${step}`), { recursive: true });
    }
    const args = ["--measure", "--batch", "8", "--lengths", "2", "--bos", "0", "--json"];
    const { code, stdout, stderr } = await develop("x", ...args);
    expect(code).toBe(0);
    expect(stderr).toMatch(/no held-out text for x, so random tokens alone are measured/);
    const { looks, losses } = JSON.parse(stdout).runs[0];
    expect(looks.map(({ step, tokens }: never) => [step, tokens])).toEqual([
      [10, 61_440],
      [20, 122_880],
    ]);
    expect(losses.length).toBeGreaterThan(0);
  });

  it("in model folders need a number at the end of the name", async () => {
    for (const name of ["step-20", "step-3"]) {
      cpSync(GOLDEN, join(cwd, "models", name), { recursive: true });
    }
    const args = ["--batch", "8", "--lengths", "2", "--bos", "0", "--json"];
    const { stdout } = await develop("models", ...args);
    const { looks } = JSON.parse(stdout).runs[0];
    expect(looks.map(({ tokens }: { tokens: number }) => tokens)).toEqual([3, 20]);
    cpSync(GOLDEN, join(cwd, "models", "last"), { recursive: true });
    const { code, stderr } = await develop("models", ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/the name of last does not end in a number/);
  });

  it("that were measured are kept when it is interrupted", async () => {
    writeHubFolder("hub", ["1", "2"]);
    const args = ["develop", "hub", "--lengths", "2-6", "--batch", "2000", "--bos", "0"];
    const child = startCli([...args, "--out", "report"], { cwd });
    const end = finished(child);
    const kept = join(cwd, "report", "looks.jsonl");
    for (let waited = 0; !existsSync(kept) || lines("report/looks.jsonl")[0] === ""; waited += 20) {
      if (waited > 100_000) throw new Error("waited in vain");
      await pause(20);
    }
    child.kill("SIGINT");
    const { code, stdout, stderr } = await end;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(
      /^lookback: cancelled; 1 of 2 looks are in report\/looks\.jsonl, and the same command goes on from there\n$/,
    );
    expect(readdirSync(join(cwd, "report"))).toEqual(["looks.jsonl"]);
  });
});

describe("folders that hold no development", () => {
  it.each([
    [["none"], /there is no folder none/],
    [["."], /\. holds no checkpoints: neither a training run/],
    [[], /missing required argument 'run'/],
    [[".", "--lengths", "1"], /lengths of 2 or more/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await develop(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd)).toEqual([]);
  });
});
