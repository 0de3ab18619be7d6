/** @file One workload on both sides: a process each, warmed up, and then asked in turn. */

import { median } from "../../src/benchmark/seconds.ts";
import { largestDifference } from "./compare.ts";
import { here } from "./environment.ts";
import { JsonLines } from "./process.ts";
import type { Opened, Opening, RunAnswer } from "./protocol.ts";
import { type Task, tiny, type Workload } from "./workloads.ts";

/** How to measure. */
export interface MeasureOptions {
  /** The Python that has the peer. */
  readonly python: string;
  /** The model's folder. */
  readonly folder: string;
  readonly threads: number;
  /** Counted runs of each side; null for {@link USUAL_REPEATS}, or one where the peer is slow. */
  readonly repeats: number | null;
  readonly tiny: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (label: string) => void;
}

/** Time and memory of one side. */
export interface SideResult {
  /** Median of the counted runs. */
  readonly seconds: number;
  /** The most that its process held, in MiB. */
  readonly mb: number;
}

/** One row of the result. */
export interface Row {
  readonly workload: string;
  readonly lookback: SideResult;
  readonly peer: SideResult;
  /** How many times as long the peer takes: the ratio of the medians. */
  readonly ratio: number;
  /** Counted runs of each side. */
  readonly runs: number;
  /** Between any two numbers of the results. */
  readonly largestDifference: number;
}

/** A row, and what the sides say they run on. */
export interface Measured {
  readonly row: Row;
  readonly versions: Readonly<Record<string, string>>;
}

const USUAL_REPEATS = 3;
const SLOW_SECONDS = 60;

/** One side's process, and the runs of it that count. */
class Side {
  readonly #process: JsonLines;
  readonly #onProgress: (label: string) => void;
  readonly #seconds: number[] = [];
  #mb = 0;

  constructor(
    name: string,
    program: { command: string; args: string[]; env: Record<string, string> },
    { signal, onProgress }: MeasureOptions,
  ) {
    this.#process = new JsonLines({ name, ...program, signal });
    this.#onProgress = (what) => onProgress(`${name}, ${what}`);
  }

  async open(opening: Opening): Promise<Opened["versions"]> {
    this.#onProgress("getting ready");
    const { versions } = await this.#process.ask<Opened>(opening);
    return versions;
  }

  async warmUp(task: Task): Promise<void> {
    this.#onProgress("warming up");
    await this.#process.ask<RunAnswer>({ task });
  }

  async run(task: Task): Promise<RunAnswer> {
    this.#onProgress(`run ${this.#seconds.length + 1}`);
    const answer = await this.#process.ask<RunAnswer>({ task });
    this.#seconds.push(answer.seconds);
    this.#mb = answer.mb;
    return answer;
  }

  get result(): SideResult {
    return { seconds: median(this.#seconds), mb: this.#mb };
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  kill(): void {
    this.#process.kill();
  }
}

function startSides(options: MeasureOptions): { lookback: Side; peer: Side } {
  const lookback = new Side(
    "Lookback",
    {
      command: process.execPath,
      args: [here("lookback.ts")],
      env: { LOOKBACK_THREADS: String(options.threads) },
    },
    options,
  );
  const peer = new Side(
    "the peer",
    {
      command: options.python,
      args: [here("peer.py")],
      // Nothing is written beside the sources, and nothing asks a network.
      env: { PYTHONDONTWRITEBYTECODE: "1", HF_HUB_OFFLINE: "1", TQDM_DISABLE: "1" },
    },
    options,
  );
  return { lookback, peer };
}

/**
 * Runs a workload on both sides in turn, so that a machine that becomes slower does so for both.
 *
 * @throws Disagreement when they do not come to the same numbers; ProgramFailed when one fails.
 */
export async function measure(workload: Workload, options: MeasureOptions): Promise<Measured> {
  const { name, tolerance } = workload;
  const task = options.tiny ? tiny(workload.task) : workload.task;
  const { lookback, peer } = startSides(options);
  try {
    const opening = { kind: task.kind, folder: options.folder, threads: options.threads };
    const versions = { ...(await peer.open(opening)), ...(await lookback.open(opening)) };
    await peer.warmUp(workload.isLongForPeer ? tiny(task) : task);
    await lookback.warmUp(task);
    let runs = 0;
    let largest = 0;
    let repeats = options.repeats ?? USUAL_REPEATS;
    while (runs < repeats) {
      const theirs = await peer.run(task);
      const ours = await lookback.run(task);
      runs++;
      const difference = largestDifference(name, ours.numbers, theirs.numbers, tolerance);
      largest = Math.max(largest, difference);
      if (options.repeats === null && theirs.seconds > SLOW_SECONDS) repeats = runs;
    }
    const results = { lookback: lookback.result, peer: peer.result };
    const ratio = results.peer.seconds / results.lookback.seconds;
    await Promise.all([lookback.close(), peer.close()]);
    return {
      row: { workload: name, ...results, ratio, runs, largestDifference: largest },
      versions,
    };
  } finally {
    lookback.kill();
    peer.kill();
  }
}
