/** @file `lookback patch`: which part of the model carries the answer, by activation patching. */

import { Command } from "commander";
import {
  COMPONENTS,
  type Component,
  GRANULARITIES,
  type Granularity,
  hasHeads,
} from "../../interventions/components.ts";
import type { PatchDirection } from "../../interventions/pair.ts";
import { choice } from "../arguments.ts";
import { type CommandContext, watched } from "../context.ts";
import { deliver, deliveryOf } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { patchHeading } from "../heading.ts";
import { heatTableText } from "../heat-table.ts";
import { loadModel } from "../load-model.ts";
import { identityOf } from "../model-identity.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import {
  DIRECTION_WORDS,
  POST_SEED_HELP,
  withDirectionOption,
  withPatchPromptOptions,
} from "../patch-options.ts";
import { type PatchPromptOptions, readPatchPrompts } from "../patch-prompts.ts";
import { axesOf, heatTables } from "../patch-tables.ts";
import { lookOf } from "../terminal.ts";

interface PatchOptions extends ModelCommandOptions, PatchPromptOptions {
  readonly component: Component;
  readonly by?: Granularity;
  readonly direction: PatchDirection;
}

async function runPatch(options: PatchOptions, context: CommandContext): Promise<void> {
  const { component, direction } = options;
  const by = options.by ?? (hasHeads(component) ? "head" : "position");
  const delivery = deliveryOf(options);
  const loaded = await loadModel(options.model, context);
  const prompts = await readPatchPrompts(options, loaded, context);
  const { clean, corrupted, answers, read, labels } = prompts;
  const { HookedTransformer } = await loadEngine(options);
  const { activationPatch } = await import("../../interventions/patch.ts");
  using model = await HookedTransformer.create(loaded, options);
  const patched = await activationPatch(model, {
    ...{ clean, corrupted, answers, read, component, by, direction },
    ...watched(context, `patching ${component}`),
  });
  const result = {
    ...identityOf(model),
    prompts: { ...prompts.source, read },
    component,
    by,
    direction,
    axes: axesOf(by),
    ...patched,
  };
  context.progress.clear();
  const text = () => {
    const tables = heatTables(patched.normalised, by, labels);
    const look = lookOf(process.stdout);
    const what = `${model.name}: ${component} by ${by}, ${DIRECTION_WORDS[direction]}, ${prompts.words}`;
    return [
      patchHeading(what, { ...patched.estimates, gap: patched.gap }, look.width),
      ...tables.map((table) => `\n${heatTableText(table, { ...look, scale: 1 })}`),
    ].join("");
  };
  await deliver(result, text, delivery);
}

/** Makes the command. */
export function patchCommand(context: CommandContext): Command {
  const command = withPatchPromptOptions(
    withModelOptions(
      new Command("patch").description(
        "put one run's activations into another and see what changes",
      ),
    ),
  )
    .addOption(choice("--component <part>", "what is exchanged", COMPONENTS).default("z"))
    .addOption(
      choice(
        "--by <places>",
        "one head, one head at one position, or one position at a time (default: head, or position for what has no heads)",
        GRANULARITIES,
      ),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ lookback patch --length 3 --batch 400 --seed 110 --component z --by head
  $ lookback patch --clean c.json --corrupted k.json --answers a.json --component resid_pre --by position --json`,
    );
  return withCommonOptions(withBosOption(withDirectionOption(command)), {
    seed: POST_SEED_HELP,
  }).action((options: PatchOptions) => runPatch(options, context));
}
