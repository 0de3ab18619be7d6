/** @file `lookback ablate`: what the model loses with heads or paths, and what some heads do alone. */

import { Command } from "commander";
import type { AblationKind } from "../../interventions/replacement.ts";
import { estimate } from "../../measures/statistics.ts";
import { headLabel } from "../../model/heads.ts";
import { repeatedPrompts } from "../../prompts/repeated.ts";
import { type AblateMode, type AblateTargets, ablatePlan, checkTargets } from "../ablate-plan.ts";
import { type AblatedLength, ablatedEntries } from "../ablate-result.ts";
import { ablateTablesText } from "../ablate-tables.ts";
import { choice, integer, lengths } from "../arguments.ts";
import { bosToken } from "../bos.ts";
import { coloursOn } from "../colours.ts";
import type { CommandContext } from "../context.ts";
import { deliver } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { labelList } from "../labels.ts";
import { loadModel } from "../load-model.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import { openOutFile } from "../out-file.ts";
import { POST_BATCH, POST_SEED } from "../patch-prompts.ts";
import { UsageError } from "../usage-error.ts";

interface AblateOptions extends ModelCommandOptions, AblateTargets {
  readonly kind: AblationKind;
  readonly length?: number;
  readonly lengths?: readonly number[];
  readonly batch: number;
  readonly bos?: number;
}

const KINDS: readonly AblationKind[] = ["resample", "mean", "zero"];

/** What stands in the place of an ablated output. */
const REPLACED_BY: { readonly [K in AblationKind]: string } = {
  resample: "the output on another prompt",
  mean: "the mean over the prompts",
  zero: "zero",
};

/** @throws UsageError unless lengths are asked for in one way. */
function lengthsAsked({ length, lengths: several }: AblateOptions): readonly number[] {
  if (length !== undefined && several !== undefined) {
    throw new UsageError("--length is one and --lengths are several; use one of them");
  }
  if (several !== undefined) return several;
  if (length === undefined) throw new UsageError("give --length <n> or --lengths <list>");
  return [length];
}

function inWords(mode: AblateMode, heads: readonly string[]): string {
  const names = heads.join(", ");
  switch (mode) {
    case "each":
      return "every head alone";
    case "together":
      return `${names} together`;
    case "pairs":
      return "heads two at a time";
    case "paths":
      return "each path by itself";
    case "keep":
      return `every head but ${names}`;
  }
}

async function runAblate(options: AblateOptions, context: CommandContext): Promise<void> {
  const { kind, batch, seed = POST_SEED } = options;
  const { signal, progress } = context;
  const asked = lengthsAsked(options);
  checkTargets(options); // before a model is fetched
  const out = options.out === undefined ? undefined : openOutFile(options.out);
  const loaded = await loadModel(options.model, context);
  const { config } = loaded;
  const plan = ablatePlan(options, config);
  const bos = bosToken(loaded, options.bos, context);
  const { HookedTransformer, ablateRewired } = await loadEngine(options);
  using model = await HookedTransformer.create(loaded, options);
  const measured: AblatedLength[] = [];
  for (const [index, length] of asked.entries()) {
    const { d_vocab } = config;
    const { tokens, answers, read } = repeatedPrompts({ length, batch, seed, d_vocab, bos });
    const scores = await ablateRewired(model, {
      ...{ tokens, answers, read, kind, signal },
      rewirings: plan.targets.map(({ rewiring }) => rewiring),
      onProgress: (done, total) =>
        progress.show({
          done: index + done / total,
          total: asked.length,
          label: `ablating at length ${length}`,
        }),
    });
    const entries = ablatedEntries(plan, scores);
    measured.push({ length, read, clean: estimate(scores.clean), entries });
  }
  const heads = plan.heads.map(headLabel);
  const result = {
    model: model.name,
    hash: model.hash,
    processing: model.processing,
    device: model.device,
    prompts: { batch, seed, bos },
    kind,
    mode: plan.mode,
    ...(heads.length > 0 && { heads }),
    lengths: measured,
  };
  progress.clear();
  const text = () => {
    const tables = { mode: plan.mode, heads: plan.heads, lengths: measured };
    return [
      `${model.name}: ${kind} ablation, ${inWords(plan.mode, heads)}, ${batch} prompts of each length\n`,
      `ablated: an output is replaced by ${REPLACED_BY[kind]}; taken away: clean - ablated logit difference, paired\n`,
      ablateTablesText(tables, { colours: coloursOn(process.stdout) }),
    ].join("");
  };
  await deliver(result, text, { json: options.json ?? false, out });
}

/** Makes the command. */
export function ablateCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("ablate").description("take heads or paths away and see what is lost"),
  )
    .option("--length <n>", "the post's prompts: tokens in one copy (2 or more)", integer(2))
    .option("--lengths <list>", "several lengths, such as 2-6, each with a row", lengths)
    .option("--batch <n>", "prompts of each length", integer(1), POST_BATCH)
    .addOption(
      choice(
        "--kind <kind>",
        "what replaces an output: resample, that on another prompt; mean, that over the prompts; zero",
        KINDS,
      ).default("resample"),
    )
    .option("--heads <labels>", "these together, instead of every head alone", labelList)
    .option("--pairs", "heads two at a time, all of the model's or those of --heads")
    .option(
      "--paths <labels>",
      "single paths, each by itself, such as L0H4:L1H3.q; senders and receivers as in `lookback path`",
      labelList,
    )
    .option(
      "--keep <labels>",
      "every head but these, and how far they get alone: recovery, 1 as the whole model, 0 as with all heads ablated",
      labelList,
    )
    .addHelpText(
      "after",
      `
Examples:
  $ lookback ablate --length 3
  $ lookback ablate --lengths 2-6 --keep L0H4,L0H5,L1H3
  $ lookback ablate --length 3 --kind mean --heads L0H4,L1H3
  $ lookback ablate --length 4 --pairs --heads L0H4,L0H5,L1H1,L1H3
  $ lookback ablate --lengths 3,4 --paths L0H4:L1H3.q,L0H5:L1H3.q --json --out paths.json`,
    );
  return withCommonOptions(withBosOption(command), {
    seed: `seed of the drawn prompts (default: ${POST_SEED}, as the post's figure 5)`,
    out: "write the result to this file, as JSON",
  }).action((options: AblateOptions) => runAblate(options, context));
}
