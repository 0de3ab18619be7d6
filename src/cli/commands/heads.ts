/** @file `lookback heads`: the scorecard of every head, and the roles that follow from it. */

import { Command } from "commander";
import pc from "picocolors";
import { rolesOf } from "../../hypothesis/head-labels.ts";
import { parseScorecardSpec } from "../../hypothesis/scorecard-spec.ts";
import { integer } from "../arguments.ts";
import { bosToken } from "../bos.ts";
import { coloursOn } from "../colours.ts";
import type { CommandContext } from "../context.ts";
import { deliver } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { headsTableText } from "../heads-table.ts";
import { loadModel } from "../load-model.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import { openOutFile } from "../out-file.ts";

interface HeadsOptions extends ModelCommandOptions {
  readonly batch?: number;
  readonly tokens?: number;
  readonly bos?: number;
}

const DEFAULTS = parseScorecardSpec();

async function runHeads(options: HeadsOptions, context: CommandContext): Promise<void> {
  const { batch = DEFAULTS.batch, tokens = DEFAULTS.tokens, seed = DEFAULTS.seed } = options;
  const spec = parseScorecardSpec({ batch, tokens, seed });
  const out = options.out === undefined ? undefined : openOutFile(options.out);
  const loaded = await loadModel(options.model, context);
  const bos = bosToken(loaded, options.bos, context);
  const { HookedTransformer, scorecard } = await loadEngine(options);
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
  const { name, hash, processing, device } = model;
  context.progress.clear();
  const text = () => {
    const { bold, dim } = pc.createColors(coloursOn(process.stdout));
    const width = process.stdout.columns || 100;
    return `${bold(name)}\n${headsTableText(card, circuit, { width, bold, dim })}`;
  };
  const result = { model: name, hash, processing, device, bos, ...card, circuit };
  await deliver(result, text, { json: options.json ?? false, out });
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
    out: "write the result to this file, as JSON",
  }).action((options: HeadsOptions) => runHeads(options, context));
}
