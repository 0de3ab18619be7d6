/**
 * @file `npm run bench:peer`: how long Lookback takes beside TransformerLens, on the same model files,
 * prompts and threads, for the same numbers.
 *
 *     npm run bench:peer -- [--only NAME[,NAME]] [--repeats N] [--threads N] [--tiny] [--json]
 */

import { availableParallelism, cpus } from "node:os";
import { watchForCancellation } from "../../src/cli/cancellation.ts";
import { EXIT } from "../../src/cli/exit-codes.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { type BenchArguments, HELP, parseArguments } from "./arguments.ts";
import { Disagreement } from "./compare.ts";
import { prepareModel, preparePython } from "./environment.ts";
import { type Measured, measure } from "./measure.ts";
import { type PeerTimes, resultTable } from "./output.ts";
import { ProgramFailed } from "./process.ts";

const ERASE_LINE = "\r\x1b[K";

function showProgress(label: string): void {
  if (process.stderr.isTTY) process.stderr.write(ERASE_LINE + label);
}

async function* measureEach(
  { workloads, ...asked }: BenchArguments,
  signal: AbortSignal,
): AsyncGenerator<Measured> {
  const setUp = { signal, onProgress: showProgress };
  const python = await preparePython(setUp);
  for (const [i, workload] of workloads.entries()) {
    const label = `${i + 1}/${workloads.length} ${workload.name}`;
    const folder = await prepareModel(python, workload.model, setUp);
    const onProgress = (what: string) => showProgress(`${label}: ${what}`);
    yield await measure(workload, { ...asked, python, folder, signal, onProgress });
  }
}

function timesOf(measured: readonly Measured[], threads: number): PeerTimes {
  const versions = measured[0]?.versions;
  return {
    machine: {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
      threads,
      node: versions?.node ?? "unknown",
      torch: versions?.torch ?? "unknown",
      transformerLens: versions?.["transformer-lens"] ?? "unknown",
    },
    rows: measured.map(({ row }) => row),
  };
}

async function main(): Promise<number> {
  const asked = parseArguments(process.argv.slice(2));
  if (asked.help) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const { signal, exitCode } = watchForCancellation();
  const measured: Measured[] = [];
  try {
    for await (const one of measureEach(asked, signal)) measured.push(one);
    showProgress("");
    const times = timesOf(measured, asked.threads);
    process.stdout.write(asked.json ? `${JSON.stringify(times, null, 2)}\n` : resultTable(times));
    return EXIT.done;
  } catch (error) {
    showProgress("");
    // Minutes of work that went well are shown, but JSON is of the whole or not at all.
    if (!asked.json && measured.length > 0) {
      process.stdout.write(resultTable(timesOf(measured, asked.threads)));
    }
    const cancelled = exitCode();
    if (cancelled !== undefined) return cancelled;
    throw error;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  // What is none of these is a fault of the bench itself, and shows where.
  const isKnown = error instanceof ProgramFailed || error instanceof Disagreement;
  if (!isKnown && !(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
