/** @file `lookback reproduce`: the post from end to end on one model, with a report. */

import { join } from "node:path";
import { Command } from "commander";
import type { ReproduceProgress } from "../../experiments/reproduce.ts";
import type { ReproduceSpec } from "../../experiments/reproduce-spec.ts";
import type { TableResult } from "../../experiments/table.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import type { VerdictSpec } from "../../hypothesis/verdict-spec.ts";
import { renderHeading, renderTable, renderVerdict, rowInWords } from "../../report/terminal.ts";
import { integer, lengths } from "../arguments.ts";
import { bosToken } from "../bos.ts";
import { type CommandContext, quietFor } from "../context.ts";
import { loadEngine } from "../engine.ts";
import { stableJson } from "../json.ts";
import { keptVerdict } from "../kept-verdict.ts";
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
import { checkReportFolder, reportFolder } from "../report-folder.ts";
import { ONLY_NAMES, reproduceSpec, type SpecOptions } from "../reproduce-spec.ts";
import { writeStdout } from "../stdout.ts";
import { lookOf } from "../terminal.ts";
import { verdictSpec } from "../verdict-spec.ts";
import { packageVersion } from "../version.ts";

interface ReproduceCommandOptions extends ModelCommandOptions, SpecOptions {
  readonly verdict?: boolean;
}

/** The spec of the verdict on the heads that the figures are of, where these are named. */
function verdictOn(
  { heads }: ReproduceSpec,
  { batch, seed }: ReproduceCommandOptions,
): Promise<VerdictSpec> {
  const { induction, previousToken, lookBack } = heads;
  return verdictSpec({
    ...(batch !== undefined && { batch }),
    ...(seed !== undefined && { seed }),
    ...(induction !== null && { induction: [induction] }),
    ...(previousToken !== null && { previousToken: [previousToken] }),
    ...(lookBack !== null && { lookBack: [lookBack] }),
  });
}

async function runReproduce(
  options: ReproduceCommandOptions,
  command: string,
  context: CommandContext,
): Promise<void> {
  const { signal, progress } = context;
  const spec = await reproduceSpec(options);
  const toJudge = options.verdict ? await verdictOn(spec, options) : undefined;
  // With --json the result goes down the pipe, and a folder only where one was asked for.
  const folder = options.out ?? (options.json ? undefined : reportFolder(options.model));
  const out = folder === undefined ? undefined : openOutFolder(folder);
  const loaded = await loadModel(options.model, context);
  if (out !== undefined) checkReportFolder(out.path, loaded);
  const bos = bosToken(loaded, spec.bos ?? undefined, context);
  const { HookedTransformer } = await loadEngine(options);
  const { reproduce } = await import("../../experiments/reproduce.ts");
  using model = await HookedTransformer.create(loaded, options);
  const look = { width: lookOf(process.stdout).width, palette: paletteOf(process.stdout) };
  // What is known is said at once, unless standard output is for the result alone.
  const said: Promise<void>[] = [];
  const say = (text: string) => {
    if (options.json) return;
    progress.clear();
    const writing = writeStdout(text);
    writing.catch(() => {}); // told when everything was said
    said.push(writing);
  };
  let at: ReproduceProgress | undefined;
  let latest = ""; // row of the table
  const showProgress = () => {
    if (at === undefined) return;
    const { experiment, index, count, share } = at;
    progress.show({ done: index + share, total: count, label: `${experiment}${latest}` });
  };
  const result = await reproduce(
    model,
    { ...spec, bos },
    {
      signal,
      onHeads: (heads) => say(renderHeading(model.name, heads, look)),
      onTableRow: (row) => {
        latest = `, ${rowInWords(row)}`;
        showProgress();
      },
      onResult: (name, found) => {
        if (name !== "table") return;
        latest = "";
        say(renderTable(found as TableResult, look));
      },
      onProgress: (progressNow) => {
        at = progressNow;
        showProgress();
      },
    },
  );

  let judged: VerdictResult | undefined;
  if (toJudge !== undefined) {
    // The report of before gives way as a whole, and its verdict with it.
    const before = { isFresh: false, mayReplace: true };
    const request = {
      bos,
      spec: toJudge,
      source: loaded,
      out,
      ...before,
      context: quietFor(options.json, context),
    };
    judged = (await keptVerdict(model, request)).result;
  }

  const json = stableJson(judged === undefined ? result : { ...result, verdict: judged });
  if (out !== undefined) {
    progress.show({ done: 1, total: 1, label: "drawing the report" });
    const { reportFiles } = await import("../../report/files.ts"); // draws, and takes a while to load
    const files = await reportFiles(result, { command, version: packageVersion() }, judged);
    await out.write(new Map<string, Content>([...files, ["result.json", json]]));
  }
  progress.clear();
  if (options.json) return writeStdout(json);
  say(renderVerdict(result, look));
  if (judged !== undefined) {
    const { renderVerdictText } = await import("../../report/verdict/terminal.ts");
    say(`\n${renderVerdictText(judged, look)}`);
  }
  if (out !== undefined) say(`\nreport: ${join(out.path, "report.html")}\n`);
  await Promise.all(said);
}

/** Makes the command. */
export function reproduceCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("reproduce").description(
      "measure the post and its companions again: the table on the terminal, all figures in a report",
    ),
  )
    .option("--only <names>", `only these, with commas: ${ONLY_NAMES.join(", ")}`)
    .option("--lengths <list>", "lengths of the table, such as 2-12 (default: 2-7)", lengths)
    .option(
      "--batch <n>",
      "prompts of every experiment (default: as many as the post took for each)",
      integer(1),
    )
    .option("--induction <head>", "the induction head, such as L1H7 (default: found by its score)")
    .option("--previous-token <head>", "the previous-token head (default: found by its score)")
    .option("--look-back <head>", "the look-back-two head (default: found by its score)")
    .option("--spec <file>", "a JSON spec, as in the result of an earlier run")
    .option(
      "--verdict",
      "also test the post's claims, as `lookback verdict` does; a minute or two more",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ lookback reproduce
  $ lookback reproduce --model attn-only-2l --lengths 2-12 --out report
  $ lookback reproduce --verdict
  $ lookback reproduce --only table,figure5 --json`,
    );
  return withCommonOptions(withBosOption(command), {
    seed: "one seed for every experiment (default: those of the post)",
    out: `write the report into this folder (default: ${reportFolder()}, with --model ${reportFolder("NAME")}; none with --json)`,
    outName: "folder",
  }).action((options: ReproduceCommandOptions, self: Command) =>
    runReproduce(options, repeatCommand(self), context),
  );
}
