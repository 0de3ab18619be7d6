/** @file What the exit code of the command says, and which errors are whose fault. */

import type { ErrorCode } from "../errors.ts";

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** What a shell shows for a process that the signal ended: 128 and the signal's number. */
export const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The errors that say that the arguments were wrong: asking again in the same way can never work.
 * All others (a damaged file, a hub out of reach, a full disk, no more memory) are failures of the run.
 */
const ARGUMENT_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "unknown-hook",
  "unused-hook",
  "unknown-head",
  "unknown-layer",
  "unknown-model",
  "unknown-token",
  "token-out-of-range",
  "sequence-too-long",
  "bad-shape",
  "bad-pattern",
  "bad-spec",
  "not-found",
]);

/** The exit code that an error of this code ends the command with. */
export function exitCodeOf(code: ErrorCode): number {
  return ARGUMENT_FAULTS.has(code) ? EXIT.usage : EXIT.failed;
}
