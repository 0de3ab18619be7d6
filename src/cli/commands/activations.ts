/** @file `lookback activations`: runs a model once and saves what its hooks saw, as safetensors. */

import { Command } from "commander";
import { type NdArray, sizeOf, toNested } from "../../engine/ndarray.ts";
import type { LoadedModel } from "../../loading/model-files.ts";
import { safetensorsChunks } from "../../loading/safetensors.ts";
import type { RunMode } from "../../model/forward.ts";
import { type HookName, hookNames } from "../../model/hooks.ts";
import type { HookedTransformer } from "../../model/model.ts";
import type { RunOptions } from "../../model/run-options.ts";
import { type TokenBatch, tokenRow } from "../../model/tokens.ts";
import { choice, collected, integer } from "../arguments.ts";
import { type CommandContext, watched } from "../context.ts";
import { deliver } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { loadModel } from "../load-model.ts";
import { type ModelCommandOptions, withCommonOptions, withModelOptions } from "../options.ts";
import { openOutFile } from "../out-file.ts";
import { PATTERN_HELP } from "../pattern-help.ts";
import { type PromptSource, readPrompts } from "../read-prompts.ts";
import { writeStdout } from "../stdout.ts";
import { textTable } from "../text-table.ts";
import { UsageError } from "../usage-error.ts";

interface ActivationsOptions extends ModelCommandOptions, PromptSource {
  readonly names?: readonly string[];
  readonly positions: "all" | "last";
  readonly mode: RunMode;
}

/** What to save, and where. */
interface Saved extends Pick<ActivationsOptions, "positions" | "mode"> {
  readonly names: readonly string[];
}

/** What may be asked for beside the hooks, by its name in the file. */
const LOGITS = "logits";
const LOSS = "loss_per_token";

/** What the run is asked, from the names that were given. */
function runOptions({ names, positions, mode }: Saved): RunOptions {
  return {
    names: names.filter((name) => name !== LOGITS && name !== LOSS),
    logits: names.includes(LOGITS),
    lossPerToken: names.includes(LOSS),
    positions,
    namesAt: "positions",
    mode,
  };
}

/** Arrays by the names that they have in the file, in the order of a run. */
async function namedArrays(
  model: HookedTransformer,
  tokens: TokenBatch,
  options: Saved,
  context: CommandContext,
): Promise<Map<string, NdArray>> {
  const result = await model.run(tokens, {
    ...runOptions(options),
    ...watched(context, "running the model"),
  });
  const arrays = new Map<HookName | typeof LOGITS | typeof LOSS, NdArray>(result.activations);
  if (result.logits !== undefined) arrays.set(LOGITS, result.logits);
  if (result.lossPerToken !== undefined) arrays.set(LOSS, result.lossPerToken);
  return arrays;
}

/** What was run, in words that a file's metadata can hold. */
function description(
  model: HookedTransformer,
  tokens: TokenBatch,
  { positions, mode, seed, pattern }: ActivationsOptions,
) {
  const { name, hash, processing, device } = model;
  const rows = Array.from({ length: tokens.batch }, (_, row) => tokenRow(tokens, row));
  const drawn = pattern === undefined ? {} : { pattern, seed: seed ?? 0 };
  return { model: name, hash, processing, device, mode, positions, ...drawn, tokens: rows };
}

/** Metadata of a safetensors file is text. */
function metadata(described: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(described).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** Numbers as JSON can hold them: a masked attention score has no number but a name. */
function jsonValues(array: NdArray): unknown {
  const named = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(named);
    return value === Number.NEGATIVE_INFINITY ? "-Infinity" : value;
  };
  return named(toNested(array.shape, array.data));
}

