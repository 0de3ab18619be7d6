/** @file `lookback sweep`: the post's question over a grid of prompts, in one go or in many. */

import { Command, InvalidArgumentError } from "commander";
import { LookbackError } from "../../errors.ts";
import { checkCells } from "../../sweeps/check-cells.ts";
import { sweepIdentity } from "../../sweeps/identity.ts";
import { longForm } from "../../sweeps/long-form.ts";
import { mergeParts } from "../../sweeps/merge.ts";
import type { SweepResult } from "../../sweeps/result.ts";
import { type Shard, shardCells, WHOLE } from "../../sweeps/shard.ts";
import { cellCount, cellName, parseSweepSpec, type SweepSpec } from "../../sweeps/sweep-spec.ts";
import { bosToken } from "../bos.ts";
import type { CommandContext } from "../context.ts";
import { loadEngine } from "../engine.ts";
import { stableJson } from "../json.ts";
import { readSpecFile } from "../json-file.ts";
import { loadModel } from "../load-model.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import { type OutFolder, openOutFolder } from "../out-file.ts";
import { writeStdout } from "../stdout.ts";
import { journalText } from "../sweep-journal.ts";
import { lookOf } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { packageVersion } from "../version.ts";

interface SweepCommandOptions extends ModelCommandOptions {
  readonly bos?: number;
  readonly shard?: Shard;
  readonly merge?: readonly string[];
}

/** `3/8`: the third of eight parts. */
function shardArgument(text: string): Shard {
  const [, index, count] = /^(\d{1,7})\/(\d{1,7})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (count === undefined || shard.index < 1 || shard.index > shard.count) {
    throw new InvalidArgumentError("It must be i/n with i from 1 to n, such as 3/8.");
  }
  return shard;
}

async function specOf(
  path: string,
  { seed, bos }: Pick<SweepCommandOptions, "seed" | "bos">,
): Promise<SweepSpec> {
  const spec = await readSpecFile("the spec", path, parseSweepSpec);
  return {
    ...spec,
    ...(seed !== undefined && { seed: [seed] }),
    ...(bos !== undefined && { bos }),
  };
}

/** Writes the result files, and tells the terminal or the pipe what came out. */
async function deliverSweep(
  result: SweepResult,
  {
    out,
    json,
    version,
    others,
  }: {
    out: OutFolder | undefined;
    json: boolean;
    version: string;
    others?: readonly [name: string, text: string][];
  },
  { progress }: CommandContext,
): Promise<void> {
  let written = "";
  if (out !== undefined) {
    progress.show({ done: 1, total: 1, label: "drawing" });
    const { writeResult } = await import("../sweep-folder.ts"); // draws, and takes a while to load
    const names = await writeResult(out, result, { version, ...(others && { others }) });
    written = `\nwrote ${names.join(", ")} into ${out.path}\n`;
  }
  progress.clear();
  if (json) return writeStdout(stableJson(longForm(result)));
  const { sweepText } = await import("../sweep-table.ts");
  await writeStdout(`${sweepText(result, lookOf(process.stdout).width)}${written}`);
}

/** The error of a sweep that was interrupted: what it has measured is kept. */
function interrupted(path: string, done: number, total: number): LookbackError {
  return new LookbackError(
    "cancelled",
    `cancelled; ${done} of ${total} cells are in ${path}, and the same command goes on from there`,
    { kept: path },
  );
}

