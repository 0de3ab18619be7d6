import { expect, it } from "vitest";
import { type BenchRow, benchText } from "./bench-table.ts";

const machine = {
  cpu: "Some CPU",
  cores: 4,
  device: "wasm",
  threads: 2,
  node: "24.0.0",
  peak: 71.26e9,
} as const;

const table: BenchRow = {
  model: "small",
  workload: "table",
  seconds: { median: 12.346, min: 12.2, max: 13, runs: 3 },
  megabytes: 634.2,
  needed: 384.6e9,
  done: 392.3e9,
  share: 0.4372,
};

const loading: BenchRow = {
  model: "small",
  workload: "loading",
  seconds: { median: 0.0271, min: 0.0264, max: 0.9, runs: 3 },
  megabytes: 144,
  needed: 0,
  done: 0,
  share: null,
};

it("aligns the columns of each model under what they were measured on", () => {
  const rows = [loading, table, { ...table, model: "large", needed: 3.806e9, share: 0.0123 }];
  expect(benchText({ machine, rows })).toMatchInlineSnapshot(`
    "Some CPU, 4 cores; wasm on 2 threads, Node 24.0.0; fastest matmul 71.3 GFLOP/s

    small
    workload  median s      min–max  peak MB  GFLOP needed  done/needed  share of peak
    loading      0.027  0.026–0.900      144
    table         12.3    12.2–13.0      634           385         1.02            44%

    large
    workload  median s    min–max  peak MB  GFLOP needed  done/needed  share of peak
    table         12.3  12.2–13.0      634          3.81       103.07           1.2%
    "
  `);
});

it("says what a graphics card does not tell, and the parts of what has some", () => {
  const parts = [
    { name: "finding heads", seconds: 0.5 },
    { name: "table", seconds: 11.5 },
  ];
  const row = { ...table, workload: "reproduce", done: null, parts };
  const text = benchText({ machine: { ...machine, device: "webgpu", threads: null }, rows: [row] });
  expect(text).toMatchInlineSnapshot(`
    "Some CPU, 4 cores; webgpu, Node 24.0.0; fastest matmul 71.3 GFLOP/s

    small
    workload   median s    min–max  peak MB  GFLOP needed  done/needed  share of peak
    reproduce      12.3  12.2–13.0      634           385     not told            44%

    reproduce, part by part  median s  share
    finding heads               0.500     4%
    table                        11.5    93%
    "
  `);
});
