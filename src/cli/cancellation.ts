/** @file Ctrl-C as an AbortSignal, so that work stops between its chunks and cleans up after itself. */

import { EXIT_OF_SIGNAL } from "./exit-codes.ts";

/** Watches for SIGINT and SIGTERM. */
export interface Cancellation {
  readonly signal: AbortSignal;
  /** The exit code that the caught signal calls for, or undefined while none was caught. */
  readonly exitCode: () => number | undefined;
}

/**
 * Turns the first SIGINT or SIGTERM into an abort. A second one ends the process at once: half
 * written files are removed by the exit handler of `out-file.ts` even then.
 */
export function watchForCancellation(): Cancellation {
  const controller = new AbortController();
  let exitCode: number | undefined;
  for (const [name, code] of Object.entries(EXIT_OF_SIGNAL)) {
    process.on(name, () => {
      if (exitCode !== undefined) process.exit(code);
      exitCode = code;
      if (process.stderr.isTTY) {
        process.stderr.write(
          "\nstopping; once more ends at once, and what is not written is lost\n",
        );
      }
      controller.abort();
    });
  }
  return { signal: controller.signal, exitCode: () => exitCode };
}
