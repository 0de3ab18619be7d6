/** @file What a bench gives, as tables for the terminal. */

import type { MeasuredWorkload } from "./bench-protocol.ts";
import { textTable } from "./text-table.ts";

/** What the numbers were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly device: "wasm" | "webgpu";
  /** For wasm; those of a graphics card are its own business. */
  readonly threads: number | null;
  readonly node: string;
  /** Floating-point operations a second of the fastest float32 matmul. */
  readonly peak: number;
}

/** One workload on one model. */
export interface BenchRow extends MeasuredWorkload {
  readonly model: string;
  readonly workload: string;
  /** What is needed at least, over the time and the machine's peak; null where nothing is. */
  readonly share: number | null;
}

/** A bench, as `--json` prints it. */
export interface BenchResult {
  readonly machine: Machine;
  readonly rows: readonly BenchRow[];
}

/** The heads of the table. */
export const HEADS: readonly string[] = [
  "workload",
  "median s",
  "min–max",
  "peak MB",
  "GFLOP needed",
  "done/needed",
  "share of peak",
];

/** Three digits say all that a measured time can. */
function seconds(value: number): string {
  return value < 1 ? value.toFixed(3) : value.toPrecision(Math.max(3, value.toFixed(0).length));
}

function gigaflop(flop: number): string {
  const giga = flop / 1e9;
  return giga >= 100 ? giga.toFixed(0) : giga.toPrecision(3);
}

/** A row of the table, under {@link HEADS}. */
export function cellsOf(row: BenchRow): string[] {
  const { workload, seconds: times, megabytes, needed, done, share } = row;
  return [
    workload,
    seconds(times.median),
    `${seconds(times.min)}–${seconds(times.max)}`,
    megabytes.toFixed(0),
    needed === 0 ? "" : gigaflop(needed),
    needed === 0 ? "" : done === null ? "not told" : (done / needed).toFixed(2),
    share === null ? "" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`,
  ];
}

/** The parts of a workload that has some, each with its share of the time. */
function partsText({ workload, parts, seconds: times }: BenchRow): string {
  if (parts === undefined) return "";
  const rows = parts.map((part) => [
    part.name,
    seconds(part.seconds),
    `${((part.seconds / times.median) * 100).toFixed(0)}%`,
  ]);
  return `\n${textTable([`${workload}, part by part`, "median s", "share"], rows)}`;
}

/** What the numbers were measured on, in a line. */
export function machineText({ cpu, cores, device, threads, node, peak }: Machine): string {
  const on = threads === 1 ? "1 thread" : `${threads} threads`;
  const where = threads === null ? device : `${device} on ${on}`;
  return `${cpu}, ${cores} cores; ${where}, Node ${node}; fastest matmul ${gigaflop(peak)} GFLOP/s\n`;
}

/** A table for each model, under a line that says what they were measured on. */
export function benchText({ machine, rows }: BenchResult): string {
  const models = [...new Set(rows.map(({ model }) => model))];
  const tables = models.map((model) => {
    const own = rows.filter((row) => row.model === model);
    return `\n${model}\n${textTable(HEADS, own.map(cellsOf))}${own.map(partsText).join("")}`;
  });
  return machineText(machine) + tables.join("");
}
