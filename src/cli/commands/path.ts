/** @file `lookback path`: what one head tells one input of a later one, by path patching. */

import { Command, InvalidArgumentError } from "commander";
import { receiverLabel, senderLabel } from "../../interventions/edges.ts";
import type { PatchDirection } from "../../interventions/pair.ts";
import { type CommandContext, watched } from "../context.ts";
import { deliver, deliveryOf } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { paragraphs, patchHeading } from "../heading.ts";
import { labelList, receiversNamed, sendersNamed } from "../labels.ts";
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
import { type PatchPromptOptions, type PatchPrompts, readPatchPrompts } from "../patch-prompts.ts";
import { pathTablesText } from "../path-tables.ts";
import { positionNames } from "../positions.ts";
import { lookOf } from "../terminal.ts";

type Positions = "all" | "each" | readonly number[];

interface PathOptions extends ModelCommandOptions, PatchPromptOptions {
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

function placesInWords(positions: Positions): string {
  if (positions === "each") return "each position by itself";
  return positions === "all" ? "all positions" : `positions ${positions.join(", ")}`;
}

/** Why paths to keys, or values, show nothing where only the query is corrupted; "" where that is no matter. */
function sideNote(
  receivers: readonly string[],
  { source }: Pick<PatchPrompts, "source">,
  width: number,
): string {
  const inputs = [".k", ".v"].filter((input) => receivers.some((label) => label.endsWith(input)));
  if (source.side !== "query" || inputs.length === 0) return "";
  const what = inputs.map((input) => (input === ".k" ? "keys" : "values")).join(" and ");
  return paragraphs(
    [
      `note: only the query is corrupted, so the ${what} of the earlier copies are the same in both runs and paths to them show little; --side keys corrupts what they are made of`,
    ],
    width,
  );
}

async function runPath(options: PathOptions, context: CommandContext): Promise<void> {
  const { direction, positions } = options;
  const delivery = deliveryOf(options);
  const loaded = await loadModel(options.model, context);
  const from = sendersNamed(options.from, loaded.config);
  const receivers = receiversNamed(options.to, loaded.config);
  const to = options.together ? [receivers] : receivers.map((receiver) => [receiver]);
  const prompts = await readPatchPrompts(options, loaded, context);
  const { clean, corrupted, answers, read } = prompts;
  const { HookedTransformer } = await loadEngine(options);
  const { pathPatch } = await import("../../interventions/path.ts");
  using model = await HookedTransformer.create(loaded, options);
  const patched = await pathPatch(model, {
    ...{ clean, corrupted, answers, read, direction, from, to, positions },
    ...watched(context, "patching paths"),
  });
  const result = {
    ...identityOf(model),
    prompts: { ...prompts.source, read },
    direction,
    from: from.map(senderLabel),
    to: to.map((together) => together.map(receiverLabel)),
    positions,
    ...patched,
  };
  context.progress.clear();
  const text = () => {
    const look = lookOf(process.stdout);
    const names = positionNames(prompts.labels).slice(0, read + 1);
    const how = `${DIRECTION_WORDS[direction]}, ${placesInWords(positions)}`;
    const what = `${model.name}: paths, ${how}, ${prompts.words}`;
    return [
      patchHeading(what, patched, look.width),
      ...(options.together
        ? [paragraphs([`together: ${result.to.flat().join(", ")}`], look.width)]
        : []),
      sideNote(result.to.flat(), prompts, look.width),
      pathTablesText({ ...result, positions: positions === "each" ? names : undefined }, look),
    ].join("");
  };
  await deliver(result, text, delivery);
}

/** Makes the command. */
export function pathCommand(context: CommandContext): Command {
  const command = withPatchPromptOptions(
    withModelOptions(
      new Command("path").description(
        "put one run's output into another along single paths, from a head to an input of a later one",
      ),
    ),
  )
    .option(
      "--from <senders>",
      "what writes: L0H5, L0 for a layer's heads, embed, pos, L0.b_O, all (default: the embeddings and every head)",
      labelList,
    )
    .option(
      "--to <receivers>",
      "what reads: L1H7.q, L1H7 for its q, k and v, L1.q or L1 for a layer's, logits, all (default: all)",
      labelList,
    )
    .option("--together", "patch the receivers of --to as one, as of several induction heads")
    .option(
      "--positions <which>",
      "where the path is patched: all at once, each by itself, or some at once, such as 3,7",
      positionsNamed,
      "all",
    )
    .addHelpText(
      "after",
      `
Along a path stands the other run's output; what else the sender reaches sees this run's own, and what
lies behind the receiver is computed anew. Paths to keys want --side keys: where the query is
corrupted, the keys of the earlier copies are the same in both runs, and effects come out near zero.

Examples:
  $ lookback path --length 4 --from L0 --to L1H7.q
  $ lookback path --length 4 --side keys --from L0,embed,pos --to L1H4,L1H7
  $ lookback path --length 3 --from L0H2 --to L1H3.q,L1H4.q,L1H7.q --together --positions each
  $ lookback path --length 3 --batch 100 --json --out paths.json`,
    );
  return withCommonOptions(withBosOption(withDirectionOption(command)), {
    seed: POST_SEED_HELP,
  }).action((options: PathOptions) => runPath(options, context));
}
