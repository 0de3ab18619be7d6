/**
 * @file Models of the Hugging Face hub, through the cache that its own tools use. The hub is asked
 * what is newest; where it cannot be reached, the cached copy serves.
 */

import { downloadFile, HUB_URL, type ListFileEntry, listFiles, modelInfo } from "@huggingface/hub";
import { LookbackError } from "../errors.ts";
import { fileSize, type RepositoryCache, repositoryCache } from "./hub-cache.ts";
import { download, type ExpectedContent } from "./hub-download.ts";
import { hubError, isOffline, offlineError, unwritableError } from "./hub-errors.ts";
import { isSystemError } from "./system-error.ts";

/** How far a download has come, in bytes. */
export interface DownloadProgress {
  readonly done: number;
  readonly total: number;
  /** Which file, as `owner/name/path`. */
  readonly label: string;
}

export interface HubOptions {
  /** Folder of the hub cache. Default: where `HF_HUB_CACHE`, `HF_HOME` say, or `~/.cache/huggingface/hub`. */
  readonly cacheDir?: string | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A model repository at one commit: what there is, and a way to have it on the disk. */
export interface HubRepository {
  readonly id: string;
  readonly paths: readonly string[];
  /** Local path of a file, which is downloaded first if the cache does not have it. */
  fetch(path: string): Promise<string>;
}

const METADATA_TIMEOUT_MS = 10_000; // as Hugging Face's own tools; downloads may take longer

/**
 * Opens a model repository of the hub. `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE` are honoured.
 *
 * @throws LookbackError `not-found` when there is no such repository or file; `unauthorised` when it
 *   may not be read; `offline` when the hub is out of reach and the cache has no copy; `bad-file`
 *   when a download does not match its hash; `unwritable` when the cache cannot be written;
 *   `cancelled`.
 */
export async function openRepository(id: string, options: HubOptions = {}): Promise<HubRepository> {
  const cache = repositoryCache(id, options.cacheDir);
  if (isSet(process.env.HF_HUB_OFFLINE)) {
    return cachedRepository(id, cache, offlineError("HF_HUB_OFFLINE is set"));
  }
  try {
    return await remoteRepository(id, cache, options);
  } catch (error) {
    if (isOffline(error)) return cachedRepository(id, cache, error);
    throw error;
  }
}

/** Paths of the files that the cache has of a repository's newest known commit. */
export async function cachedPaths(id: string, cacheDir?: string): Promise<string[]> {
  const cache = repositoryCache(id, cacheDir);
  const commit = await cache.newestCommit();
  return commit === undefined ? [] : cache.paths(commit);
}

async function remoteRepository(
  id: string,
  cache: RepositoryCache,
  { signal, onProgress }: HubOptions,
): Promise<HubRepository> {
  const endpoint = (process.env.HF_ENDPOINT || HUB_URL).replace(/\/+$/, "");
  const request = { id, endpoint, signal };
  const access = { repo: { type: "model", name: id }, hubUrl: endpoint, ...credentials() } as const;

  const { commit, entries } = await asking(request, async () => {
    const metadata = { ...access, fetch: fetchWith(signal, METADATA_TIMEOUT_MS) };
    const { sha } = await modelInfo({ ...metadata, name: id, additionalFields: ["sha"] });
    checkHash(sha, endpoint);
    const entries = new Map<string, ListFileEntry>();
    for await (const entry of listFiles({ ...metadata, revision: sha, recursive: true })) {
      if (entry.type === "file") entries.set(entry.path, entry);
    }
    return { commit: sha, entries };
  });

  const source = (path: string) =>
    asking(request, async () => {
      // Without Xet: its chunks come from many places and cannot be taken up where they broke off.
      const file = await downloadFile({
        ...access,
        path,
        revision: commit,
        fetch: fetchWith(signal),
        xet: false,
      });
      if (file === null) throw noSuchFile(id, path, endpoint);
      return file;
    });

  return {
    id,
    paths: [...entries.keys()],
    async fetch(path) {
      const entry = entries.get(path);
      if (entry === undefined) throw noSuchFile(id, path, endpoint);
      checkPath(path, id);
      const expected = expectedContent(entry, endpoint);
      const pointer = cache.snapshotPath(commit, path);
      if ((await fileSize(pointer)) === expected.size) return pointer;
      const target = cache.blobPath(expected.hash);
      const label = `${id}/${path}`;
      const onBytes = (done: number) => onProgress?.({ done, total: expected.size, label });
      try {
        if ((await fileSize(target)) !== expected.size) {
          await download({ label, source: () => source(path), expected, target, signal, onBytes });
        }
        await cache.link(expected.hash, commit, path);
        await cache.setNewestCommit(commit);
      } catch (error) {
        throw isSystemError(error) ? unwritableError(error, cache.root) : error;
      }
      return pointer;
    },
  };
}

async function cachedRepository(
  id: string,
  cache: RepositoryCache,
  reason: LookbackError,
): Promise<HubRepository> {
  const lacks = (what: string) =>
    offlineError(
      `${reason.message}, and the hub cache ${cache.root}, from which a copy would be used, has no ${what} of "${id}"; connect once to download it, or give the path of a folder that has the model`,
      reason,
    );
  const commit = await cache.newestCommit();
  const paths = commit === undefined ? [] : await cache.paths(commit);
  if (commit === undefined || paths.length === 0) throw lacks("copy");
  return {
    id,
    paths,
    async fetch(path) {
      if (!paths.includes(path)) throw lacks(path);
      return cache.snapshotPath(commit, path);
    },
  };
}

async function asking<T>(
  request: Parameters<typeof hubError>[1],
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw hubError(error, request);
  }
}

