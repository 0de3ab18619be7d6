/** @file `lookback decompose`: an attention score, or the answers' logits, as a sum over what wrote them. */

import { Command } from "commander";
import type { LoadedModel } from "../../loading/model-files.ts";
import { parseHead } from "../../model/heads.ts";
import type { HookedTransformer } from "../../model/model.ts";
import { askedBothWays } from "../../prompts/repeated.ts";
import { effect } from "../../report/format.ts";
import { choice, integer } from "../arguments.ts";
import { bosToken } from "../bos.ts";
import { type CommandContext, watched } from "../context.ts";
import { logitsText, scoreText } from "../decompose-tables.ts";
import { deliver, deliveryOf } from "../deliver.ts";
import { loadEngine } from "../engine.ts";
import { promptCount } from "../heading.ts";
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
import { positionNamed, positionNames } from "../positions.ts";
import { lookOf } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";

interface DecomposeOptions extends ModelCommandOptions {
  readonly of: "score" | "logits";
  readonly length: number;
  readonly batch: number;
  readonly bos?: number;
  readonly head?: string;
  readonly query?: string;
  readonly keys?: readonly string[];
  readonly bothWays?: boolean;
}

/** @throws UsageError for options of a score where logits are asked for. */
function checkOptions(options: DecomposeOptions): void {
  if (options.of === "score") return;
  const given = {
    head: "--head",
    query: "--query",
    keys: "--keys",
    bothWays: "--both-ways",
  } as const;
  for (const [name, flag] of Object.entries(given)) {
    if (options[name as keyof typeof given] === undefined) continue;
    throw new UsageError(`${flag} goes with --of score, not with --of ${options.of}`);
  }
}

/** The prompts, and the positions that a score is between. */
function promptsOf(options: DecomposeOptions, loaded: LoadedModel, context: CommandContext) {
  const { length, batch, seed = POST_SEED } = options;
  const bos = bosToken(loaded, options.bos, context);
  const { d_vocab } = loaded.config;
  const { first: prompts, second } = askedBothWays({ length, batch, seed, d_vocab, bos });
  const { labels, read } = prompts;
  const query =
    options.query === undefined
      ? read
      : positionNamed("--query", options.query, { labels, last: labels.length - 1 });
  const [right, wrong, ...more] = options.keys ?? ["B", "D"];
  if (right === undefined || wrong === undefined || more.length > 0) {
    throw new UsageError("--keys takes two positions, such as B,D");
  }
  const key = [
    positionNamed("--keys", right, { labels, last: query }),
    positionNamed("--keys", wrong, { labels, last: query }),
  ] as const;
  return {
    ...prompts,
    ...{ query, key, bos },
    ...(options.bothWays && { against: second.tokens }),
    source: { length, batch, seed, bos, read, bothWays: options.bothWays ?? false },
    words: `${promptCount(batch)} of length ${length}${options.bothWays ? ", asked both ways" : ""}, seed ${seed}`,
  };
}

/** The head that was named, or the best induction head. */
async function headOf(
  { head: named }: DecomposeOptions,
  { model, bos }: { readonly model: HookedTransformer; readonly bos: number },
  { signal, progress }: CommandContext,
) {
  if (named !== undefined) return { ...parseHead(named, model), chosenBy: "name", words: [] };
  const { findHeads } = await import("../../experiments/find-heads.ts");
  progress.show({ done: 0, total: 1, label: "finding the induction head" });
  const none = { previousToken: null, lookBack: null, induction: null };
  const { induction } = await findHeads(model, bos, none, signal);
  const { layer, head, label, score } = induction;
  const words = [`${label} has the highest induction score, ${effect(score)}`];
  return { layer, head, chosenBy: "induction score", words };
}

async function runDecompose(options: DecomposeOptions, context: CommandContext): Promise<void> {
  checkOptions(options); // before a model is fetched
  const { progress } = context;
  const delivery = deliveryOf(options);
  const loaded = await loadModel(options.model, context);
  const isOfScore = options.of === "score";
  if (isOfScore && options.head === undefined && loaded.config.n_layers < 2) {
    throw new UsageError(
      "this model has one layer and so no induction head; name a head by --head",
    );
  }
  if (options.head !== undefined) parseHead(options.head, loaded);
  const prompts = promptsOf(options, loaded, context);
  const { tokens, answers, read, query, key, bos, against } = prompts;
  const { HookedTransformer } = await loadEngine(options);
  using model = await HookedTransformer.create(loaded, options);
  const identity = { ...identityOf(model), prompts: prompts.source, of: options.of };
  const names = positionNames(prompts.labels);
  const look = lookOf(process.stdout);

  if (isOfScore) {
    const { chosenBy, words, ...head } = await headOf(options, { model, bos }, context);
    const { scoreContrast } = await import("../../circuits/score-decomposition.ts");
    const request = {
      ...head,
      ...{ tokens, query, key },
      ...(against && { against }),
      ...watched(context, "taking scores apart"),
    };
    const contrast = await scoreContrast(model, request);
    progress.clear();
    const what = `${model.name}: attention score of ${contrast.head} from ${names[query]} on ${names[key[0]]} less on ${names[key[1]]}, ${prompts.words}`;
    const text = () => scoreText(contrast, [what, ...words], look);
    return deliver({ ...identity, chosenBy, ...contrast }, text, delivery);
  }
  const { logitDifferenceDecomposition } = await import("../../circuits/logit-decomposition.ts");
  const request = { tokens, answers, position: read, ...watched(context, "taking logits apart") };
  const decomposition = await logitDifferenceDecomposition(model, request);
  progress.clear();
  const what = `${model.name}: logit of B less that of D, read at ${names[read]}, ${prompts.words}`;
  const positions = names.slice(0, read + 1);
  const text = () => logitsText(decomposition, [what], { positions, look });
  return deliver({ ...identity, ...decomposition }, text, delivery);
}

/** Makes the command. */
export function decomposeCommand(context: CommandContext): Command {
  const command = withModelOptions(
    new Command("decompose").description(
      "take an attention score, or the answers' logits, apart into what wrote them",
    ),
  )
    .requiredOption(
      "--length <n>",
      "draw the post's prompts: tokens in one copy (2 or more)",
      integer(2),
    )
    .option("--batch <n>", "number of drawn prompts", integer(1), POST_BATCH)
    .addOption(
      choice(
        "--of <what>",
        "score: how much more a head's query scores on one key than on another; logits: the answers' logit difference",
        ["score", "logits"],
      ).default("score"),
    )
    .option("--head <label>", "whose score (default: the head with the highest induction score)")
    .option("--query <position>", "from where: 10, 10:X2, or a label (default: where it is read)")
    .option("--keys <positions>", "on what less on what (default: B,D)", labelList)
    .option(
      "--both-ways",
      "less the same asked about D's sequence, halved: what favours a key however one asks cancels",
    )
    .addHelpText(
      "after",
      `
A score is a sum over pairs: what one source of the stream adds to the query times what another adds
to the key. Logits are a sum over sources, and of heads over the positions that they read. Both are
exact: LayerNorm's scale is that of the run. Sources are the embeddings, each earlier head, and biases.

Examples:
  $ lookback decompose --length 4 --both-ways
  $ lookback decompose --length 4 --of logits
  $ lookback decompose --length 3 --head L1H7 --query 8 --keys B,D
  $ lookback decompose --length 2 --keys 1:A,C --json --out score.json`,
    );
  return withCommonOptions(withBosOption(command), {
    seed: POST_SEED_HELP,
  }).action((options: DecomposeOptions) => runDecompose(options, context));
}
