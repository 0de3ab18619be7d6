/** @file `lookback verdict`: each claim of the post, tested on one model. */

import { join } from "node:path";
import { Command } from "commander";
import { VERDICT_PARTS } from "../../hypothesis/verdict-parts.ts";
import { integer } from "../arguments.ts";
import { bosToken } from "../bos.ts";
import type { CommandContext } from "../context.ts";
import { loadEngine } from "../engine.ts";
import { stableJson } from "../json.ts";
import { keptVerdict } from "../kept-verdict.ts";
import { labelList } from "../labels.ts";
import { loadModel } from "../load-model.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import { type Content, openOutFolder } from "../out-file.ts";
import { paletteOf } from "../palette.ts";
import { repeatCommand } from "../repeat-command.ts";
import { writeStdout } from "../stdout.ts";
import { type VerdictSpecOptions, verdictSpec } from "../verdict-spec.ts";
import { packageVersion } from "../version.ts";

interface VerdictCommandOptions extends ModelCommandOptions, VerdictSpecOptions {
  readonly fresh?: boolean;
}

const DEFAULT_FOLDER = "lookback-verdict";

async function runVerdict(
  options: VerdictCommandOptions,
  command: string,
  context: CommandContext,
): Promise<void> {
  const { progress } = context;
  const spec = await verdictSpec(options);
  // With --json the result goes down the pipe, and a folder only where one was asked for.
  const folder = options.out ?? (options.json ? undefined : DEFAULT_FOLDER);
  const out = folder === undefined ? undefined : openOutFolder(folder);
  const loaded = await loadModel(options.model, context);
  const bos = bosToken(loaded, spec.bos ?? undefined, context);
  const { HookedTransformer } = await loadEngine(options);
  using model = await HookedTransformer.create(loaded, options);
  const version = packageVersion();
  const { result, taken } = await keptVerdict(model, {
    bos,
    spec,
    source: loaded,
    out,
    isFresh: options.fresh ?? false,
    context,
  });

  const json = stableJson(result);
  if (out !== undefined) {
    progress.show({ done: 1, total: 1, label: "drawing the report" });
    const { verdictFiles } = await import("../../report/verdict/files.ts"); // draws, and takes a while to load
    const files = await verdictFiles(result, { command, version });
    await out.write(new Map<string, Content>([...files, ["result.json", json]]));
  }
  progress.clear();
  if (options.json) return writeStdout(json);
  const { renderVerdictText } = await import("../../report/verdict/terminal.ts");
  const look = { width: process.stdout.columns || 100, palette: paletteOf(process.stdout) };
  await writeStdout(renderVerdictText(result, look));
  if (out === undefined) return;
  const reused =
    taken === 0
      ? ""
      : `${taken} of ${VERDICT_PARTS.length} parts were there from before (--fresh measures them again)\n`;
  await writeStdout(`\n${reused}report: ${join(out.path, "report.html")}\n`);
}

/** Makes the command. */
export function verdictCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("verdict").description(
      "test each claim of the post on a model: held, did not hold, or cannot tell, with the evidence",
    ),
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
the same command goes on where it was stopped.

Examples:
  $ lookback verdict
  $ lookback verdict --model standard-2l-seed2 --out verdict-seed2
  $ lookback verdict --look-back L0H5 --batch 200 --json`,
    );
  return withCommonOptions(withBosOption(command), {
    seed: "one seed for every test (default: those of the spec)",
    out: `write the report into this folder (default: ${DEFAULT_FOLDER}; none with --json)`,
    outName: "folder",
  }).action((options: VerdictCommandOptions, self: Command) =>
    runVerdict(options, repeatCommand(self), context),
  );
}
