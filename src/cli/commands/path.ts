/** @file `lookback path`: what one head tells one input of a later one, by path patching. */

import { Command, InvalidArgumentError } from "commander";
import { receiverLabel, senderLabel } from "../../interventions/edges.ts";
import type { PatchDirection } from "../../interventions/patch.ts";
import { logits, withInterval } from "../../report/format.ts";
import { choice, integer } from "../arguments.ts";
import { coloursOn } from "../colours.ts";
import type { CommandContext } from "../context.ts";
import { deliver } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { labelList, receiversNamed, sendersNamed } from "../labels.ts";
import { loadModel } from "../load-model.ts";
import {
  type ModelCommandOptions,
  withBosOption,
  withCommonOptions,
  withModelOptions,
} from "../options.ts";
import { openOutFile } from "../out-file.ts";
import { POST_BATCH, POST_SEED } from "../patch-prompts.ts";
import { type PathPromptOptions, readPathPrompts } from "../path-prompts.ts";
import { pathTablesText } from "../path-tables.ts";

type Positions = "all" | "each" | readonly number[];

interface PathOptions extends ModelCommandOptions, PathPromptOptions {
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly together?: true;
  readonly direction: PatchDirection;
  readonly positions: Positions;
}

/** `all`, `each` or `3,7`. */
function positionsNamed(text: string): Positions {
  if (text === "all" || text === "each") return text;
  const parts = text.split(",").map((part) => part.trim());
  if (!parts.every((part) => /^\d+$/.test(part))) {
    throw new InvalidArgumentError("It must be all, each, or positions such as 3,7.");
  }
  return [...new Set(parts.map(Number))].sort((a, b) => a - b);
}

/** `7:A`, or the number alone where positions have no names. */
function positionName(label: string, position: number): string {
  return label === String(position) ? label : `${position}:${label}`;
}

async function runPath(options: PathOptions, context: CommandContext): Promise<void> {
  const { direction, positions } = options;
  const out = options.out === undefined ? undefined : openOutFile(options.out);
  const loaded = await loadModel(options.model, context);
  const from = sendersNamed(options.from, loaded.config);
  const receivers = receiversNamed(options.to, loaded.config);
  const to = options.together ? [receivers] : receivers.map((receiver) => [receiver]);
  const prompts = await readPathPrompts(options, loaded, context);
  const { clean, corrupted, answers, read } = prompts;
  const { HookedTransformer, pathPatch } = await loadEngine(options);
  using model = await HookedTransformer.create(loaded, options);
  const patched = await pathPatch(model, {
    ...{ clean, corrupted, answers, read, direction, from, to, positions },
    signal: context.signal,
    onProgress: (done, total) => context.progress.show({ done, total, label: "patching paths" }),
  });
  const result = {
    model: model.name,
    hash: model.hash,
    processing: model.processing,
    device: model.device,
    prompts: { ...prompts.source, read },
    direction,
    from: from.map(senderLabel),
    to: to.map((together) => together.map(receiverLabel)),
    positions,
    ...patched,
  };
  context.progress.clear();
  const text = () => {
    const into = direction === "denoise" ? "clean into corrupted" : "corrupted into clean";
    const where =
      positions === "each"
        ? "each position by itself"
        : positions === "all"
          ? "all positions"
          : `positions ${positions.join(", ")}`;
    const names = prompts.labels.slice(0, read + 1).map(positionName);
    return [
      `${model.name}: paths, ${into}, ${where}, ${clean.batch} prompts\n`,
      `mean logit difference: clean ${withInterval(patched.clean, logits)}, corrupted ${withInterval(patched.corrupted, logits)}\n`,
      "0 is the corrupted run, 1 the clean one\n",
      ...(options.together ? [`together: ${result.to.flat().join(", ")}\n`] : []),
      pathTablesText(
        { ...result, positions: positions === "each" ? names : undefined },
        { colours: coloursOn(process.stdout) },
      ),
    ].join("");
  };
  await deliver(result, text, { json: options.json ?? false, out });
}

/** Makes the command. */
export function pathCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("path").description(
      "put one run's output into another along single paths, from a head to an input of a later one",
    ),
  )
    .option(
      "--from <senders>",
      "what writes: L0H4, L0 for a layer's heads, embed, pos, L0.b_O, all (default: the embeddings and every head)",
      labelList,
    )
    .option(
      "--to <receivers>",
      "what reads: L1H6.q, L1H6 for its q, k and v, L1.q or L1 for a layer's, logits, all (default: all)",
      labelList,
    )
    .option("--together", "patch the receivers of --to as one, as of several induction heads")
    .option(
      "--positions <which>",
      "where the path is patched: all at once, each by itself, or some at once, such as 3,7",
      positionsNamed,
      "all",
    )
    .option("--length <n>", "draw the post's prompts: tokens in one copy (2 or more)", integer(2))
    .addOption(
      choice(
        "--side <side>",
        "what is corrupted: query, the A that opens the last copy becomes C, as in the post; keys, the A's and C's of the earlier copies trade places (default: query)",
        ["query", "keys"],
      ),
    )
    .option("--batch <n>", `number of drawn prompts (default: ${POST_BATCH})`, integer(1))
    .option("--clean <file>", "instead of --length: JSON rows of token ids")
    .option("--corrupted <file>", "the same prompts with something changed")
    .option("--answers <file>", "JSON rows [right, wrong], read at the last position")
    .addOption(
      choice(
        "--direction <direction>",
        "denoise: clean into corrupted; noise: corrupted into clean",
        ["denoise", "noise"],
      ).default("denoise"),
    )
    .addHelpText(
      "after",
      `
Along a path stands the other run's output; what else the sender reaches sees this run's own, and what
lies behind the receiver is computed anew. Paths to keys want --side keys: where the query is
corrupted, the keys of the earlier copies are the same in both runs, and effects come out near zero.

Examples:
  $ lookback path --length 4 --from L0 --to L1H3.q
  $ lookback path --length 4 --side keys --from L0,embed,pos --to L1H3,L1H6
  $ lookback path --length 3 --from L0H4 --to L1H1.q,L1H3.q,L1H4.q --together --positions each
  $ lookback path --length 3 --batch 100 --json --out paths.json`,
    );
  return withCommonOptions(withBosOption(command), {
    seed: `seed of the drawn prompts (default: ${POST_SEED}, as the post's figure 5)`,
    out: "write the result to this file, as JSON",
  }).action((options: PathOptions) => runPath(options, context));
}
