/**
 * @file The hub cache that Hugging Face's own tools share: `models--owner--name/blobs/<hash>` holds
 * the content, `snapshots/<commit>/<path>` links to it, `refs/main` says which commit is the newest.
 * What Python has downloaded is found here, and the other way round.
 */

import { randomBytes } from "node:crypto";
import {
  copyFile,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { getHFHubCachePath, getRepoFolderName } from "@huggingface/hub";
import { makeFolder } from "./make-folder.ts";

const BRANCH = "main";

/** The part of the hub cache that belongs to one repository. */
export interface RepositoryCache {
  /** The whole cache, for messages. */
  readonly root: string;
  blobPath(hash: string): string;
  snapshotPath(commit: string, path: string): string;
  /** The commit that was newest when the hub was last asked, or undefined if it never was. */
  newestCommit(): Promise<string | undefined>;
  setNewestCommit(commit: string): Promise<void>;
  /** Paths of the files that are there of a commit. */
  paths(commit: string): Promise<string[]>;
  /** Makes `path` of a commit stand for a blob, at once or not at all. */
  link(hash: string, commit: string, path: string): Promise<void>;
}

/**
 * The cache of a model repository, in `cacheDir` or where `HF_HUB_CACHE`, `HF_HOME` or
 * `XDG_CACHE_HOME` say; by default `~/.cache/huggingface/hub`.
 */
export function repositoryCache(id: string, cacheDir = getHFHubCachePath()): RepositoryCache {
  const home = join(cacheDir, getRepoFolderName({ type: "model", name: id }));
  const ref = join(home, "refs", BRANCH);
  const blobPath = (hash: string) => join(home, "blobs", hash);
  const snapshotPath = (commit: string, path: string) => join(home, "snapshots", commit, path);

  const newestCommit = async () => {
    const commit = await readFile(ref, "utf8").catch(() => "");
    return commit.trim() || undefined;
  };

  return {
    root: cacheDir,
    blobPath,
    snapshotPath,
    newestCommit,
    async setNewestCommit(commit) {
      // A cache that cannot be written still serves what is in it.
      if ((await newestCommit()) === commit) return;
      makeFolder(dirname(ref));
      await inPlace(ref, (temporary) => writeFile(temporary, commit));
    },
    async paths(commit) {
      const folder = snapshotPath(commit, "");
      const entries = await readdir(folder, { recursive: true }).catch(() => []);
      const files = await Promise.all(
        entries.map(async (entry) =>
          (await fileSize(join(folder, entry))) === undefined ? [] : entry,
        ),
      );
      return files.flat().map((path) => path.split(sep).join("/"));
    },
    async link(hash, commit, path) {
      const pointer = snapshotPath(commit, path);
      const blob = blobPath(hash);
      makeFolder(dirname(pointer));
      await inPlace(pointer, async (temporary) => {
        try {
          await symlink(relative(dirname(pointer), blob), temporary);
        } catch {
          await copyFile(blob, temporary); // Windows lets only some users make links
        }
      });
    },
  };
}

/** Size of a file in bytes, links followed; undefined where there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** Makes a file under a passing name and then gives it its own, in the place of an older one. */
async function inPlace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.new`;
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
