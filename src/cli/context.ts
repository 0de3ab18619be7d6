/** @file What the command line gives to each of its commands. */

import type { ProgressLine } from "./progress.ts";

/** How a command hears of Ctrl-C, tells how far it has come, and what the user should know. */
export interface CommandContext {
  readonly signal: AbortSignal;
  readonly progress: ProgressLine;
  /** Says on stderr what does not keep the command from going on. */
  readonly warn: (message: string) => void;
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
