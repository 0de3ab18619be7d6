/** @file `lookback ablate`: what the model loses with heads or paths, and what some heads do alone. */

import { Command } from "commander";
import { ABLATION_KINDS, type AblationKind } from "../../interventions/ablation-kinds.ts";
import { estimate } from "../../measures/statistics.ts";
import { headLabel } from "../../model/heads.ts";
import { type AblateMode, type AblateTargets, ablatePlan, checkTargets } from "../ablate-plan.ts";
import {
  ablatePrompts,
  RESAMPLE_FROM,
  RESAMPLED_FROM,
  type ResampleFrom,
  resampling,
} from "../ablate-prompts.ts";
import { type AblatedLength, ablatedEntries } from "../ablate-result.ts";
import { ablateTablesText } from "../ablate-tables.ts";
import { choice, impliedChoice, integer, lengths } from "../arguments.ts";
import { bosToken } from "../bos.ts";
import type { CommandContext } from "../context.ts";
import { deliver, deliveryOf } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { intervalsInWords, paragraphs, promptCount } from "../heading.ts";
import { labelList } from "../labels.ts";
import { loadModel } from "../load-model.ts";
import { identityOf } from "../model-identity.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import { POST_BATCH, POST_SEED, POST_SEED_HELP } from "../patch-options.ts";
import { lookOf } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";

interface AblateOptions extends ModelCommandOptions, AblateTargets {
  readonly kind: AblationKind;
  readonly resampleFrom?: ResampleFrom;
  readonly length?: number;
  readonly lengths?: readonly number[];
  readonly batch: number;
  readonly bos?: number;
}

/** What stands in the place of an ablated output. */
function replacement(kind: AblationKind, from: ResampleFrom | undefined): string {
  if (kind === "zero") return "zero";
  if (kind === "mean") return "its mean over the prompts";
  return from === "random" ? "the same on random tokens" : "the same on the next prompt";
}

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
  const resampleFrom = resampling(kind, options.resampleFrom);
  const delivery = deliveryOf(options);
  const loaded = await loadModel(options.model, context);
  const { config } = loaded;
  const plan = ablatePlan(options, config);
  const bos = bosToken(loaded, options.bos, context);
  const { HookedTransformer } = await loadEngine(options);
  const { ablateRewired } = await import("../../interventions/ablate.ts");
  using model = await HookedTransformer.create(loaded, options);
  const measured: AblatedLength[] = [];
  for (const [index, length] of asked.entries()) {
    const { d_vocab } = config;
    const prompts = ablatePrompts({ length, batch, seed, d_vocab, bos }, resampleFrom);
    const { tokens, answers, read } = prompts.asked;
    const scores = await ablateRewired(model, {
      ...{ tokens, answers, read, kind, signal },
      ...(prompts.others && { others: prompts.others }),
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
    ...identityOf(model),
    prompts: { batch, seed, bos },
    kind,
    ...(resampleFrom && { resampledFrom: RESAMPLED_FROM[resampleFrom] }),
    mode: plan.mode,
    ...(heads.length > 0 && { heads }),
    lengths: measured,
  };
  progress.clear();
  const text = () => {
    const look = lookOf(process.stdout);
    const heading = [
      `${model.name}: ${kind} ablation, ${inWords(plan.mode, heads)}, ${promptCount(batch)} of ${asked.length === 1 ? `length ${asked[0]}` : "each length"}, seed ${seed}`,
      `ablated: in the place of an output stands ${replacement(kind, resampleFrom)}; ${plan.mode === "keep" ? "" : "taken away: clean less ablated, paired; "}mean logit differences in nats; ${intervalsInWords(batch)}`,
    ];
    const tables = { mode: plan.mode, heads: plan.heads, lengths: measured };
    return paragraphs(heading, look.width) + ablateTablesText(tables, look);
  };
  await deliver(result, text, delivery);
}

/** Makes the command. */
export function ablateCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("ablate").description("take heads or paths away and see what is lost"),
  )
    .option("--length <n>", "draw the post's prompts: tokens in one copy (2 or more)", integer(2))
    .option(
      "--lengths <list>",
      "instead of --length: several, such as 2-6, each with a row",
      lengths,
    )
    .option("--batch <n>", "prompts of each length", integer(1), POST_BATCH)
    .addOption(
      choice(
        "--kind <kind>",
        "what takes an output's place: resample, the same on other tokens; mean, its mean over the prompts; zero",
        ABLATION_KINDS,
      ).default("resample"),
    )
    .addOption(
      impliedChoice(
        "--resample-from <where>",
        "the other tokens: random, random ones behind BOS, drawn with the next seed; batch, the next prompt, in which heads that compare what an ablated one wrote still find a match",
        RESAMPLE_FROM,
        "random",
      ),
    )
    .option("--heads <labels>", "these together, instead of every head alone", labelList)
    .option("--pairs", "heads two at a time, all of the model's or those of --heads")
    .option(
      "--paths <labels>",
      "single paths, each by itself, such as L0H5:L1H7.q; senders and receivers as in `lookback path`",
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
  $ lookback ablate --lengths 2-6 --keep L0H2,L0H5,L0H4,L1H7
  $ lookback ablate --length 3 --kind mean --heads L0H2,L1H7
  $ lookback ablate --length 4 --pairs --heads L0H2,L0H5,L1H4,L1H7
  $ lookback ablate --lengths 3,4 --paths L0H2:L1H7.q,L0H5:L1H7.q --json --out paths.json`,
    );
  return withCommonOptions(withBosOption(command), {
    seed: POST_SEED_HELP,
  }).action((options: AblateOptions) => runAblate(options, context));
}
