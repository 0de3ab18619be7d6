/** @file One process at a time on a run: a file with its number, void once that process has ended. */

import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { LookbackError } from "../../errors.ts";
import { runPath, unwritable } from "./run-files.ts";

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

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0); // signal 0 asks, and does nothing
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
