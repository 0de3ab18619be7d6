/** @file One process at a time on a run: a file with its number, void once that process has ended. */

import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { LookbackError } from "../../errors.ts";
import { isAlive } from "../process-alive.ts";
import { runPath, unwritable } from "./run-files.ts";

/** Whether a process is at work on a run. */
export function isTraining(run: string): boolean {
  const path = runPath(run, "lock");
  return existsSync(path) && isAlive(Number(readFileSync(path, "utf8")));
}

/**
 * Takes the run for this process; the function that is returned lets it go.
 *
 * @throws LookbackError `bad-spec` while another process has it.
 */
export function lockRun(run: string): () => void {
  const path = runPath(run, "lock");
  for (;;) {
    try {
      const file = openSync(path, "wx");
      writeSync(file, String(process.pid));
      closeSync(file);
      const release = () => rmSync(path, { force: true });
      process.once("exit", release);
      return () => {
        process.off("exit", release);
        release();
      };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
        throw unwritable(path, error);
      }
      const owner = Number(readFileSync(path, "utf8"));
      if (owner !== process.pid && isAlive(owner)) {
        throw new LookbackError(
          "bad-spec",
          `process ${owner} is training ${run} already; wait for it or stop it (its lock is ${path})`,
          { run, process: owner },
        );
      }
      rmSync(path, { force: true }); // that process was killed
    }
  }
}
