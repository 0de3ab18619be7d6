/** @file `lookback bench`: how long our own work takes here, and how far that is from as fast as can be. */

import { availableParallelism, cpus } from "node:os";
import { Command } from "commander";
import {
  USUAL_WORKLOADS,
  WORKLOAD_NAMES,
  WORKLOADS,
  type WorkloadName,
} from "../../benchmark/catalogue.ts";
import { SHAPES } from "../../benchmark/random-weights.ts";
import { type BenchmarkSpecs, DEFAULT_SPECS } from "../../benchmark/specs.ts";
import { didYouMean } from "../../errors.ts";
import { withEvery } from "../../experiments/with-every.ts";
import { DEFAULT_MODEL } from "../../loading/default-model.ts";
import { integer } from "../arguments.ts";
import { measureInProcess } from "../bench-child.ts";
import type { MeasuredWorkload } from "../bench-protocol.ts";
import { type BenchResult, type BenchRow, benchText, type Machine } from "../bench-table.ts";
import type { CommandContext } from "../context.ts";
import { deliver, deliveryOf } from "../deliver.ts";
import { loadModel } from "../load-model.ts";
import { type ModelCommandOptions, withCommonOptions, withModelOptions } from "../options.ts";
import { UsageError } from "../usage-error.ts";

interface BenchOptions extends ModelCommandOptions {
  readonly only?: string;
  readonly repeats?: number;
  readonly tiny?: true;
}

const REPEATS = 3;

/** Prompts that show that a workload works, and no more. */
const TINY_BATCH = 8;

/** @throws UsageError for a name that there is not. */
function workloadsNamed(list: string): WorkloadName[] {
  const names = list.split(",").map((part) => part.trim());
  for (const name of names) {
    if (!WORKLOAD_NAMES.some((known) => known === name)) {
      throw new UsageError(
        `--only: no workload ${JSON.stringify(name)}; there are ${WORKLOAD_NAMES.join(", ")}${didYouMean(name, WORKLOAD_NAMES)}`,
      );
    }
  }
  return WORKLOAD_NAMES.filter((name) => names.includes(name));
}

function specsOf({ seed, tiny }: BenchOptions): BenchmarkSpecs {
  const sized = tiny ? withEvery(DEFAULT_SPECS, "batch", TINY_BATCH) : DEFAULT_SPECS;
  return seed === undefined ? sized : withEvery(sized, "seed", seed);
}

function modelsOf({ model, tiny }: BenchOptions): string[] {
  if (model !== undefined) return [model];
  return [DEFAULT_MODEL, tiny ? "tiny-shape" : "attn-only-2l-shape"];
}

function machineOf({ device, threads }: BenchOptions, peak: number): Machine {
  const asked = threads ?? Number(process.env.LOOKBACK_THREADS || availableParallelism());
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown processor",
    cores: availableParallelism(),
    device,
    threads: device === "wasm" ? asked : null,
    node: process.versions.node,
    peak,
  };
}

function rowOf(
  model: string,
  workload: WorkloadName,
  { seconds, megabytes, needed, done, parts }: MeasuredWorkload,
  peak: number,
): BenchRow {
  const share = needed === 0 ? null : needed / seconds.median / peak;
  return { model, workload, seconds, megabytes, needed, done, share, ...(parts && { parts }) };
}

async function runBench(options: BenchOptions, context: CommandContext): Promise<void> {
  const { device, threads, processing, tiny = false } = options;
  const workloads = options.only === undefined ? USUAL_WORKLOADS : workloadsNamed(options.only);
  const delivery = deliveryOf(options);
  const models = modelsOf(options);
  // What cannot be read is told before anything is measured, and what is on the hub is fetched.
  for (const model of models) if (!SHAPES.has(model)) await loadModel(model, context);

  const jobs = models.flatMap((model) => workloads.map((workload) => ({ model, workload })));
  const engine = { device, ...(threads !== undefined && { threads }) };
  let done = 0;
  const telling = (what: string) => ({
    signal: context.signal,
    onProgress: (label: string) =>
      context.progress.show({
        done,
        total: jobs.length,
        label: label ? `${what}: ${label}` : what,
      }),
  });
  const measuringPeak = telling("fastest matmul");
  measuringPeak.onProgress("");
  const peak = await measureInProcess({ engine, job: { kind: "peak", tiny } }, measuringPeak);

  const specs = specsOf(options);
  const repeats = options.repeats ?? (tiny ? 1 : REPEATS);
  const rows: BenchRow[] = [];
  for (const { model, workload } of jobs) {
    const job = { kind: "workload", workload, model, processing, specs, repeats } as const;
    const measuring = telling(`${workload} on ${model}`);
    measuring.onProgress("");
    const measured = await measureInProcess({ engine, job }, measuring);
    rows.push(rowOf(model, workload, measured, peak));
    done++;
  }
  context.progress.clear();
  const result: BenchResult = { machine: machineOf(options, peak), rows };
  await deliver(result, () => benchText(result), delivery);
}

const NAME_WIDTH = Math.max(...WORKLOAD_NAMES.map((name) => name.length)) + 2;

/** Makes the command. */
export function benchCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("bench").description(
      "time our own work here: seconds, memory, arithmetic done and needed, share of the machine's peak",
    ),
  )
    .option("--only <names>", "only these workloads, with commas")
    .option(
      "--repeats <n>",
      `runs that count, after one that does not (default: ${REPEATS})`,
      integer(1),
    )
    .option("--tiny", "few prompts, once, on small models: shows that the bench works, and no more")
    .addHelpText(
      "after",
      `
Without --model: the bundled one, and attn-only-2l-shape, random weights of attn-only-2l's size.

Workloads, each in a process of its own:
${WORKLOADS.map(({ name, description }) => `  ${name.padEnd(NAME_WIDTH)}${description}`).join("\n")}

Examples:
  $ lookback bench
  $ lookback bench --device webgpu
  $ lookback bench --only table,figure5 --model standard-2l-seed2 --json --threads 1`,
    );
  return withCommonOptions(command, {
    seed: "one seed for all prompts (default: those of the post)",
  }).action((options: BenchOptions) => runBench(options, context));
}
