/** @file One process at a time on a run: a file with its number, void once that process has ended. */

import { linkSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { LookbackError } from "../../errors.ts";
import { isAlive } from "../process-alive.ts";
import { hasSystemCode } from "../system-error.ts";
import { runPath, unwritable } from "./run-files.ts";

/** Runs that this process has, by the real paths of their folders. */
const held = new Set<string>();

/** Whether a process is at work on a run. */
export function isTraining(run: string): boolean {
  const owner = ownerOf(runPath(run, "lock"));
  return owner !== undefined && isAlive(owner);
}

/**
 * Takes the run for this process; the function that is returned lets it go.
 *
 * @throws LookbackError `bad-spec` while a process has it, be it this one; `unwritable`.
 */
export function lockRun(run: string): () => void {
  const path = runPath(run, "lock");
  try {
    const place = realpathSync(run);
    if (held.has(place)) throw taken(run, process.pid);
    while (!putLock(path)) {
      const owner = ownerOf(path);
      if (owner === undefined) continue; // it was let go meanwhile
      // Where processes live in containers, ours may have the number of one that was killed.
      if (owner !== process.pid && isAlive(owner)) throw taken(run, owner);
      removeStale(path, owner);
    }
    held.add(place);
    const release = () => {
      held.delete(place);
      if (ownerOf(path) === process.pid) rmSync(path, { force: true });
    };
    process.once("exit", release);
    return () => {
      process.off("exit", release);
      release();
    };
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** The process that a lock names, 0 for what is no number of one; undefined where there is no lock. */
function ownerOf(path: string): number | undefined {
  try {
    const owner = Number(readFileSync(path, "utf8"));
    // Not NaN, which is not equal to itself: a lock that is not known again would never be removed.
    return Number.isInteger(owner) && owner >= 1 ? owner : 0;
  } catch (error) {
    if (hasSystemCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Puts a lock of this process in its place; false where one is there already. */
function putLock(path: string): boolean {
  const own = besides(path, "new");
  const content = String(process.pid);
  try {
    writeFileSync(own, content);
    try {
      linkSync(own, path); // so that nobody finds it empty
    } catch (error) {
      if (hasSystemCode(error, "EEXIST")) throw error;
      writeFileSync(path, content, { flag: "wx" }); // not every file system has links
    }
    return true;
  } catch (error) {
    if (hasSystemCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Removes the lock of a process that was killed. */
function removeStale(path: string, owner: number): void {
  const aside = besides(path, "old");
  try {
    renameSync(path, aside); // of two that find it, one gets it
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return;
    throw error;
  }
  // Where the other was done in between, this is its lock and goes back.
  if (ownerOf(aside) === owner) rmSync(aside);
  else renameSync(aside, path);
}

/** A name for this process alone, hidden, since a run is begun in a folder without other files. */
function besides(path: string, what: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.${what}`);
}

function taken(run: string, owner: number): LookbackError {
  const lock = runPath(run, "lock");
  return new LookbackError(
    "bad-spec",
    `process ${owner} is training ${run} already; wait for it or stop it. If that process is another one, and no training of this run is under way, remove ${lock}`,
    { run, process: owner, lock },
  );
}
