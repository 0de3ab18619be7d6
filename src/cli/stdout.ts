/** @file Writing the result to stdout, and what to do when the reader of the pipe has gone. */

import { systemReason, WriteError } from "./out-file.ts";

function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit();
}

/**
 * Ends the process quietly once the reader of stdout has gone (`lookback … | head -1`): nobody is
 * left to read on, and that is no failure. Other errors reach the writer that caused them.
 */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.off("error", endOnClosedPipe).on("error", endOnClosedPipe);
}

/**
 * Writes to stdout and waits until the system took it.
 *
 * @throws WriteError when it refused, for example a full disk behind `> file`.
 */
export function writeStdout(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error)
        reject(new WriteError(`could not write the result to stdout: ${systemReason(error)}`));
      else resolve();
    });
  });
}
