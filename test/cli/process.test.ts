/** How the command behaves as a process: full disks, closed pipes, signals, paths it cannot write. */

import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { cli, finished, main, root, startCli, temporaryFolder } from "./run-cli.ts";

const LONG = ["patch", "--length", "8", "--batch", "4000", "--by", "head-position"];

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 30_000) throw new Error("waited for 30 s in vain");
    await pause(20);
  }
}

describe("--out that cannot be written", () => {
  it.each([
    ["a folder", "folder", /it is a folder/],
    ["in a folder that is not there", "none/a.json", /the folder does not exist/],
    ["below a file", "file/a.json", /a file, not a folder/],
  ])("%s: is found before the work starts", async (_, out, message) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "folder"));
    writeFileSync(join(cwd, "file"), "kept");
    const { code, stdout, stderr } = await cli([...LONG, "--out", out], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd).sort()).toEqual(["file", "folder"]);
  });

  // Where the system makes no folders, Node's own way of making them never ends.
  it.skipIf(!existsSync("/proc/self"))("a report in a folder that cannot be made", async () => {
    const { code, stderr } = await cli(["reproduce", "--out", "/proc/lookback/report"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot write --out .proc.lookback.report: the folder/);
  });

  it("a report where a file is", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "file"), "kept");
    const { code, stderr } = await cli(["reproduce", "--out", "file"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/it is a file; name a folder/);
  });
});

it("bundles no folder that is not there, and says so without a trace", () => {
  const script = join(root, "scripts/bundle-model.ts");
  const { status, stderr } = spawnSync(process.execPath, [script, "nope"], { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^nope is no training run: there is no nope.recipe\.json\n$/);
});

describe("a full disk", () => {
  it("below --out fails the run", async () => {
    const args = ["prompts", "--length", "3", "--vocab", "100", "--out", "/dev/full"];
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe("lookback: could not write /dev/full: no space left on the device\n");
  });

  it("below stdout fails the run", async () => {
    const full = openSync("/dev/full", "w");
    const args = [main, "prompts", "--length", "3", "--vocab", "100", "--json"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", full, "pipe"] });
    const { code, stderr } = await finished(child);
    closeSync(full);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^lookback: could not write the result to stdout: no space left/);
  });
});

it("ends quietly when the reader of stdout has gone", async () => {
  const child = startCli([
    "prompts",
    "--length",
    "3",
    "--vocab",
    "100",
    "--batch",
    "20000",
    "--json",
  ]);
  const end = finished(child);
  child.stdout?.once("data", () => child.stdout?.destroy());
  const { code, stderr } = await end;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

it("sends no name from a model's file to the terminal as a command", async () => {
  const cwd = temporaryFolder();
  const header = JSON.stringify({ "\u001b]0;title\u0007": { dtype: "F64" } });
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(join(cwd, "model.safetensors"), Buffer.concat([size, Buffer.from(header)]));
  cpSync(join(root, "test/fixtures/golden/standard-ln/config.json"), join(cwd, "config.json"));
  const { code, stderr } = await cli(["heads", "--model", "."], { cwd });
  expect(code).not.toBe(0);
  expect(stderr).toContain("\\x1b]0;title\\x07");
  expect(stderr).not.toContain("\u001b");
});

describe("a signal in the middle", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s leaves no file and says so", async (signal, exitCode) => {
    const cwd = temporaryFolder();
    const child = startCli([...LONG, "--out", "result.json"], { cwd });
    const end = finished(child);
    await until(() => readdirSync(cwd).length > 0); // the temporary file: arguments were read
    await pause(1500);
    child.kill(signal);
    const { code, stdout, stderr } = await end;
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" });
    expect(stderr).toBe("lookback: cancelled; nothing was written\n");
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("leaves no report", async () => {
    const cwd = temporaryFolder();
    const child = startCli(["reproduce", "--batch", "20000"], { cwd });
    const end = finished(child);
    await until(() => existsSync(join(cwd, "lookback-report")));
    await pause(1500);
    child.kill("SIGINT");
    expect((await end).code).toBe(130);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe("a help text", () => {
  it("does not wait for the array library, which must load after the threads", () => {
    // Says on stderr what is loaded of it.
    const watch = `import { registerHooks } from "node:module";
      registerHooks({ load(url, context, next) {
        if (url.includes("@jax-js")) process.stderr.write(url + "\\n");
        return next(url, context);
      } });`;
    const hook = `data:text/javascript,${encodeURIComponent(watch)}`;
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ["--import", hook, main, ...args], { encoding: "utf8" });
    const help = run("verdict", "--help");
    expect(help.stdout).toContain("Usage: lookback verdict");
    expect(help.stderr).toBe("");
    expect(run("heads", "--batch", "2").stderr).toContain("@jax-js");
  });
});
