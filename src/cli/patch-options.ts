/** @file The options of commands that compare two batches of prompts, the same everywhere. */

import type { Command } from "commander";
import type { PatchDirection } from "../interventions/pair.ts";
import { choice, impliedChoice, integer } from "./arguments.ts";

/** Of the post's figure 5. */
export const POST_SEED = 110;
export const POST_BATCH = 400;

/** What `--seed` says where prompts are drawn as those of the post's figure 5. */
export const POST_SEED_HELP = `seed of the drawn prompts (default: ${POST_SEED}, as the post's figure 5)`;

/** What goes where, by direction. */
export const DIRECTION_WORDS: Readonly<Record<PatchDirection, string>> = {
  denoise: "clean into corrupted",
  noise: "corrupted into clean",
};

/** Adds the options that draw prompts that pair up, or read them from files. */
export function withPatchPromptOptions(command: Command): Command {
  return command
    .option("--length <n>", "draw the post's prompts: tokens in one copy (2 or more)", integer(2))
    .option("--batch <n>", `number of drawn prompts (default: ${POST_BATCH})`, integer(1))
    .addOption(
      impliedChoice(
        "--side <side>",
        "what is corrupted of drawn prompts: query, the A that opens the last copy becomes C, as in the post; keys, the A's and C's of the earlier copies trade places",
        ["query", "keys"],
        "query",
      ),
    )
    .option("--clean <file>", "instead of --length: JSON rows of token ids")
    .option("--corrupted <file>", "the same prompts with something changed")
    .option("--answers <file>", "JSON rows [right, wrong], read at the last position");
}

/** Adds the option that says which run goes into which. */
export function withDirectionOption(command: Command): Command {
  return command.addOption(
    choice(
      "--direction <direction>",
      `denoise: ${DIRECTION_WORDS.denoise}; noise: ${DIRECTION_WORDS.noise}`,
      ["denoise", "noise"],
    ).default("denoise"),
  );
}
