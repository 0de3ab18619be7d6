/** @file The command that repeats a result, for its report. */

import type { Command } from "commander";
import { shellWord } from "../shell-word.ts";

/** What says where a result goes or how fast it comes, and does not change it. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(["json", "out", "threads"]);

/**
 * A command line with the arguments and options that were given, options in a fixed order.
 *
 * @param others values in place of those that were given, by option.
 */
export function repeatCommand(
  command: Command,
  others: Readonly<Record<string, unknown>> = {},
): string {
  const words = ["lookback", command.name(), ...command.args.map(shellWord)];
  for (const option of command.options) {
    const name = option.attributeName();
    const given = command.getOptionValueSource(name) === "cli";
    if (!given || WITHOUT_EFFECT.has(name)) continue;
    const long = option.long ?? "";
    const isFlag = !option.required && !option.optional;
    if (isFlag) {
      words.push(long);
      continue;
    }
    const value: unknown = others[name] ?? command.getOptionValue(name);
    const values = option.variadic && Array.isArray(value) ? value : [value];
    words.push(long, ...values.map((one) => shellWord(String(one))));
  }
  return words.join(" ");
}
