/** @file The command line of the peer bench. */

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { UsageError } from "../../src/cli/usage-error.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

/** What was asked for. */
export interface BenchArguments {
  readonly workloads: readonly Workload[];
  /** Counted runs of each side; null leaves it to how long they take. */
  readonly repeats: number | null;
  /** The same for both sides. */
  readonly threads: number;
  readonly tiny: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

const OPTIONS = {
  only: { type: "string" },
  repeats: { type: "string" },
  threads: { type: "string" },
  tiny: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const NAME_WIDTH = Math.max(...WORKLOADS.map(({ name }) => name.length)) + 2;

export const HELP = `Times Lookback beside TransformerLens (a training step: beside PyTorch) on the same model files and
prompts, and checks that both come to the same numbers. The first run sets up a Python environment in
.cache/peer and needs the network and python3.

  npm run bench:peer -- [options]

  --only NAME[,NAME]  these workloads alone
  --repeats N         counted runs of each side (3; 1 where a run of the peer takes over a minute)
  --threads N         threads of each side (${availableParallelism()})
  --tiny              a few prompts, once: shows that the bench works, and no more
  --json              the result as JSON on stdout, and nothing else
  --help              this text

Workloads:

${WORKLOADS.map(({ name, description }) => `  ${name.padEnd(NAME_WIDTH)}${description}`).join("\n")}
`;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    const [wrong] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    const flags = Object.keys(OPTIONS).map((name) => `--${name}`);
    throw new UsageError(`${wrong}; bench:peer takes ${flags.join(", ")}`);
  }
}

function count(flag: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`${flag} must be a whole number of 1 or more, not ${JSON.stringify(text)}`);
}

function chosen(only: string): Workload[] {
  const names = only.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !WORKLOADS.some((workload) => workload.name === name));
  if (unknown.length > 0) {
    const all = WORKLOADS.map(({ name }) => name).join(", ");
    throw new UsageError(`no workload ${JSON.stringify(unknown.join(", "))}; there are ${all}`);
  }
  return WORKLOADS.filter(({ name }) => names.includes(name));
}

/** @throws UsageError for flags and names that there are not. */
export function parseArguments(args: readonly string[]): BenchArguments {
  const { only, repeats, threads, tiny, json, help } = parse(args);
  return {
    workloads: only === undefined ? WORKLOADS : chosen(only),
    repeats: repeats === undefined ? (tiny ? 1 : null) : count("--repeats", repeats),
    threads: threads === undefined ? availableParallelism() : count("--threads", threads),
    tiny,
    json,
    help,
  };
}
