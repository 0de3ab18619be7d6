/** What `lookback bench` measures, and how it says what it cannot. */

import { readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { DEFAULT_MODEL } from "../default-model.ts";
import { cli, finished, startCli, temporaryFolder } from "./run-cli.ts";

describe("bench", () => {
  it("gives a row for each model and workload, on a machine with a peak", async () => {
    const { code, stdout, stderr } = await cli(["bench", "--tiny", "--json", "--only", "table"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { machine, rows } = JSON.parse(stdout);
    expect(machine).toMatchObject({ device: "wasm", node: process.versions.node });
    expect(machine.peak).toBeGreaterThan(1e6);
    expect(rows.map(({ model }: { model: string }) => model)).toEqual([
      DEFAULT_MODEL,
      "tiny-shape",
    ]);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual([
        "model",
        "workload",
        "seconds",
        "megabytes",
        "needed",
        "done",
        "share",
      ]);
      expect(row).toMatchObject({ workload: "table", seconds: { runs: 1 } });
      expect(row.done).toBeGreaterThanOrEqual(row.needed);
      expect(row.share).toBeCloseTo(row.needed / row.seconds.median / machine.peak, 4);
      expect(row.megabytes).toBeGreaterThan(10);
    }
  });

  it("shows a table, of the model that was asked for", async () => {
    const args = ["--tiny", "--model", "tiny-shape", "--only", "loading,figure3", "--threads", "1"];
    const { code, stdout, stderr } = await cli(["bench", ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /wasm on 1 threads?, Node .*fastest matmul [\d.]+ GFLOP\/s\n\ntiny-shape\n/,
    );
    expect(stdout).toMatch(/\nworkload +median s .*\nloading .*\nfigure3 .*%\n$/);
  });

  it("names its workloads in its help", async () => {
    const { code, stdout } = await cli(["bench", "--help"]);
    expect(code).toBe(0);
    for (const text of ["patch-by-position", "attn-only-2l-shape", "--json", "--out <file>"]) {
      expect(stdout).toContain(text);
    }
  });

  it.each<[string[], RegExp]>([
    [["--only", "tabel"], /no workload "tabel".*did you mean "table"/],
    [["--repeats", "0"], /--repeats.*1 or more/],
    [["--model", "standart-2l"], /did you mean "standard-2l"/],
    [["--out", "none/a.json"], /the folder does not exist/],
  ])("%j is refused before anything is measured", async (args, message) => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await cli(["bench", ...args], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("fails as the process does that measures", async () => {
    vi.stubEnv("LOOKBACK_THREADS", "many");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { code, stdout, stderr } = await cli(["bench", "--tiny"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe('lookback: LOOKBACK_THREADS must be a positive integer, got "many"\n');
  });

  it("ends on a signal, and leaves nothing behind", async () => {
    const cwd = temporaryFolder();
    const child = startCli(["bench", "--only", "reproduce", "--out", "b.json"], { cwd });
    const end = finished(child);
    await pause(3000);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await end;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toBe("lookback: cancelled; nothing was written\n");
    expect(readdirSync(cwd)).toEqual([]);
  });
});
