/** @file The files of a corpus: what files and folders that a user names stand for, in a fixed order. */

import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { LookbackError } from "../../errors.ts";

/** What is read in folders unless other extensions are named. */
export const TEXT_EXTENSIONS: readonly string[] = [".txt", ".md", ".jsonl"];

/** A file to read. */
export interface SourceFile {
  readonly path: string;
  /** In bytes, as it lies there. */
  readonly size: number;
  readonly jsonLines: boolean;
  readonly gzip: boolean;
}

export interface ListSourcesOptions {
  /**
   * Extensions of the files to take from folders, such as `.py`; "" stands for files without one.
   * Compressed files (`.py.gz`) go with them. Default: {@link TEXT_EXTENSIONS}.
   */
  readonly extensions?: readonly string[] | undefined;
  /** Called for each file or folder that cannot be looked into. */
  readonly onUnreadable?: ((path: string) => void) | undefined;
}

/**
 * The files that sources stand for: a file is itself, whatever its extension; a folder is all files
 * under it with one of the extensions, sorted by name, folder by folder. What is hidden (`.git`), and
 * links, are passed over; a link that is itself a source is followed.
 *
 * @throws LookbackError `not-found` for a source that is not there, `bad-file` for one that is neither.
 */
export async function listSources(
  sources: readonly string[],
  options: ListSourcesOptions = {},
): Promise<SourceFile[]> {
  const extensions = new Set(options.extensions ?? TEXT_EXTENSIONS);
  const files: SourceFile[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) return options.onUnreadable?.(folder);
    // By UTF-16 units, so that the order does not hang on the reader's language.
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path);
      if (!entry.isFile() || !extensions.has(extensionOf(entry.name))) continue;
      const found = await lstat(path).catch(() => undefined);
      if (found === undefined) options.onUnreadable?.(path);
      else files.push(sourceFile(path, found.size));
    }
  };
  for (const source of sources) {
    const path = await realpath(source).catch(() => undefined);
    if (path === undefined) {
      throw new LookbackError("not-found", missingText(source), { path: source });
    }
    const found = await stat(path);
    if (found.isDirectory()) await walk(path);
    else if (found.isFile()) files.push(sourceFile(path, found.size));
    else {
      throw new LookbackError("bad-file", `${source} is neither a file nor a folder`, {
        path: source,
      });
    }
  }
  return files;
}

/** What to do where a source is missing: the corpora of our recipes are fetched, others are one's own. */
function missingText(source: string): string {
  const name = basename(source);
  const remedy =
    basename(dirname(source)) === "corpora"
      ? `fetch it with \`npx node recipes/fetch-corpus.ts recipes/corpora/${name}.json --out corpora/${name}\` (see recipes/corpora/README.md), or train on text of your own (see docs/training.md)`
      : 'a recipe names its texts as "corpus.sources", relative to its file (see docs/training.md)';
  return `there is no file or folder ${source} to make a corpus of; ${remedy}`;
}

function withoutGzip(name: string): string {
  return name.endsWith(".gz") ? name.slice(0, -".gz".length) : name;
}

function extensionOf(name: string): string {
  return extname(withoutGzip(name)).toLowerCase();
}

function sourceFile(path: string, size: number): SourceFile {
  const name = basename(path);
  return {
    path,
    size,
    jsonLines: extensionOf(name) === ".jsonl",
    gzip: name.endsWith(".gz"),
  };
}
