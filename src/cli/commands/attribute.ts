/**
 * @file `lookback attribute`: what gradients say of each head beside what patching it does, and how well
 * they agree.
 */

import { Command } from "commander";
import type { AttributionComparison } from "../../interventions/attribution-comparison.ts";
import { DEFAULT_STEPS, MAX_STEPS } from "../../interventions/gauss-legendre.ts";
import { effect, logits, plain, withInterval } from "../../report/format.ts";
import { integer } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import { deliver } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { loadModel } from "../load-model.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import { type OutFile, openOutFile } from "../out-file.ts";
import {
  type PatchPromptOptions,
  POST_BATCH,
  POST_SEED,
  readPatchPrompts,
} from "../patch-prompts.ts";
import { writeStdout } from "../stdout.ts";
import { textTable } from "../text-table.ts";
import { UsageError } from "../usage-error.ts";

interface AttributeOptions extends ModelCommandOptions, PatchPromptOptions {
  readonly steps: number;
  readonly svg?: string;
}

/** As `openOutFile`, whose complaints name another option. */
function openSvg(path: string): OutFile {
  try {
    return openOutFile(path);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(error.message.replace("--out", "--svg"), { cause: error });
  }
}

/** Three digits, or a dash where there is nothing to correlate. */
function figure(value: number | null): string {
  return value === null
    ? "–"
    : value
        .toFixed(3)
        .replace(/^-(?=.*[1-9])/, "−")
        .replace("-", "");
}

/** The comparison as tables. */
function comparisonText({ heads, agreement, layers, steps }: AttributionComparison): string {
  const headTable = textTable(
    ["head", "patching", "attribution", "integrated"],
    heads.map(({ label, exact, attribution, integrated }) => [
      label,
      ...[exact, attribution, integrated].map((estimate) => withInterval(estimate, effect)),
    ]),
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
  );
  const layerTable = textTable(
    ["whole layer", "patching", "not in its heads' integrated gradients"],
    layers.map(({ layer, exact, unexplained }) => [
      `L${layer}`,
      withInterval(exact, effect),
      plain(unexplained.mean),
    ]),
  );
  return [headTable, agreementTable, layerTable].join("\n");
}

async function runAttribute(options: AttributeOptions, context: CommandContext): Promise<void> {
  const { steps } = options;
  const out = options.out === undefined ? undefined : openOutFile(options.out);
  const svg = options.svg === undefined ? undefined : openSvg(options.svg);
  const loaded = await loadModel(options.model, context);
  const { clean, corrupted, answers, read, source } = await readPatchPrompts(
    options,
    loaded,
    context,
  );
  const { HookedTransformer, attributionComparison } = await loadEngine(options);
  using model = await HookedTransformer.create(loaded, options);
  const comparison = await attributionComparison(model, {
    ...{ clean, corrupted, answers, read, steps },
    signal: context.signal,
    onProgress: (done, total, label) => context.progress.show({ done, total, label }),
  });
  const result = {
    model: model.name,
    hash: model.hash,
    processing: model.processing,
    device: model.device,
    prompts: { ...source, read },
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
  const text = () =>
    [
      `${model.name}: z of each head, clean into corrupted, ${clean.batch} prompts\n`,
      `mean logit difference: clean ${withInterval(comparison.clean, logits)}, corrupted ${withInterval(comparison.corrupted, logits)}\n`,
      "0 is the corrupted run, 1 the clean one\n\n",
      comparisonText(comparison),
    ].join("");
  await deliver(result, text, { json: options.json ?? false, out });
  if (svg !== undefined && !options.json) await writeStdout(`\nwrote ${svg.path}\n`);
}

/** Makes the command. */
export function attributeCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("attribute").description(
      "what gradients say of each head, and how far patching bears them out",
    ),
  )
    .option("--length <n>", "draw the post's prompts: tokens in one copy (2 or more)", integer(2))
    .option("--batch <n>", `number of drawn prompts (default: ${POST_BATCH})`, integer(1))
    .option("--clean <file>", "instead of --length: JSON rows of token ids")
    .option("--corrupted <file>", "the same prompts with something changed")
    .option("--answers <file>", "JSON rows [right, wrong], read at the last position")
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
    seed: `seed of the drawn prompts (default: ${POST_SEED}, as the post's figure 5)`,
    out: "write the result to this file, as JSON",
  }).action((options: AttributeOptions) => runAttribute(options, context));
}
