/**
 * @file A folder, with those above it that are missing. Node's own recursive `mkdir` never ends where
 * the system says ENOENT of a folder whose parent is there, as it does below /proc.
 */

import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Makes the folder where it is not there.
 *
 * @returns the first folder that was made, undefined where there was nothing to make.
 * @throws what the system says of the first folder that it does not let us make.
 */
export function makeFolder(path: string): string | undefined {
  const missing: string[] = [];
  for (let at = resolve(path); !isFolder(at) && dirname(at) !== at; at = dirname(at)) {
    missing.unshift(at);
  }
  const made: string[] = [];
  for (const folder of missing) {
    try {
      mkdirSync(folder);
      made.push(folder);
    } catch (error) {
      // Somebody else may have made it in the meantime.
      if (!isFolder(folder)) throw error;
    }
  }
  return made[0];
}
