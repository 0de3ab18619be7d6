/** @file `lookback prompts`: draws prompts, so that other tools can be asked the same question. */

import { Command } from "commander";
import { patternPrompts } from "../../prompts/pattern-prompts.ts";
import { type Prompts, promptsJson } from "../../prompts/prompt.ts";
import { type RepeatedOrder, repeatedPrompts } from "../../prompts/repeated.ts";
import type { DrawSpec } from "../../prompts/spec.ts";
import { choice, integer } from "../arguments.ts";
import { bosToken } from "../bos.ts";
import type { CommandContext } from "../context.ts";
import { deliver, deliveryOf } from "../deliver.ts";
import { loadModel } from "../load-model.ts";
import { type CommonOptions, withBosOption, withCommonOptions } from "../options.ts";
import { PATTERN_HELP } from "../pattern-help.ts";
import { textTable } from "../text-table.ts";
import { UsageError } from "../usage-error.ts";

interface PromptsOptions extends CommonOptions {
  readonly length?: number;
  readonly pattern?: string;
  readonly batch: number;
  readonly seed: number;
  readonly vocab?: number;
  readonly bos?: number;
  readonly model?: string;
  readonly order?: RepeatedOrder;
  readonly distinct?: true;
}

const ROWS_SHOWN = 10;
const POST_SEED = 120; // of the post's table

/** The vocabulary of attn-only-2l, the post's model, whose BOS is 1; its relatives have 0. */
const POST_VOCAB = 48_262;

/** The vocabulary that is drawn from, and the token that opens each prompt. */
async function vocabulary(
  options: PromptsOptions,
  context: CommandContext,
): Promise<Pick<DrawSpec, "d_vocab" | "bos">> {
  if (options.vocab !== undefined) {
    if (options.model !== undefined) throw new UsageError("give --vocab or --model, not both");
    const bos = options.bos ?? (options.vocab === POST_VOCAB ? 1 : 0);
    return { d_vocab: options.vocab, bos };
  }
  const model = await loadModel(options.model, context);
  return { d_vocab: model.config.d_vocab, bos: bosToken(model, options.bos, context) };
}

function draw(options: PromptsOptions, spec: DrawSpec): Prompts {
  if (options.pattern !== undefined) {
    if (options.length !== undefined) throw new UsageError("give --length or --pattern, not both");
    if (options.order !== undefined) throw new UsageError("--order goes with --length only");
    return patternPrompts({ ...spec, pattern: options.pattern });
  }
  if (options.length === undefined) throw new UsageError("give --length <n> or --pattern <text>");
  const order = options.order === undefined ? {} : { order: options.order };
  return repeatedPrompts({ ...spec, ...order, length: options.length });
}

function promptsText({ tokens, labels, read, answers }: ReturnType<typeof promptsJson>): string {
  const rows = tokens.slice(0, ROWS_SHOWN).map((row) => row.map(String));
  const more = tokens.length - rows.length;
  const [first] = answers ?? [];
  return [
    textTable([...labels], rows),
    more > 0 ? `… and ${more} more; --json has them all\n` : "",
    `read at position ${read} (${labels[read]})`,
    first === undefined ? "\n" : `; in the first row ${first[0]} is right and ${first[1]} wrong\n`,
  ].join("");
}

/** Makes the command. */
export function promptsCommand(context: CommandContext): Command {
  const command = new Command("prompts")
    .description("draw the post's repeated sequences, or prompts of a pattern of your own")
    .option("--length <n>", "tokens in one copy: A, X's and B (2 or more)", integer(2))
    .option(
      "--pattern <text>",
      'instead of --length, for example "BOS A X*3 B C X*3 D A X*3 ? B D"',
    )
    .option("--batch <n>", "number of prompts", integer(1), 10)
    .option("--vocab <n>", "draw from this many tokens", integer(2))
    .option("--model <name>", "draw from the vocabulary of this model (default: the bundled one)")
    .addOption(
      choice("--order <order>", "which of A X B and C X D comes first", [
        "first-second",
        "second-first",
      ]),
    )
    .option("--distinct", "no token twice among the random ones of a prompt")
    .addHelpText(
      "after",
      `${PATTERN_HELP}
Example: the 4000 prompts of the post's table, length 3
  $ lookback prompts --length 3 --batch 4000 --seed 120 --vocab 48262 --json`,
    );
  const bos = `the model's; with --vocab 0, or 1 with the post's ${POST_VOCAB}`;
  return withCommonOptions(withBosOption(command, bos), {
    seed: `seed of the Mersenne Twister (default: ${POST_SEED}, as the post's table)`,
    out: "write the prompts to this file, as JSON",
  }).action(async (given: PromptsOptions) => {
    const options = { ...given, seed: given.seed ?? POST_SEED };
    const delivery = deliveryOf(options);
    const spec: DrawSpec = {
      ...(await vocabulary(options, context)),
      batch: options.batch,
      seed: options.seed,
      distinct: options.distinct ?? false,
    };
    const result = { spec, ...promptsJson(draw(options, spec)) };
    await deliver(result, () => promptsText(result), delivery);
  });
}
