/**
 * @file The process in which `lookback bench` measures one thing, so that peak memory is that thing's
 * own. It is started by `bench-child.ts`, does one request and ends.
 */

import { randomWeights, SHAPES } from "../benchmark/random-weights.ts";
import { LookbackError } from "../errors.ts";
import type { ModelSource } from "../model/model.ts";
import { readModel } from "../node/read-model.ts";
import type { BenchMessage, BenchRequest, Results, WorkloadJob } from "./bench-protocol.ts";
import { type EngineOptions, loadEngine } from "./engine.ts";

function tell(message: BenchMessage): void {
  process.send?.(message);
}

/** One shape, about as fast as any. */
const TINY_PEAK = { shapes: [{ rows: 2046, inner: 512, columns: 512 }], runs: 2 };

/** Reads the model each time from its files; random weights are drawn once, which is no part of any job. */
function reader(name: string): () => Promise<ModelSource> {
  const shape = SHAPES.get(name);
  if (shape === undefined) return () => readModel(name);
  const source = randomWeights(shape, name);
  return async () => source;
}

async function measureWorkload(
  { workload, model, processing, specs, repeats }: WorkloadJob,
  { device }: EngineOptions,
): Promise<Results["workload"]> {
  const { measure } = await import("../benchmark/measure.ts");
  const { openWorkload } = await import("../benchmark/workloads.ts");
  const onRun = (label: string) => tell({ kind: "progress", label });
  const options = { device, processing };
  using opened = await openWorkload(workload, { read: reader(model), options, specs });
  const measured = await measure(opened, { repeats, onRun });
  return { ...measured, megabytes: process.resourceUsage().maxRSS / 1024 };
}

async function result({ engine, job }: BenchRequest): Promise<Results[keyof Results]> {
  await loadEngine(engine);
  if (job.kind === "workload") return measureWorkload(job, engine);
  const { matmulPeak } = await import("../benchmark/peak.ts");
  return matmulPeak(engine.device, job.tiny ? TINY_PEAK : {});
}

// Ctrl-C reaches every process of a terminal; whoever started this one says what becomes of it.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
process.on("disconnect", () => process.exit());

process.once("message", async (request: BenchRequest) => {
  try {
    tell({ kind: "done", result: await result(request) });
  } catch (error) {
    if (!(error instanceof LookbackError)) throw error;
    tell({ kind: "failed", code: error.code, message: error.message });
  }
});
