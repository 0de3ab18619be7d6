/** @file On what something was measured, in a line; and timing itself. */

import { availableParallelism, cpus } from "node:os";

/** `AMD EPYC, 2 cores, Node 24.21.0` */
export function machineName(): string {
  const cpu = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${cpu}, ${availableParallelism()} cores, Node ${process.versions.node}`;
}

/** Seconds of each of some runs, after one that does not count. */
export async function secondsOfRuns(
  run: () => Promise<unknown>,
  repeats: number,
): Promise<number[]> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await run();
    times.push((performance.now() - start) / 1000);
  }
  return times;
}
