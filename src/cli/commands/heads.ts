/** @file `lookback heads`: the scorecard of every head, and the roles that follow from it. */

import { Command } from "commander";
import { rolesOf } from "../../hypothesis/head-labels.ts";
import { parseScorecardSpec } from "../../hypothesis/scorecard-spec.ts";
import { integer } from "../arguments.ts";
import { bosToken } from "../bos.ts";
import type { CommandContext } from "../context.ts";
import { deliver, deliveryOf } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { headsTableText } from "../heads-table.ts";
import { loadModel } from "../load-model.ts";
import { identityOf } from "../model-identity.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import { paletteOf } from "../palette.ts";
import { lookOf } from "../terminal.ts";

interface HeadsOptions extends ModelCommandOptions {
  readonly batch?: number;
  readonly tokens?: number;
  readonly bos?: number;
}

const DEFAULTS = parseScorecardSpec();

async function runHeads(options: HeadsOptions, context: CommandContext): Promise<void> {
  const { batch = DEFAULTS.batch, tokens = DEFAULTS.tokens, seed = DEFAULTS.seed } = options;
  const spec = parseScorecardSpec({ batch, tokens, seed });
  const delivery = deliveryOf(options);
  const loaded = await loadModel(options.model, context);
  const bos = bosToken(loaded, options.bos, context);
  const { HookedTransformer } = await loadEngine(options);
  const { scorecard } = await import("../../hypothesis/scorecard.ts");
  using model = await HookedTransformer.create(loaded, options);
  const card = await scorecard(
    {
      model,
      bos,
      signal: context.signal,
      onProgress: (share) =>
        context.progress.show({ done: share, total: 1, label: "measuring heads" }),
    },
    spec,
  );
  const circuit = rolesOf(card);
  context.progress.clear();
  const text = () => {
    const { bold, dim } = paletteOf(process.stdout);
    const { width } = lookOf(process.stdout);
    return `${bold(model.name)}\n${headsTableText(card, circuit, { width, bold, dim })}`;
  };
  const result = { ...identityOf(model), bos, ...card, circuit };
  await deliver(result, text, delivery);
}

/** Makes the command. */
export function headsCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("heads").description(
      "score every head: where it looks, whether it copies, whether order matters to it, and its roles",
    ),
  )
    .option("--batch <n>", `prompts of random tokens (default: ${DEFAULTS.batch})`, integer(1))
    .option(
      "--tokens <n>",
      `random tokens in a prompt, as far as the model's context goes (default: ${DEFAULTS.tokens})`,
      integer(1),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ lookback heads
  $ lookback heads --model attn-only-2l --batch 500 --json --out heads.json`,
    );
  return withCommonOptions(withBosOption(command), {
    seed: `seed of the drawn prompts (default: ${DEFAULTS.seed})`,
  }).action((options: HeadsOptions) => runHeads(options, context));
}
