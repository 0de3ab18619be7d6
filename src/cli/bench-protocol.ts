/**
 * @file What `lookback bench` and its processes say to each other, as JSON: each process is sent one
 * request, tells how far it is, and answers once.
 */

import type { WorkloadName } from "../benchmark/catalogue.ts";
import type { Measurement } from "../benchmark/measure.ts";
import type { BenchmarkSpecs } from "../benchmark/specs.ts";
import type { ErrorCode } from "../errors.ts";
import type { EngineOptions } from "./engine.ts";

/** The machine's fastest matmul. */
export interface PeakJob {
  readonly kind: "peak";
  readonly tiny: boolean;
}

/** One workload on one model. */
export interface WorkloadJob {
  readonly kind: "workload";
  readonly workload: WorkloadName;
  /** A name of random weights of a shape, or whatever else a model may be named by. */
  readonly model: string;
  readonly processing: "none" | "default";
  readonly specs: BenchmarkSpecs;
  readonly repeats: number;
}

/** What a process is to do, and on what. */
export interface BenchRequest {
  readonly engine: EngineOptions;
  readonly job: PeakJob | WorkloadJob;
}

/** A workload's measurement, and the most memory that its process held. */
export interface MeasuredWorkload extends Measurement {
  /** Resident, in MiB. */
  readonly megabytes: number;
}

/** Of each kind of job, what it comes to. */
export interface Results {
  /** Floating-point operations a second. */
  readonly peak: number;
  readonly workload: MeasuredWorkload;
}

/** What a process says. */
export type BenchMessage =
  | { readonly kind: "progress"; readonly label: string }
  | { readonly kind: "done"; readonly result: Results[keyof Results] }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string };
