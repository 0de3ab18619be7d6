/**
 * @file Half-downloaded files. Each download writes a file of its own, so that two at once (in one
 * process or several) never write into the same; and takes over what a download that has ended
 * without finishing left, so that nothing is fetched twice.
 */

import { readdir, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { fileSize } from "./hub-cache.ts";
import { makeFolder } from "./make-folder.ts";
import { isAlive } from "./process-alive.ts";

const SUFFIX = ".incomplete"; // as Hugging Face's own tools name them, which then also clean them up

/** Names of this thread's downloads that are under way. */
const underWay = new Set<string>();
let started = 0;

/** A half-downloaded file that nobody else writes. */
export interface PartialFile {
  readonly path: string;
  /** Ends the claim; what is in the file stays for the next download, unless it was moved away. */
  release(): void;
}

/** Claims what there is of `target`, or the name of a file that is yet to be made. */
export async function claimPartial(target: string): Promise<PartialFile> {
  const folder = dirname(target);
  makeFolder(folder);
  const prefix = `${basename(target)}.`;
  const name = `${prefix}${owner()}.${started++}${SUFFIX}`;
  const path = join(folder, name);
  underWay.add(name);

  const [largest, ...others] = await abandonedParts(folder, prefix);
  // Of two that want the same file, one renames it and the other finds it gone.
  if (largest !== undefined) await rename(largest, path).catch(() => {});
  for (const other of others) await rm(other, { force: true });
  return { path, release: () => underWay.delete(name) };
}

/** What downloads that are over left in a folder, the largest first. */
async function abandonedParts(folder: string, prefix: string): Promise<string[]> {
  const names = await readdir(folder);
  const paths = names
    .filter((name) => name.startsWith(prefix) && isAbandoned(name))
    .map((name) => join(folder, name));
  const parts = await Promise.all(
    paths.map(async (path) => ({ path, size: (await fileSize(path)) ?? 0 })),
  );
  return parts.sort((a, b) => b.size - a.size).map(({ path }) => path);
}

function owner(): string {
  return `${hostname().replaceAll(/[^\w-]/g, "-")}.${process.pid}.${threadId}`;
}

/** Whether the download that wrote this file is over: its process has ended, or it was ours. */
function isAbandoned(name: string): boolean {
  const parts = /\.([\w-]+)\.(\d+)\.(\d+)\.\d+\.incomplete$/.exec(name);
  if (parts === null) return false;
  const [, host, pid, thread] = parts;
  const mine = owner().split(".");
  if (host !== mine[0]) return false;
  if (Number(pid) !== process.pid) return !isAlive(Number(pid));
  return Number(thread) === threadId && !underWay.has(name);
}
