/**
 * @file `lookback attribute`: what gradients say of each head beside what patching it does, and how well
 * they agree.
 */

import { Command } from "commander";
import type { AttributionComparison } from "../../interventions/attribution-comparison.ts";
import { DEFAULT_STEPS, MAX_STEPS } from "../../interventions/gauss-legendre.ts";
import { effect, fixed, withInterval } from "../../report/format.ts";
import { integer } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import { deliver, deliveryOf } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { patchHeading } from "../heading.ts";
import { loadModel } from "../load-model.ts";
import { identityOf } from "../model-identity.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import { openOutFile } from "../out-file.ts";
import { DIRECTION_WORDS, POST_SEED_HELP, withPatchPromptOptions } from "../patch-options.ts";
import { type PatchPromptOptions, readPatchPrompts } from "../patch-prompts.ts";
import { writeStdout } from "../stdout.ts";
import { lookOf } from "../terminal.ts";
import { textTable } from "../text-table.ts";

interface AttributeOptions extends ModelCommandOptions, PatchPromptOptions {
  readonly steps: number;
  readonly svg?: string;
}

/** Three decimals, or a dash where there is nothing to correlate. */
function figure(value: number | null): string {
  return value === null ? "–" : fixed(3)(value);
}

/** The comparison as tables. */
function comparisonText(
  { heads, agreement, layers, steps }: AttributionComparison,
  width: number,
): string {
  const headTable = textTable(
    ["head", "patching", "attribution", "integrated"],
    heads.map(({ label, exact, attribution, integrated }) => [
      label,
      ...[exact, attribution, integrated].map((estimate) => withInterval(estimate, effect)),
    ]),
    { width },
  );
  const agreementTable = textTable(
    ["against patching", "r", "slope", "mean error", "largest error"],
    (
      [
        ["attribution", agreement.attribution],
        [`integrated, ${steps} steps`, agreement.integrated],
      ] as const
    ).map(([name, { r, slope, meanError, largest }]) => [
      name,
      figure(r),
      figure(slope),
      figure(meanError),
      `${figure(largest.error)} (${largest.head})`,
    ]),
    { width },
  );
  const layerTable = textTable(
    ["whole layer", "patching", "not in its heads' integrated gradients"],
    layers.map(({ layer, exact, unexplained }) => [
      `L${layer}`,
      withInterval(exact, effect),
      figure(unexplained.mean),
    ]),
    { width },
  );
  return [headTable, agreementTable, layerTable].join("\n");
}

async function runAttribute(options: AttributeOptions, context: CommandContext): Promise<void> {
  const { steps } = options;
  const delivery = deliveryOf(options);
  const svg = options.svg === undefined ? undefined : openOutFile(options.svg, "--svg");
  const loaded = await loadModel(options.model, context);
  const prompts = await readPatchPrompts(options, loaded, context);
  const { clean, corrupted, answers, read } = prompts;
  const { HookedTransformer } = await loadEngine(options);
  const { attributionComparison } = await import("../../interventions/attribution-comparison.ts");
  using model = await HookedTransformer.create(loaded, options);
  const comparison = await attributionComparison(model, {
    ...{ clean, corrupted, answers, read, steps },
    signal: context.signal,
    onProgress: (done, total, label) => context.progress.show({ done, total, label }),
  });
  const result = {
    ...identityOf(model),
    prompts: { ...prompts.source, read },
    ...comparison,
  };
  context.progress.clear();
  if (svg !== undefined) {
    const [{ attributionScatter }, { standaloneSvg }] = await Promise.all([
      import("../../report/attribution-scatter.ts"), // draws, and takes a while to load
      import("../../report/drawing/standalone.ts"),
    ]);
    const { chart, keys } = attributionScatter(comparison);
    await svg.write(standaloneSvg([chart, ...keys]));
  }
  const text = () => {
    const { width } = lookOf(process.stdout);
    const what = `${model.name}: z of each head, ${DIRECTION_WORDS.denoise}, ${prompts.words}`;
    return `${patchHeading(what, comparison, width)}\n${comparisonText(comparison, width)}`;
  };
  await deliver(result, text, delivery);
  if (svg !== undefined && !delivery.json) await writeStdout(`\nwrote ${svg.path}\n`);
}

/** Makes the command. */
export function attributeCommand(context: CommandContext): Command {
  const command = withPatchPromptOptions(
    withModelOptions(
      new Command("attribute").description(
        "what gradients say of each head, and how far patching bears them out",
      ),
    ),
  )
    .option(
      "--steps <n>",
      "gradients along each path of the integrated gradients",
      integer(1, MAX_STEPS),
      DEFAULT_STEPS,
    )
    .option("--svg <file>", "draw gradients against patching into this file")
    .addHelpText(
      "after",
      `
For each head three numbers: patching its z (a run for each head), attribution patching (one gradient,
to first order) and integrated gradients (the gradient averaged from the corrupted to the clean run).

Examples:
  $ lookback attribute --length 4
  $ lookback attribute --length 3 --batch 400 --steps 16 --svg scatter.svg
  $ lookback attribute --clean c.json --corrupted k.json --answers a.json --json`,
    );
  return withCommonOptions(withBosOption(command), {
    seed: POST_SEED_HELP,
  }).action((options: AttributeOptions) => runAttribute(options, context));
}
