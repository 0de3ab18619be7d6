/**
 * @file Files that are whole or not there. `--out` is opened before the work starts, so that a path
 * that cannot be written costs no waiting; the bytes go to a temporary file beside the target, which
 * takes its name only when everything was written.
 */

import { randomBytes } from "node:crypto";
import { closeSync, openSync, realpathSync, rmSync, type Stats, statSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { makeFolder } from "../node/make-folder.ts";
import { UsageError } from "./usage-error.ts";

/** What goes into a file: text, or bytes in pieces that are written one behind the other. */
export type Content = string | readonly Uint8Array[];

/** A place that was found writable and waits for its content. */
export interface OutFile {
  readonly path: string;
  readonly write: (content: Content) => Promise<void>;
}

/** A folder that was found writable; its files appear together. */
export interface OutFolder {
  readonly path: string;
  /** Takes the content of each file by its path in the folder. */
  readonly write: (files: ReadonlyMap<string, Content>) => Promise<void>;
}

/** The error of a write that the system refused while the run was under way. */
export class WriteError extends Error {
  override readonly name = "WriteError";
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOENT: "the folder does not exist",
  ENOTDIR: "a part of the path is a file, not a folder",
  EISDIR: "it is a folder",
  ENAMETOOLONG: "the name is too long",
};

/** What the system's error says, in words where we have them. */
export function systemReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

/** Temporary files and folders not yet in place; whatever ends the process, they do not outlive it. */
const unfinished = new Set<string>();

process.on("exit", () => {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true });
});

function discard(path: string): void {
  rmSync(path, { recursive: true, force: true });
  unfinished.delete(path);
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** An empty file beside `target`, which proves that the folder takes files. */
function temporaryBeside(target: string): string {
  const path = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.part`);
  closeSync(openSync(path, "wx"));
  unfinished.add(path);
  return path;
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new WriteError(`could not write ${path}: ${systemReason(error)}`, { cause: error });
  }
}

function checking<T>(option: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot write ${option} ${path}: ${systemReason(error)}`, {
      cause: error,
    });
  }
}

/**
 * Checks that a file can be written at `path`. A device or a pipe (`/dev/stdout`) is written as it
 * is; a link is followed.
 *
 * @param option The option that named the path, for messages.
 * @throws UsageError when `path` is a folder, or its folder is missing or takes no files.
 */
export function openOutFile(path: string, option = "--out"): OutFile {
  return checking(option, path, () => {
    const present = statOf(path);
    if (present?.isDirectory()) {
      throw new UsageError(`cannot write ${option} ${path}: it is a folder; name a file in it`);
    }
    if (present !== undefined && !present.isFile()) {
      return { path, write: (content) => writing(path, () => writeFile(path, content)) };
    }
    const target = present === undefined ? resolve(path) : realpathSync(path);
    const temporary = temporaryBeside(target);
    return {
      path,
      write: (content) =>
        writing(path, async () => {
          try {
            await writeFile(temporary, content, { flush: true });
            await rename(temporary, target);
            unfinished.delete(temporary);
          } catch (error) {
            discard(temporary);
            throw error;
          }
        }),
    };
  });
}

/**
 * Checks that files can be written into the folder at `path`, which is made where it is missing and
 * goes again when nothing was written. Files of the same name in it are replaced, others left alone.
 *
 * @throws UsageError when `path` is a file, or the folder cannot be made or takes no files.
 */
export function openOutFolder(path: string): OutFolder {
  return checking("--out", path, () => {
    const present = statOf(path);
    if (present !== undefined && !present.isDirectory()) {
      throw new UsageError(`cannot write --out ${path}: it is a file; name a folder`);
    }
    // The folder goes again unless something was written into it.
    let empty = makeFolder(path);
    if (empty !== undefined) unfinished.add(empty);
    discard(temporaryBeside(join(path, "report")));
    return {
      path,
      write: (files) =>
        writing(path, async () => {
          const moves = new Map<string, string>();
          try {
            for (const [name, content] of files) {
              const target = join(path, name);
              makeFolder(dirname(target));
              const temporary = temporaryBeside(target);
              moves.set(temporary, target);
              await writeFile(temporary, content, { flush: true });
            }
            for (const [temporary, target] of moves) {
              await rename(temporary, target);
              unfinished.delete(temporary);
            }
            if (empty !== undefined) unfinished.delete(empty);
            empty = undefined;
          } catch (error) {
            for (const temporary of moves.keys()) discard(temporary);
            if (empty !== undefined) discard(empty);
            throw error;
          }
        }),
    };
  });
}

/** A folder in one that was found writable; it appears with what is written into it. */
export function folderIn(out: OutFolder, name: string): OutFolder {
  return {
    path: join(out.path, name),
    write: (files) =>
      out.write(new Map(Array.from(files, ([path, content]) => [join(name, path), content]))),
  };
}
