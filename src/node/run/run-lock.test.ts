/** Who has a run: one at a time, and nobody for longer than its process lives. */

import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { isTraining, lockRun } from "./run-lock.ts";

let run: string;
let lock: string;

beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), "lookback-lock-"));
  lock = join(run, "run.lock");
  const folder = run;
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

describe("a lock", () => {
  it("holds until it is let go, and nothing else is left", () => {
    expect(isTraining(run)).toBe(false);
    const release = lockRun(run);
    expect(readFileSync(lock, "utf8")).toBe(String(process.pid));
    expect(readdirSync(run)).toEqual(["run.lock"]);
    expect(isTraining(run)).toBe(true);
    release();
    expect(readdirSync(run)).toEqual([]);
    lockRun(run)();
  });

  it("is not given twice to one process, by whatever name", () => {
    const release = lockRun(run);
    const alias = `${run}-alias`;
    symlinkSync(run, alias);
    onTestFinished(() => rmSync(alias));
    for (const name of [run, alias]) {
      expect(() => lockRun(name)).toThrow(`process ${process.pid} is training ${name} already`);
    }
    expect(existsSync(lock)).toBe(true);
    release();
  });

  it("of another process says who has it, and which file to remove where that is not so", () => {
    writeFileSync(lock, String(process.ppid));
    expect(() => lockRun(run)).toThrow(
      new RegExp(`process ${process.ppid} is training .* no training .* remove ${lock}`),
    );
  });

  it.each([
    ["that was killed", "999999999"],
    ["that was killed and had our number", String(process.pid)],
    ["that never wrote its number", ""],
    ["that wrote no number", "node-7\n"],
    ["that wrote none that a process has", "-1"],
  ])("of a process %s is void", (_, content) => {
    writeFileSync(lock, content);
    const release = lockRun(run);
    expect(readFileSync(lock, "utf8")).toBe(String(process.pid));
    expect(readdirSync(run)).toEqual(["run.lock"]);
    release();
  });

  it("that is another's by now is not removed", () => {
    const release = lockRun(run);
    writeFileSync(lock, String(process.ppid));
    release();
    expect(readFileSync(lock, "utf8")).toBe(String(process.ppid));
  });

  it("can be asked for while it comes and goes, and where there is no folder", async () => {
    expect(isTraining(join(run, "nowhere"))).toBe(false);
    writeFileSync(join(run, "file"), "");
    expect(isTraining(join(run, "file"))).toBe(false);
    const comesAndGoes = new Worker(
      `const { rmSync, writeFileSync } = require("node:fs");
      for (;;) { writeFileSync(${JSON.stringify(lock)}, "${process.pid}"); rmSync(${JSON.stringify(lock)}); }`,
      { eval: true },
    );
    try {
      let seen = 0;
      while (seen < 5000) if (isTraining(run)) seen++;
    } finally {
      await comesAndGoes.terminate();
    }
  });
});
