/** @file `lookback compose`: which heads read which, and which copy, from the weights alone. */

import { Command, InvalidArgumentError } from "commander";
import {
  COMPOSITION_MODES,
  type CompositionMode,
  compositionScores,
} from "../../circuits/composition.ts";
import { composingPairs, compositionBaseline } from "../../circuits/composition-baseline.ts";
import { circuitWeights } from "../../model/processing.ts";
import { checkWeights } from "../../model/weights.ts";
import { integer } from "../arguments.ts";
import { type ComposeResult, composeText } from "../compose-tables.ts";
import { type CommandContext, watched } from "../context.ts";
import { deliver, deliveryOf } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { loadModel } from "../load-model.ts";
import { identityOf } from "../model-identity.ts";
import { type ModelCommandOptions, withCommonOptions, withModelOptions } from "../options.ts";
import { lookOf } from "../terminal.ts";

interface ComposeOptions extends ModelCommandOptions {
  readonly mode?: readonly CompositionMode[];
  readonly k: number;
  readonly sample: number;
}

/** `Q,K`: modes of composition, each once, in their usual order. */
function modes(text: string): CompositionMode[] {
  const given = text.split(",").map((word) => word.trim().toUpperCase());
  const found = COMPOSITION_MODES.filter((mode) => given.includes(mode));
  if (new Set(given).size !== found.length) {
    throw new InvalidArgumentError(`It must be some of ${COMPOSITION_MODES.join(", ")}.`);
  }
  return found;
}

async function runCompose(options: ComposeOptions, context: CommandContext): Promise<void> {
  const { processing, device, k, sample, seed = 0 } = options;
  const delivery = deliveryOf(options);
  const { name, hash, ...loaded } = await loadModel(options.model, context);
  const checked = checkWeights(loaded.weights, loaded.config);
  const { weights, config } =
    processing === "none"
      ? { weights: checked, config: loaded.config }
      : circuitWeights(checked, loaded.config);
  const { openDevice } = await loadEngine(options);
  const { headSpectra } = await import("../../circuits/spectra.ts");
  const { copyingScores } = await import("../../circuits/copying.ts");
  await openDevice(device);
  const copying = await copyingScores(weights, config, {
    k,
    sample,
    seed,
    ...watched(context, "counting copied tokens"),
  });
  const spectra = await headSpectra(weights, config, watched(context, "reading the vocabulary"));
  const baseline = compositionBaseline(config, { seed });
  const composition = (options.mode ?? COMPOSITION_MODES).map((mode) => {
    const scores = compositionScores(weights, config, mode);
    return { mode, scores, pairs: composingPairs(scores, baseline) };
  });
  const result: ComposeResult = {
    ...identityOf({ name, hash, processing, device }),
    baseline,
    composition,
    spectra,
    copying,
  };
  context.progress.clear();
  await deliver(result, () => composeText(result, lookOf(process.stdout)), delivery);
}

/** Makes the command. */
export function composeCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("compose").description(
      "read heads from the weights: which heads read which, and which copy",
    ),
    { processing: "default" },
  )
    .option(
      "--mode <modes>",
      "what the later head reads with: some of Q, K, V (default: Q,K,V)",
      modes,
    )
    .option("--k <n>", "a token is copied if it is among the n raised most", integer(1), 5)
    .option("--sample <n>", "tokens over which copying is counted", integer(1), 1000)
    .addHelpText(
      "after",
      `
No prompts are run. Composition scores stand beside those of random heads; eigenvalue positivity is
Σ Re λ / Σ |λ| of a head's full circuit (OV: 1 copies, -1 the opposite; QK: 1 attends to tokens like
itself). LayerNorm's weights count only where they are folded, so here --processing is "default"
unless you say otherwise, and folds them in shortformer models too; LayerNorm's scale, positions and
biases are left out.

Examples:
  $ lookback compose
  $ lookback compose --model standard-2l-seed2 --mode K
  $ lookback compose --sample 4096 --json --out heads.json`,
    );
  return withCommonOptions(command, {
    seed: "seed of the random heads and of the tokens counted (default: 0)",
  }).action((options: ComposeOptions) => runCompose(options, context));
}