async function runSweep(
  path: string,
  options: SweepCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { signal, progress } = context;
  const { shard = WHOLE, device, processing } = options;
  const json = options.json ?? false;
  const asked = await specOf(path, options);
  const { layoutOf } = await import("../../report/sweep/view.ts");
  layoutOf(asked); // a drawing that cannot be is found before the work starts
  const out = options.out === undefined ? undefined : openOutFolder(options.out);
  const loaded = await loadModel(options.model, context);
  const bos = bosToken(loaded, asked.bos ?? undefined, context);
  const spec = { ...asked, bos };
  const identity = sweepIdentity({ ...loaded, processing, device }, spec);
  checkCells(spec, { ...loaded.config, bos });
  const version = packageVersion();
  const { openJournal } = await import("../sweep-folder.ts");
  const journal = out && (await openJournal(out, { identity, shard, version }));
  const { HookedTransformer } = await loadEngine(options);
  const { sweep } = await import("../../sweeps/sweep.ts");
  using model = await HookedTransformer.create(loaded, options);
  const total = shardCells(shard, cellCount(spec)).length;
  let done = journal?.finished.size ?? 0;
  try {
    const result = await sweep(model, spec, {
      shard,
      signal,
      ...(journal && { finished: journal.finished }),
      onCell: (cell) => {
        journal?.append(cell);
        done++;
      },
      onProgress: ({ done: now, total: of, cell }) =>
        progress.show({ done: now, total: of, label: cellName(spec, cell) }),
    });
    await deliverSweep(result, { out, json, version }, context);
  } catch (error) {
    const wasCancelled = error instanceof LookbackError && error.code === "cancelled";
    if (journal !== undefined && wasCancelled) throw interrupted(journal.path, done, total);
    throw error;
  } finally {
    journal?.close();
  }
}

/** Options that say what to measure; a merge measures nothing. */
const NOT_WITH_MERGE = [
  "model",
  "device",
  "threads",
  "processing",
  "seed",
  "bos",
  "shard",
] as const;

async function runMerge(
  folders: readonly string[],
  { out: folder, json }: SweepCommandOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const given = NOT_WITH_MERGE.find((name) => command.getOptionValueSource(name) === "cli");
  if (given !== undefined) {
    throw new UsageError(`--merge puts together what was measured, and takes no --${given}`);
  }
  if (folder === undefined && json === undefined) {
    throw new UsageError("--merge needs --out, the folder for the whole sweep, or --json");
  }
  const { journalsIn } = await import("../sweep-folder.ts");
  const journals = journalsIn(folders);
  const versions = [...new Set(journals.map(({ version }) => version))];
  const [version = packageVersion()] = versions;
  if (versions.length > 1) {
    const told = journals.map((journal) => `${journal.path} by ${journal.version}`);
    throw new UsageError(
      `these parts were measured by different versions of Lookback: ${told.join(", ")}`,
    );
  }
  const parts = journals.map(({ path, ...part }) => ({ ...part, name: path }));
  const result = mergeParts(parts);
  const { spec, model, device, bos, cells } = result;
  const out = folder === undefined ? undefined : openOutFolder(folder);
  const journal = journalText({ identity: { spec, model, device, bos }, version }, cells);
  await deliverSweep(
    result,
    { out, json: json ?? false, version, others: [["cells.jsonl", journal]] },
    context,
  );
}

/** Makes the command. */
export function sweepCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("sweep").description(
      "measure repeated sequences over a grid of lengths, gaps, orders and more, from a JSON spec",
    ),
  )
    .argument("[spec]", "JSON file: each parameter with one value, or a list of values")
    .option("--shard <i/n>", "measure every n-th cell, from the i-th on", shardArgument)
    .option("--merge <folders...>", "put together what shards have measured, instead of measuring")
    .addHelpText(
      "after",
      `
With --out the run can be interrupted at any time: the same command goes on where it stopped.

Examples:
  $ echo '{"length": [2, 3, 4, 5], "gap": [0, 8], "batch": 400}' > spec.json
  $ lookback sweep spec.json
  $ lookback sweep spec.json --out sweep --shard 1/2
  $ lookback sweep spec.json --out sweep --shard 2/2
  $ lookback sweep --merge sweep --out sweep`,
    );
  return withCommonOptions(withBosOption(command), {
    seed: "one seed instead of those of the spec",
    out: "write cells as they are finished, and the result, into this folder",
    outName: "folder",
  }).action((spec: string | undefined, options: SweepCommandOptions, self: Command) => {
    if (options.merge !== undefined) {
      if (spec !== undefined) throw new UsageError("give a spec or --merge, not both");
      return runMerge(options.merge, options, self, context);
    }
    if (spec === undefined) throw new UsageError("name a JSON file with the spec of the sweep");
    return runSweep(spec, options, context);
  });
}
