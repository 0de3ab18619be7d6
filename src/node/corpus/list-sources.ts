/** @file The files of a corpus: what files and folders that a user names stand for, in a fixed order. */

import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { LookbackError } from "../../errors.ts";
import { missingSourceText } from "./missing-source.ts";

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
  /** Called for each link in a folder that stands for texts. */
  readonly onLink?: ((path: string) => void) | undefined;
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
  const isText = (path: string) => extensions.has(extensionOf(basename(path)));
  const standsForText = async (link: string): Promise<boolean> => {
    const target = await stat(link).catch(() => undefined); // undefined where it points nowhere
    if (target === undefined) return false;
    return target.isDirectory() || (target.isFile() && isText(link));
  };
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) return options.onUnreadable?.(folder);
    // By UTF-16 units, so that the order does not hang on the reader's language.
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path);
      if (entry.isSymbolicLink() && (await standsForText(path))) options.onLink?.(path);
      if (!entry.isFile() || !isText(path)) continue;
      const found = await lstat(path).catch(() => undefined);
      if (found === undefined) options.onUnreadable?.(path);
      else files.push(sourceFile(path, found.size));
    }
  };
  for (const source of sources) {
    const path = await realpath(source).catch(() => undefined);
    if (path === undefined) {
      throw new LookbackError("not-found", missingSourceText(source), { path: source });
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
