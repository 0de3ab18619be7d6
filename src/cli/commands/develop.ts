/** @file `lookback develop`: how a model came to be, from its log or its checkpoints. */

import { realpathSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { TrainingRecord } from "../../development/training-record.ts";
import { RUN_FILES } from "../../node/run/run-files.ts";
import { readLog } from "../../node/run/run-log.ts";
import { integer, lengths } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import { aboutRun, type DevelopmentLog, developmentLog, lossesOf } from "../development-log.ts";
import { KeptLooks, type MeasureWork, measuredLooks } from "../development-looks.ts";
import { type DevelopmentSource, developmentSource } from "../development-source.ts";
import { heldOutText } from "../development-text.ts";
import { type EngineOptions, loadEngine } from "../engine.ts";
import { stableJson } from "../json.ts";
import {
  type CommonOptions,
  withBosOption,
  withCommonOptions,
  withEngineOptions,
} from "../options.ts";
import { type Content, type OutFolder, openOutFolder } from "../out-file.ts";
import { paletteOf } from "../palette.ts";
import { repeatCommand } from "../repeat-command.ts";
import { writeStdout } from "../stdout.ts";
import { UsageError } from "../usage-error.ts";
import { packageVersion } from "../version.ts";

interface DevelopCommandOptions extends CommonOptions, EngineOptions {
  readonly measure?: true;
  readonly fresh?: true;
  readonly batch?: number;
  readonly lengths?: number[];
  readonly bos?: number;
}

const DEFAULT_FOLDER = "lookback-development";
const DEFAULT_SEED = 0;

/** A source with what its log says; without looks where these have to be measured. */
interface Planned {
  readonly source: DevelopmentSource;
  readonly log: DevelopmentLog | null;
}

async function planned(path: string, isMeasured: boolean): Promise<Planned> {
  const source = await developmentSource(path);
  if (source.recipe === null) return { source, log: null };
  const log = developmentLog(await readLog(path), join(path, RUN_FILES.log));
  return { source, log: isMeasured ? { ...log, looks: [] } : log };
}

/** What only measuring can heed. */
const MEASURING = ["seed", "batch", "lengths", "bos", "fresh"] as const;

function checkPlan(plans: readonly Planned[], options: DevelopCommandOptions): void {
  for (const [i, { source }] of plans.entries()) {
    const place = realpathSync(source.path);
    const same = plans.slice(0, i).find((other) => realpathSync(other.source.path) === place);
    if (same !== undefined) {
      throw new UsageError(
        `${same.source.path} and ${source.path} are the same run, and an interval over both would be none; name each once`,
      );
    }
  }
  const logged = plans.find(({ log }) => log !== null && log.looks.length > 0);
  const given = MEASURING.find((name) => options[name] !== undefined);
  if (logged !== undefined && given !== undefined) {
    throw new UsageError(
      `--${given} is for looks that are measured, and ${logged.source.path} has looks in its log; --measure measures its checkpoints afresh`,
    );
  }
  for (const { source, log } of plans) {
    if ((log === null || log.looks.length === 0) && source.checkpoints.length === 0) {
      throw new UsageError(
        options.measure
          ? `${source.path} has no checkpoints that --measure could look at; without it, looks are read from the log of a run`
          : `${source.path} has neither looks in its log nor checkpoints yet`,
      );
    }
  }
}

/** Names of runs as reports tell them apart: the folder's, or its path where two are named alike. */
function runNames(plans: readonly Planned[]): string[] {
  const names = plans.map(({ source }) => source.name);
  return plans.map(({ source }, i) =>
    names.filter((name) => name === names[i]).length > 1 ? source.path : source.name,
  );
}

/** The record of each run, measured where it has to be. */
async function records(
  plans: readonly Planned[],
  options: DevelopCommandOptions,
  out: OutFolder | undefined,
  context: CommandContext,
): Promise<TrainingRecord[]> {
  const isNeeded = ({ log }: Planned) => log === null || log.looks.length === 0;
  const counts = plans.map((plan) => (isNeeded(plan) ? plan.source.checkpoints.length : 0));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const looks = new KeptLooks(out, options.fresh ?? false);
  const asked = {
    device: options.device,
    version: packageVersion(),
    seed: options.seed ?? DEFAULT_SEED,
    ...(options.batch !== undefined && { batch: options.batch }),
    ...(options.lengths !== undefined && { lengths: options.lengths }),
    ...(options.bos !== undefined && { bos: options.bos }),
  };
  let work: Omit<MeasureWork, "done"> | undefined;
  if (total > 0) {
    const { HookedTransformer } = await loadEngine(options);
    const { lookAt } = await import("../../development/look.ts"); // after the threads are set up
    const create: MeasureWork["create"] = (source, device) =>
      HookedTransformer.create(source, { device });
    work = { create, lookAt, looks, context, total };
  }
  const found: TrainingRecord[] = [];
  let done = 0;
  for (const [i, { source, log }] of plans.entries()) {
    const measured =
      (counts[i] ?? 0) > 0 && work !== undefined
        ? await measuredLooks(source, await heldOutText(source, context), asked, { ...work, done })
        : (log?.looks ?? []);
    done += counts[i] ?? 0;
    found.push({
      name: runNames(plans)[i] as string, // one for each
      about: aboutRun(source.config, source.recipe),
      counts: source.counts,
      looks: measured,
      losses: log === null ? [] : lossesOf(log),
    });
  }
  return found;
}

async function runDevelop(
  paths: readonly string[],
  options: DevelopCommandOptions,
  command: string,
  context: CommandContext,
): Promise<void> {
  const { progress } = context;
  const isMeasured = options.measure ?? false;
  const plans = await Promise.all(paths.map((path) => planned(path, isMeasured)));
  checkPlan(plans, options);
  // With --json the result goes down the pipe, and a folder only where one was asked for.
  const folder = options.out ?? (options.json ? undefined : DEFAULT_FOLDER);
  const out = folder === undefined ? undefined : openOutFolder(folder);
  const found = await records(plans, options, out, context);
  const { development } = await import("../../development/across-runs.ts");
  const result = development(found);
  const json = stableJson(result);
  if (out !== undefined) {
    progress.show({ done: 1, total: 1, label: "drawing the report" });
    const { developmentFiles } = await import("../../report/development/files.ts"); // draws, and takes a while to load
    const files = await developmentFiles(result, { command, version: packageVersion() });
    await out.write(new Map<string, Content>([...files, ["result.json", json]]));
  }
  progress.clear();
  if (options.json) return writeStdout(json);
  const { renderDevelopmentText } = await import("../../report/development/terminal.ts");
  const look = { width: process.stdout.columns || 100, palette: paletteOf(process.stdout) };
  await writeStdout(renderDevelopmentText(result, look));
  if (out !== undefined) await writeStdout(`\nreport: ${join(out.path, "report.html")}\n`);
}

/** Makes the command. */
export function developCommand(context: CommandContext): Command {
  const command = new Command("develop")
    .description("how a model came to be: when each head and each length appeared")
    .argument(
      "<run...>",
      "training runs; or folders of model folders like step-200, or with files like checkpoints/name_000123.pth beside a config.json",
    )
    .option(
      "--measure",
      "look at the checkpoints afresh, also where the log of a run has looks at more of them",
    )
    .option("--batch <n>", "prompts of each length, where looks are measured", integer(2))
    .option("--lengths <list>", "lengths of the table, where looks are measured", lengths)
    .option("--fresh", "measure again what the folder holds from an earlier run");
  withEngineOptions(command).addHelpText(
    "after",
    `
Several runs are set beside each other: heads by their roles, whichever heads they are. Each look that is
measured is kept in the folder at once; the same command goes on where it was stopped.

Examples:
  $ lookback develop runs/x
  $ lookback develop runs/seed-1 runs/seed-2 runs/seed-3 --out across-seeds
  $ lookback develop downloads/attn-only-2l --batch 1000`,
  );
  return withCommonOptions(withBosOption(command), {
    seed: `seed of the random tokens, where looks are measured (default: ${DEFAULT_SEED})`,
    out: `write the report into this folder (default: ${DEFAULT_FOLDER}; none with --json)`,
    outName: "folder",
  }).action((paths: string[], options: DevelopCommandOptions, self: Command) =>
    runDevelop(paths, options, repeatCommand(self), context),
  );
}
