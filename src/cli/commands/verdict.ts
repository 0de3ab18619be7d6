/** @file `lookback verdict`: each claim of the post, tested on one model or on several. */

import { join } from "node:path";
import { Command } from "commander";
import { VERDICT_PARTS } from "../../hypothesis/verdict-parts.ts";
import type { VerdictSpec } from "../../hypothesis/verdict-spec.ts";
import { DEFAULT_MODEL } from "../../loading/default-model.ts";
import type { LoadedModel } from "../../loading/model-files.ts";
import type { TableOptions } from "../../report/terminal.ts";
import { integer } from "../arguments.ts";
import { type CommandContext, quietFor } from "../context.ts";
import { stableJson } from "../json.ts";
import { type Judged, type JudgeOptions, judgeModels, sideBySide } from "../judge-models.ts";
import { labelList } from "../labels.ts";
import { loadModels } from "../load-models.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import { folderIn, type OutFolder, openOutFolder } from "../out-file.ts";
import { paletteOf } from "../palette.ts";
import { repeatCommand } from "../repeat-command.ts";
import { writeStdout } from "../stdout.ts";
import { UsageError } from "../usage-error.ts";
import { checkKind, folderNames } from "../verdict-folder.ts";
import { type VerdictSpecOptions, verdictSpec } from "../verdict-spec.ts";

interface VerdictCommandOptions extends Omit<ModelCommandOptions, "model">, VerdictSpecOptions {
  readonly model?: readonly string[];
  readonly fresh?: boolean;
}

const DEFAULT_FOLDER = "lookback-verdict";

/** Heads have one label in this model and another in that. */
function checkHeads({ heads }: VerdictSpec, asked: readonly string[]): void {
  const isNamed = Object.values(heads).some((labels) => labels !== null);
  if (asked.length > 1 && isNamed) {
    throw new UsageError(
      `heads are named for one model, and --model names ${asked.length}: leave them to be found by score`,
    );
  }
}

/** What was asked for. */
interface Asked {
  readonly options: VerdictCommandOptions;
  readonly spec: VerdictSpec;
  readonly out: OutFolder | undefined;
  readonly self: Command;
  readonly context: CommandContext;
}

/** What came out, and how it is shown. */
interface Outcome {
  /** Model by model. */
  readonly judged: readonly Judged[];
  readonly json: string;
  readonly text: (look: TableOptions) => Promise<string>;
}

function judging({ options, spec }: Asked): JudgeOptions {
  const { device, threads, processing, fresh = false } = options;
  return { spec, device, processing, isFresh: fresh, ...(threads !== undefined && { threads }) };
}

async function judgeOne(loaded: LoadedModel, asked: Asked): Promise<Outcome> {
  const { out, self, context } = asked;
  if (out !== undefined) checkKind(out, "one");
  const model = { loaded, out, command: repeatCommand(self) };
  const judged = await judgeModels([model], judging(asked), context);
  const { result } = judged[0] as Judged; // one for each model
  return {
    judged,
    json: stableJson(result),
    text: async (look) => {
      const { renderVerdictText } = await import("../../report/verdict/terminal.ts");
      return renderVerdictText(result, look);
    },
  };
}

async function judgeSeveral(models: readonly LoadedModel[], asked: Asked): Promise<Outcome> {
  const { options, out, self, context } = asked;
  if (out !== undefined) checkKind(out, "several");
  const folders = folderNames(models);
  const each = models.map((loaded, i) => ({
    loaded,
    out: out && folderIn(out, folders[i] as string),
    command: repeatCommand(self, { model: [options.model?.[i]] }),
  }));
  const judged = await judgeModels(each, judging(asked), context);
  const verdicts = judged.map(({ result }) => result);
  const pages = folders.map((folder) => `${folder}/report.html`);
  const result = await sideBySide(verdicts, out, { command: repeatCommand(self), pages });
  return {
    judged,
    json: stableJson(result),
    text: async (look) => {
      const { renderAcrossModelsText } = await import("../../report/across-models/terminal.ts");
      return renderAcrossModelsText(result, look);
    },
  };
}

async function runVerdict(
  options: VerdictCommandOptions,
  self: Command,
  context: CommandContext,
): Promise<void> {
  const spec = await verdictSpec(options);
  const names = options.model ?? [DEFAULT_MODEL];
  checkHeads(spec, names);
  // With --json the result goes down the pipe, and a folder only where one was asked for.
  const folder = options.out ?? (options.json ? undefined : DEFAULT_FOLDER);
  const opened = folder === undefined ? undefined : openOutFolder(folder);
  const models = await loadModels(names, context);
  const [only] = models;
  // A model alone goes where it would among several, so that either finds what the other measured.
  const isOwn = models.length === 1 && options.out === undefined;
  const out = opened && isOwn ? folderIn(opened, folderNames(models)[0] as string) : opened;
  const asked = { options, spec, out, self, context: quietFor(options.json, context) };
  const { judged, json, text } =
    models.length === 1 && only !== undefined
      ? await judgeOne(only, asked)
      : await judgeSeveral(models, asked);
  context.progress.clear();
  if (options.json) return writeStdout(json);
  await writeStdout(
    await text({ width: process.stdout.columns || 100, palette: paletteOf(process.stdout) }),
  );
  if (out === undefined) return;
  const taken = judged.reduce((sum, one) => sum + one.taken, 0);
  const reused =
    taken === 0
      ? ""
      : `${taken} of ${VERDICT_PARTS.length * judged.length} parts were there from before (--fresh measures them again)\n`;
  await writeStdout(`\n${reused}report: ${join(out.path, "report.html")}\n`);
}

/** Makes the command. */
export function verdictCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("verdict").description(
      "test each claim of the post on a model, or on several: held, did not hold, or cannot tell, with the evidence",
    ),
    { several: true },
  )
    .option("--batch <n>", "prompts of every test (default: as the spec has them)", integer(2))
    .option("--induction <heads>", "the induction heads (default: found by score)", labelList)
    .option(
      "--previous-token <heads>",
      "the previous-token heads (default: found by score)",
      labelList,
    )
    .option("--look-back <heads>", "the look-back heads (default: found by score)", labelList)
    .option(
      "--spec <file>",
      "a JSON spec, as in the result of an earlier run; fields may be left out",
    )
    .option("--fresh", "measure again what the folder holds from an earlier run")
    .addHelpText(
      "after",
      `
Takes a minute or two on the bundled model. Each part is kept in the folder as soon as it is measured;
the same command goes on where it was stopped, and a folder that holds the verdict on another model or
with other options is refused. Of several models each has its report in a folder of its
own, and the claims are set side by side.

Examples:
  $ lookback verdict
  $ lookback verdict --model standard-2l standard-2l-seed2 --out verdicts
  $ lookback verdict --look-back L0H5 --batch 200 --json`,
    );
  return withCommonOptions(withBosOption(command), {
    seed: "one seed for every test (default: those of the spec)",
    out: `write the report into this folder (default: ${DEFAULT_FOLDER}/<model>, or ${DEFAULT_FOLDER} for several; none with --json)`,
    outName: "folder",
  }).action((options: VerdictCommandOptions, self: Command) => runVerdict(options, self, context));
}
