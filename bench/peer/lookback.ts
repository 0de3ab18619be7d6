/** @file Lookback's side of the bench: a process that does one workload as often as it is asked. */

// First, for threads.
import "../../src/node/threads.ts";
import { createInterface } from "node:readline";
import { experimentJob, type Job, loadingJob } from "./lookback-workloads.ts";
import type { Failed, Opened, Opening, RunAnswer, RunRequest } from "./protocol.ts";

function answer(value: Opened | RunAnswer | Failed): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function open({ kind, folder }: Opening): Promise<Job> {
  if (kind === "training-step") {
    // Only where it is needed, for memory is measured.
    const { trainingJob } = await import("./lookback-training.ts");
    return trainingJob(folder);
  }
  return kind === "loading" ? loadingJob(folder) : experimentJob(folder);
}

let job: Job | undefined;
try {
  for await (const line of createInterface(process.stdin)) {
    if (job === undefined) {
      job = await open(JSON.parse(line));
      answer({ versions: { node: process.versions.node } });
      continue;
    }
    const { task }: RunRequest = JSON.parse(line);
    const timed = await job(task);
    answer({ ...timed, mb: process.resourceUsage().maxRSS / 1024 });
  }
} catch (error) {
  answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 1;
}
