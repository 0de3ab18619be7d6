/** @file What the command line gives to each of its commands. */

import type { ProgressLine } from "./progress.ts";

/** How a command hears of Ctrl-C, tells how far it has come, and what the user should know. */
export interface CommandContext {
  readonly signal: AbortSignal;
  readonly progress: ProgressLine;
  /** Says on stderr what does not keep the command from going on. */
  readonly warn: (message: string) => void;
  /** Says a line on stderr of a step of long work, where that is no terminal and shows no progress. */
  readonly tell: (line: string) => void;
}

/** A context for `--json`: nothing but the result is printed. */
export function quietFor(json: boolean | undefined, context: CommandContext): CommandContext {
  return json ? { ...context, tell: () => {} } : context;
}

/** What work is given to be stopped, and to show how far it has come. */
export function watched(
  { signal, progress }: CommandContext,
  label: string,
): {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
} {
  return { signal, onProgress: (done, total) => progress.show({ done, total, label }) };
}
