/** @file The texts of one package: which of its files are taken, what comes of them, and its licence. */

import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, extname, join, matchesGlob, posix } from "node:path";
import { LookbackError } from "../../../src/errors.ts";
import { type CorpusPackage, type CorpusRecipe, titleOf } from "./recipe.ts";
import { type CorpusText, type LeftOut, textsOfFile } from "./texts.ts";

/** What was taken from a package, and what was not. */
export interface Taken {
  readonly files: number;
  readonly bytes: number;
  /** Bytes by extension. */
  readonly extensions: Readonly<Record<string, number>>;
  /** Files that the globs name, but that are no text for a corpus, by reason. */
  readonly leftOut: Readonly<Partial<Record<LeftOut | "too-large", number>>>;
}

/** Paths of all files under a folder, with `/`, sorted; links are passed over. */
async function filesUnder(folder: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (under: string): Promise<void> => {
    for (const entry of await readdir(join(folder, under), { withFileTypes: true })) {
      const path = posix.join(under, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  await walk("");
  return found.sort();
}

/** Says which paths are taken: what is included and not excluded, and what is included by its full name. */
function choiceOf(recipe: CorpusRecipe, one: CorpusPackage): (path: string) => boolean {
  const matches = (path: string, globs: readonly string[]) =>
    globs.some((glob) => matchesGlob(path, glob));
  const exclude = [...recipe.exclude, ...one.exclude];
  return (path) =>
    one.include.includes(path) || (matches(path, one.include) && !matches(path, exclude));
}

/** The folder that all that is included lies under, which then need not be in the corpus' paths. */
function commonFolder(include: readonly string[]): string {
  const folders = include.map((glob) => {
    const parts = glob.split("/");
    const wild = parts.findIndex((part) => /[*?[{]/.test(part));
    return parts.slice(0, wild === -1 ? -1 : wild);
  });
  const [first = []] = folders;
  const same = first.findIndex((part, i) => folders.some((folder) => folder[i] !== part));
  const common = first.slice(0, same === -1 ? first.length : same).join("/");
  return common === "" ? "" : `${common}/`;
}

/**
 * Writes a package's texts.
 *
 * @param unpacked what the archive held.
 * @param into a folder that is there and empty.
 * @throws LookbackError `bad-spec` where the globs name no file that makes a text, or two that make texts
 *   of one name; `bad-file` for a file that is not what its name says.
 */
export async function writeTexts(
  recipe: CorpusRecipe,
  one: CorpusPackage,
  unpacked: string,
  into: string,
): Promise<Taken> {
  const isTaken = choiceOf(recipe, one);
  const common = commonFolder(one.include);
  const mostBytes = one.mostBytes ?? recipe.mostBytes;
  const extensions: Record<string, number> = {};
  const leftOut: Partial<Record<LeftOut | "too-large", number>> = {};
  const sources = new Map<string, string>();
  let files = 0;
  let bytes = 0;
  for (const path of await filesUnder(unpacked)) {
    if (!isTaken(path)) continue;
    const place = join(unpacked, path);
    const texts =
      (await stat(place)).size > mostBytes
        ? "too-large"
        : textsOf(one, path, common.length, await readFile(place));
    if (typeof texts === "string") {
      leftOut[texts] = (leftOut[texts] ?? 0) + 1;
      continue;
    }
    for (const { name, text } of texts) {
      const target = join(into, name);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
        const other = sources.get(name) ?? "another file"; // where names are one but for capitals
        throw new LookbackError(
          "bad-spec",
          `${titleOf(one)}: ${other} and ${path} both make the text ${name}; exclude one of them`,
          { name, paths: [other, path] },
        );
      });
      sources.set(name, path);
      const size = Buffer.byteLength(text);
      const extension = extname(name);
      extensions[extension] = (extensions[extension] ?? 0) + size;
      files++;
      bytes += size;
    }
  }
  if (files > 0) return { files, bytes, extensions, leftOut };
  throw new LookbackError(
    "bad-spec",
    `${titleOf(one)}: no text came of it; its "include" names no file of the archive, or none that is text`,
    { leftOut },
  );
}

/** The texts of one file, with what went wrong said of the file. */
function textsOf(
  one: CorpusPackage,
  path: string,
  common: number,
  bytes: Uint8Array,
): CorpusText[] | LeftOut {
  try {
    return textsOfFile(path.slice(common), bytes, one.dropElements);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LookbackError(
      "bad-file",
      `${titleOf(one)}: ${path} is not what its name says (${reason}); exclude it`,
      { path },
      { cause },
    );
  }
}

/**
 * The licence texts of a package, one after the other.
 *
 * @throws LookbackError `bad-spec` for one that is not there.
 */
export async function licenceText(one: CorpusPackage, unpacked: string): Promise<string> {
  const heading = `${titleOf(one)}: ${one.licence}${one.note === undefined ? "" : `\n${one.note}`}`;
  const texts = await Promise.all(
    one.licenceFiles.map(async (path) => {
      const text = await readFile(join(unpacked, path), "utf8").catch(() => {
        throw new LookbackError("bad-spec", `${titleOf(one)} has no licence file ${path}`, {
          path,
        });
      });
      return `---- ${path}\n\n${text.trim()}\n`;
    }),
  );
  return [heading, ...texts].join("\n");
}
