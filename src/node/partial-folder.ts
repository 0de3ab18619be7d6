/**
 * @file A folder that is whole or not there: it is filled under another name beside its place, and
 * takes its name when everything is on the disk.
 */

import { closeSync, fsyncSync, openSync, readdirSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { isAlive } from "./process-alive.ts";

/** A folder that is being filled. */
export interface PartialFolder {
  readonly path: string;
  /** Gives the folder its name. */
  finish(): Promise<void>;
  /** Ends the work, finished or not: what has no name by then is removed. */
  end(): Promise<void>;
}

/** Folders of this process that are being filled. */
const underWay = new Set<string>();

/** Of a folder by the name under which it is filled: what it is to be called, and by which process. */
export function unfinishedFolder(
  entry: string,
): { readonly name: string; readonly pid: number } | undefined {
  const [, name, pid] = /^\.(.+)\.(\d+)\.incomplete$/.exec(entry) ?? [];
  return name === undefined ? undefined : { name, pid: Number(pid) };
}

/** Begins a folder that is to be at `target`; what runs that were killed left of one is removed. */
export async function beginFolder(target: string): Promise<PartialFolder> {
  const place = resolve(target);
  const parent = dirname(place);
  makeFolder(parent);
  for (const entry of await readdir(parent)) {
    const left = unfinishedFolder(entry);
    const found = join(parent, entry);
    if (left?.name !== basename(place) || underWay.has(found)) continue;
    // Where processes live in containers, ours may have the number of the one that was killed.
    if (left.pid !== process.pid && isAlive(left.pid)) continue;
    await rm(found, { recursive: true, force: true });
  }
  const path = join(parent, `.${basename(place)}.${process.pid}.incomplete`);
  await mkdir(path);
  underWay.add(path);
  let finished = false;
  return {
    path,
    async finish() {
      for (const file of readdirSync(path)) flush(join(path, file));
      // An empty folder may be there already; where it is not empty, renaming fails and says so.
      await rmdir(place).catch(() => {});
      await rename(path, place);
      finished = true;
    },
    async end() {
      if (!finished) await rm(path, { recursive: true, force: true });
      underWay.delete(path);
    },
  };
}

/** Waits until a file is on the disk. */
function flush(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
