/** Watching a run: as it stands, while it is written, and where there is none. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { finished, startCli, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";
import { appendLog, writeSampleRun } from "./sample-run.ts";

let cwd: string;
let run: string;

beforeEach(() => {
  cwd = temporaryFolder();
  run = join(cwd, "x");
});

const watch = (...args: string[]) => here(["watch", ...args], { cwd });

/** The run is at work as long as this process lives. */
const lock = () => writeFileSync(join(run, "run.lock"), String(process.pid));
const unlock = () => rmSync(join(run, "run.lock"));

describe("watch --once", () => {
  it("draws a run that goes on: how far, how fast, losses, heads and lengths", async () => {
    writeSampleRun(run, { to: 30e6 });
    lock();
    const { code, stdout, stderr } = await watch("x", "--once");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // 6,144 tokens in a second and a half.
    expect(stdout).toMatch(
      /^x {2}step [\d,]+ of 14,867 \(\d+%\) · [\d.]+ M tokens · 4,096 tokens\/s · \d h \d+ min left\n/,
    );
    expect(stdout).toMatch(/second copy +\d+\.\d\d \[\d+\.\d\d, \d+\.\d\d\] +█+▇*[▁-▇]+\n/);
    expect(stdout).toMatch(/previous token +L0H0 0\.\d\d/);
    expect(stdout).toMatch(/induction +L1H1 0\.\d\d \+1/);
    expect(stdout).toMatch(/\n +3 {2}0\.0\d+ {2}0\.0\d+ {2}\d\.\d\d \[/);
  });

  it("tells a run that has stopped from one that is finished, and prints it as JSON", async () => {
    writeSampleRun(run, { to: 30e6 });
    writeFileSync(join(run, "run.lock"), "999999999"); // of a process that was killed
    expect((await watch("x", "--once")).stdout).toMatch(/M tokens · stopped\n/);
    appendLog(run, 30e6, 1e9);
    expect((await watch("x", "--once")).stdout).toMatch(/M tokens · finished\n/);
    const { stdout } = await watch("x", "--json");
    const { standing, run: seen } = JSON.parse(stdout);
    expect(standing).toMatchObject({ state: "finished", stage: "training" });
    expect(seen.looks).toHaveLength(24);
  });

  it("shows what comes before the first look", async () => {
    mkdirSync(run);
    lock();
    expect((await watch("x", "--once")).stdout).toMatch(/^x {2}preparing the corpus\n/);
    writeSampleRun(run, { to: -1 });
    const { stdout } = await watch("x", "--once");
    expect(stdout).toMatch(/fit of bigrams, step 200: loss 4\.70, entropy 4\.60/);
    expect(stdout).toContain("no look at the model yet");
  });

  it("says where there is no run", async () => {
    mkdirSync(run);
    const { code, stderr } = await watch("x", "--out", "page.html");
    expect(code).toBe(2);
    expect(stderr).toMatch(/x is no training run: there is no recipe\.json in it/);
    expect(existsSync(join(cwd, "page.html"))).toBe(false);
  });
});

describe("watch, without a terminal", () => {
  it("prints a line a look, keeps a page, and ends with the run", async () => {
    writeSampleRun(run, { to: 5e6 });
    lock();
    const child = startCli(["watch", "x", "--out", "page.html"], { cwd });
    let printed = "";
    child.stdout?.on("data", (text) => {
      printed += String(text);
    });
    const end = finished(child);
    const page = () => readFileSync(join(cwd, "page.html"), "utf8");
    const until = async (isThere: () => boolean) => {
      for (let waited = 0; !isThere(); waited += 50) {
        if (waited > 50_000) throw new Error(`waited in vain; printed so far:\n${printed}`);
        await pause(50);
      }
    };
    const count = () => printed.split("\n").length - 1;
    await until(() => count() >= 2 && existsSync(join(cwd, "page.html")));
    const before = count();
    expect(page()).toContain('<meta http-equiv="refresh" content="20">');
    appendLog(run, 5e6, 20e6);
    await until(() => count() > before);
    appendLog(run, 20e6, 1e9);
    unlock();
    const { code, stdout, stderr } = await end;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(25);
    expect(lines[0]).toMatch(
      /^step 0; 0 tokens; held-out 4\.60; second copy 12\.90; previous token/,
    );
    expect(lines.at(-1)).toMatch(/^step [\d,]+ of 14,867 \(100%\) · 91\.3 M tokens · finished$/);
    expect(page()).not.toContain('http-equiv="refresh"');
    expect(page()).toContain("How x came to be");
  });

  it("is left by Ctrl-C, which is no failure", async () => {
    writeSampleRun(run, { to: 5e6 });
    lock();
    const child = startCli(["watch", "x"], { cwd });
    const end = finished(child);
    await new Promise<void>((resolve) => child.stdout?.once("data", () => resolve()));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await end;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/tokens\/s · .* left\n$/);
  });
});