function summary(arrays: ReadonlyMap<string, NdArray>): string {
  const rows = Array.from(arrays, ([name, { shape, data }]) => {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let total = 0;
    let finite = 0;
    for (const value of data) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
      total += value;
      finite++;
    }
    const numbers =
      finite === 0 ? ["", "", ""] : [low, total / finite, high].map((n) => n.toPrecision(4));
    return [name, `[${shape.join(", ")}]`, ...numbers];
  });
  return textTable(["name", "shape", "least", "mean", "greatest"], rows, { left: [0, 1] });
}

/** All that there is to save, with one name for what every layer has. */
function choices({ config }: LoadedModel): string {
  const names = hookNames(config).map((name) => name.replace(/^blocks\.\d+\./, "blocks.*."));
  return [...new Set(names), LOGITS, LOSS].join(", ");
}

/** `3.2 kB`, `41.0 MB` */
function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

async function runActivations(options: ActivationsOptions, context: CommandContext): Promise<void> {
  const out = options.out === undefined ? undefined : openOutFile(options.out);
  const loaded = await loadModel(options.model, context);
  const { names, positions, mode } = options;
  if (names === undefined) {
    throw new UsageError(
      `--names says what to save; ${loaded.name} has ${choices(loaded)}, where * is a layer; "*" is every hook`,
    );
  }
  const tokens = await readPrompts(options, loaded, context);
  const { HookedTransformer } = await loadEngine(options);
  using model = await HookedTransformer.create(loaded, options);
  const arrays = await namedArrays(model, tokens, { names, positions, mode }, context);
  const described = description(model, tokens, options);

  await out?.write(safetensorsChunks(arrays, metadata(described)));
  context.progress.clear();
  if (options.json) {
    const activations = Object.fromEntries(
      Array.from(arrays, ([name, array]) => [
        name,
        out === undefined
          ? { shape: array.shape, values: jsonValues(array) }
          : { shape: array.shape },
      ]),
    );
    return deliver({ ...described, activations }, () => "", { json: true });
  }
  await writeStdout(summary(arrays));
  if (out !== undefined) {
    const bytes = [...arrays.values()].reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
    await writeStdout(`\nwrote ${out.path}: ${arrays.size} tensors, ${sizeText(bytes)}\n`);
  }
}

/** Makes the command. */
export function activationsCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("activations").description(
      "run a model and save activations under their hook names",
    ),
  )
    .option("--text <text>", "run on this text; BOS is put in front")
    .option("--bos <id>", "the token that is BOS (default: the model's)", integer(0))
    .option("--no-bos", "no BOS in front of --text")
    .option("--tokens <file>", "run on a JSON array of rows of token ids, as they are")
    .option(
      "--pattern <text>",
      'run on prompts of a pattern, for example "BOS A X*3 B C X*3 D A X*3"',
    )
    .option("--batch <n>", "number of prompts of the pattern (default: 1)", integer(1))
    .option(
      "--names <glob>",
      `hooks to save, such as "blocks.*.attn.hook_pattern"; "*" is every hook; also ${LOGITS} and ${LOSS}; may be given several times; without it, the names that there are`,
      collected,
    )
    .addOption(
      choice(
        "--positions <which>",
        "the positions to save: all, or the last of each (the last query of a pattern)",
        ["all", "last"],
      ).default("all"),
    )
    .addOption(
      choice("--mode <mode>", "what the residual stream is made of", [
        "total",
        "position-only",
        "token-only",
      ]).default("total"),
    )
    .addHelpText(
      "after",
      `${PATTERN_HELP}
Examples:
  $ lookback activations --text "the cat sat on the" --names "blocks.*.attn.hook_pattern" --out acts.safetensors
  $ lookback activations --pattern "BOS A X*3 B C X*3 D A X*3" --batch 100 --names "*" --names logits --out acts.safetensors`,
    );
  return withCommonOptions(command, {
    seed: "seed of the prompts of --pattern (default: 0)",
    out: "write a safetensors file, float32, one tensor for each name",
  }).action((options: ActivationsOptions) => runActivations(options, context));
}
