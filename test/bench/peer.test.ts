/** @file The parts of the peer bench that need no peer: arguments, comparison, output, processes. */

import { describe, expect, it } from "vitest";
import { parseArguments } from "../../bench/peer/arguments.ts";
import { Disagreement, largestDifference } from "../../bench/peer/compare.ts";
import { resultTable } from "../../bench/peer/output.ts";
import { JsonLines, runToEnd } from "../../bench/peer/process.ts";
import { tiny, WORKLOADS } from "../../bench/peer/workloads.ts";

describe("parseArguments", () => {
  it("measures everything by default, as often as there is time for", () => {
    const asked = parseArguments([]);
    expect(asked.workloads).toBe(WORKLOADS);
    expect(asked).toMatchObject({ repeats: null, tiny: false, json: false, help: false });
    expect(asked.threads).toBeGreaterThan(0);
  });

  it("takes names in any order and numbers in either spelling", () => {
    const asked = parseArguments(["--only", "ordering,table", "--repeats=5", "--threads", "1"]);
    expect(asked.workloads.map(({ name }) => name)).toEqual(["table", "ordering"]);
    expect(asked).toMatchObject({ repeats: 5, threads: 1 });
  });

  it("runs a tiny bench once, unless told otherwise", () => {
    expect(parseArguments(["--tiny"]).repeats).toBe(1);
    expect(parseArguments(["--tiny", "--repeats", "2"]).repeats).toBe(2);
  });

  it.each([
    [["--fast"], /--fast.*--only, --repeats, --threads, --tiny, --json, --help/],
    [["fast"], /fast.*--only/],
    [["--only"], /--only/],
    [["--only", "tabel"], /no workload "tabel"; there are table, figures-1-2, /],
    [["--only", "table,"], /no workload ""/],
    [["--repeats", "0"], /--repeats.*"0"/],
    [["--threads", "two"], /--threads.*"two"/],
  ])("refuses %j, naming what there is", (args, message) => {
    expect(() => parseArguments(args)).toThrow(message);
  });
});

describe("largestDifference", () => {
  const tolerance = { relative: 1e-3, absolute: 1e-4 };

  it("is absolute, of numbers that are near in either way", () => {
    expect(largestDifference("table", [1000, 0], [1000.5, 5e-5], tolerance)).toBe(0.5);
  });

  it("names the workload, the index and both values where they disagree", () => {
    const compare = () => largestDifference("table", [1, 2, 3], [1, 2.5, 3], tolerance);
    expect(compare).toThrow(Disagreement);
    expect(compare).toThrow(/^table: number 1 of 3 is 2 in Lookback and 2\.5 in the peer/);
  });

  it.each([
    ["NaN", [Number.NaN], [Number.NaN]],
    ["another number of numbers", [1, 2], [1]],
    ["nothing at all", [], []],
  ])("refuses %s", (_, lookback, peer) => {
    expect(() => largestDifference("table", lookback, peer, tolerance)).toThrow(Disagreement);
  });
});

describe("resultTable", () => {
  it("aligns its columns under what it was measured on", () => {
    const machine = {
      cpu: "Some CPU",
      cores: 2,
      threads: 2,
      node: "24.0.0",
      torch: "2.13.0",
      transformerLens: "3.9.0",
    };
    const row = (workload: string, ours: number, theirs: number) => ({
      workload,
      lookback: { seconds: ours, mb: 634.2 },
      peer: { seconds: theirs, mb: 9000 },
      ratio: theirs / ours,
      runs: 3,
      largestDifference: 1.2e-6,
    });
    const rows = [row("table", 3, 20.1), row("figures-1-2-stop", 0.0179, 0.5)];
    expect(resultTable({ machine, rows })).toMatchInlineSnapshot(`
      "Some CPU, 2 cores, 2 threads
      Lookback on Node 24.0.0; the peer is TransformerLens 3.9.0 on PyTorch 2.13.0, for training-step PyTorch alone

      workload          Lookback    peer  ratio  Lookback MB  peer MB  n  largest difference
      table               3.00 s  20.1 s   6.7x          634     9000  3                1e-6
      figures-1-2-stop   17.9 ms  500 ms  27.9x          634     9000  3                1e-6
      "
    `);
  });
});

describe("tiny", () => {
  it.each(WORKLOADS)("leaves $name as it is but for its size", ({ task }) => {
    const small = tiny(task);
    expect(small.kind).toBe(task.kind);
    const batches = small.kind === "figure-5" ? small.rows.map((row) => row.batch) : [small.batch];
    expect(Math.max(...batches)).toBeLessThan(10);
  });
});

/** A Node program that is given on the command line. */
const program = (script: string) => ({
  name: "the program",
  command: process.execPath,
  args: ["--eval", script],
  signal: new AbortController().signal,
});

describe("JsonLines", () => {
  const answering = (answer: string) =>
    new JsonLines(
      program(
        `require("node:readline").createInterface(process.stdin).on("line", (line) => {
          const request = JSON.parse(line);
          console.log(${answer});
        })`,
      ),
    );

  it("answers requests in turn, until it is closed", async () => {
    const echo = answering("JSON.stringify({ twice: 2 * request.n })");
    expect(await echo.ask({ n: 1 })).toEqual({ twice: 2 });
    expect(await echo.ask({ n: 4 })).toEqual({ twice: 8 });
    await echo.close();
  });

  it("fails with the error that the program answers", async () => {
    const failing = answering(`'{ "error": "out of memory" }'`);
    await expect(failing.ask({})).rejects.toThrow("the program: out of memory");
    failing.kill();
  });

  it("fails where the answer is not JSON", async () => {
    const talking = answering(`"Loaded model"`);
    await expect(talking.ask({})).rejects.toThrow(`answered "Loaded model", which is not JSON`);
    talking.kill();
  });

  it("fails with the last words of a program that ends", async () => {
    const ending = new JsonLines(program(`console.error("no such model"); process.exit(1)`));
    await expect(ending.ask({})).rejects.toThrow("the program ended early:\nno such model");
  });
});

describe("runToEnd", () => {
  it("says what a program said that failed", async () => {
    const failing = program(`console.log("no space left"); process.exit(3)`);
    await expect(runToEnd(failing)).rejects.toThrow("the program failed:\nno space left");
  });

  it("says which program is not there", async () => {
    const missing = { ...program(""), command: "no-such-python3" };
    await expect(runToEnd(missing)).rejects.toThrow(
      "the program needs no-such-python3, which is not there",
    );
  });
});
