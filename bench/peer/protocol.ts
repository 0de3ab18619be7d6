/**
 * @file What the driver and a side say to each other: JSON, one line each way. A side is a process
 * that does one workload, on the driver's word, as often as it is asked.
 */

import type { Task } from "./workloads.ts";

/** The first line to a side: what to get ready for. */
export interface Opening {
  readonly kind: Task["kind"];
  /** Folder of the model. */
  readonly folder: string;
  readonly threads: number;
}

/** Its answer, when it is ready to run. */
export interface Opened {
  /** Releases of what it runs on, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Every further line to a side. */
export interface RunRequest {
  readonly task: Task;
}

/** Its answer. */
export interface RunAnswer {
  /** Of the job alone, by a monotonic clock in the side's own process. */
  readonly seconds: number;
  /** The largest memory that the process has held so far. */
  readonly mb: number;
  /** The result, flat, in an order that both sides keep. */
  readonly numbers: readonly number[];
}

/** What either may answer instead. */
export interface Failed {
  readonly error: string;
}