function fetchWith(signal: AbortSignal | undefined, timeout?: number): typeof fetch {
  return (input, init) => {
    const signals = timeout === undefined ? [] : [AbortSignal.timeout(timeout)];
    if (signal !== undefined) signals.push(signal);
    return fetch(input, { ...init, signal: AbortSignal.any(signals) });
  };
}

function credentials(): { accessToken: string } | Record<string, never> {
  const accessToken = process.env.HF_TOKEN?.trim() ?? "";
  if (accessToken === "") return {};
  if (!accessToken.startsWith("hf_")) {
    throw new LookbackError(
      "unauthorised",
      "HF_TOKEN is no token of the hub: those begin with hf_",
    );
  }
  return { accessToken };
}

/** As Hugging Face's own tools read such variables. */
function isSet(variable: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(variable ?? "");
}

function expectedContent(entry: ListFileEntry, endpoint: string): ExpectedContent {
  const { lfs, oid } = entry;
  const hash = checkHash(lfs?.oid ?? oid, endpoint);
  if (lfs !== undefined) return { size: lfs.size, algorithm: "sha256", hash };
  return { size: entry.size, algorithm: "git", hash };
}

/** Hashes become file names, so they must be nothing but hashes. */
function checkHash(hash: string | undefined, endpoint: string): string {
  if (hash !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) return hash;
  throw new LookbackError(
    "unsafe-file",
    `${endpoint} listed ${JSON.stringify(hash) ?? "nothing"} where a hash belongs; nothing was written`,
  );
}

/** A path of the repository becomes one on our disk, so it must stay inside of its folder. */
function checkPath(path: string, id: string): void {
  const parts = path.split("/");
  if (parts.every((part) => part !== "" && part !== "." && part !== ".." && !/[\\:]/.test(part))) {
    return;
  }
  throw new LookbackError(
    "unsafe-file",
    `"${id}" names a file ${JSON.stringify(path)}, which would be written outside of the hub cache; nothing was written`,
    { path },
  );
}

function noSuchFile(id: string, path: string, endpoint: string): LookbackError {
  return new LookbackError("not-found", `"${id}" at ${endpoint} has no file ${path}`, { id, path });
}
