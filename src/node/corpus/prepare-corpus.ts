/**
 * @file Files in, packed corpus out: documents are read, judged and deduplicated; words are counted and
 * BPE is trained on them; documents are encoded into two streams of tokens. The folder is there when
 * all of it is.
 */

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { LookbackError, throwIfCancelled } from "../../errors.ts";
import { DEFAULT_RECIPE, MOST_TEXT_BYTES } from "../../training/recipe.ts";
import { beginFolder } from "../partial-folder.ts";
import { sha256 } from "../sha256.ts";
import { hasSystemCode, isSystemError } from "../system-error.ts";
import type { CorpusWatch } from "./corpus-progress.ts";
import { fillCorpus, type GivenTokenizer } from "./fill-corpus.ts";
import { TEXT_EXTENSIONS } from "./list-sources.ts";
import {
  CORPUS_FILES,
  type CorpusManifest,
  type CorpusRequest,
  checkCorpusFiles,
  readManifest,
  requestDifferences,
} from "./manifest.ts";

export interface PrepareCorpusOptions extends CorpusWatch {
  /** Files and folders. */
  readonly sources: readonly string[];
  /** See `listSources`. Default: `.txt`, `.md`, `.jsonl`. */
  readonly extensions?: readonly string[] | null | undefined;
  /** Files of more bytes are skipped. Default: 4 MB. */
  readonly mostBytes?: number | undefined;
  /** Tokens of the vocabulary to train. Default: 4096. */
  readonly vocabulary?: number | undefined;
  /** Path of a `tokenizer.json` to use; then none is trained. */
  readonly tokenizer?: string | undefined;
  /** Id of BOS in a tokenizer that is given. Default: 0. */
  readonly bos?: number | undefined;
  /** Tokens of a context, BOS included. */
  readonly n_ctx: number;
  /** Share of the documents to hold out. Default: that of recipes, 0.005. */
  readonly heldOut?: number | undefined;
  /** The folder to make. */
  readonly out: string;
  /** Told of a corpus that was packed earlier, which is known by what was asked for and not by its texts. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Prepares a corpus, or finds it prepared: where `out` holds one of the same request, it is checked
 * and used as it is, even if the sources have changed since, or moved with their names kept.
 *
 * @throws LookbackError `bad-spec` for options that cannot be, for sources with too little text and
 *   where `out` holds something else; `not-found` for a source that is not there; `cancelled`; and what
 *   a given tokenizer is refused with.
 *
 * @example
 * const manifest = await prepareCorpus({ sources: ["docs"], n_ctx: 256, out: "runs/x/corpus" });
 */
export async function prepareCorpus(options: PrepareCorpusOptions): Promise<CorpusManifest> {
  const { out, signal } = options;
  const given = await readTokenizer(options);
  const request = completeRequest(options, given);
  const found = await findPrepared(out, request);
  if (found !== undefined) {
    options.onWarning?.(await reuseText(out, found, request));
    return found;
  }
  throwIfCancelled(signal);
  try {
    const folder = await beginFolder(out);
    try {
      const manifest = await fillCorpus(folder.path, request, { ...options, given });
      try {
        await folder.finish();
      } catch (error) {
        // Two commands may have prepared it at once; the other was done first.
        const theirs = await findPrepared(out, request);
        if (theirs === undefined) throw error;
        return theirs;
      }
      return manifest;
    } finally {
      await folder.end();
    }
  } catch (error) {
    throw isSystemError(error) ? unwritable(out, error) : error;
  }
}

/** That a corpus is an earlier one, of when and of what, and how to have another. */
async function reuseText(
  out: string,
  { request: { sources } }: CorpusManifest,
  asked: CorpusRequest,
): Promise<string> {
  const { mtime } = await stat(join(out, CORPUS_FILES.manifest));
  const when = mtime.toISOString().slice(0, 16).replace("T", " ");
  const isMoved = JSON.stringify(sources) !== JSON.stringify(asked.sources);
  const from = isMoved ? `${sources.join(", ")}, not ${asked.sources.join(", ")},` : "its texts";
  return `the corpus in ${out} was packed at ${when} UTC from ${from} as they were then, and is used as it is; to pack them anew, remove it or name another folder`;
}

/** The corpus in a folder, checked; undefined where the folder is free for one. */
async function findPrepared(
  out: string,
  request: CorpusRequest,
): Promise<CorpusManifest | undefined> {
  const found = await readManifest(out);
  if (found === undefined) {
    await checkFree(out);
    return undefined;
  }
  checkSameRequest(out, found.request, request);
  await checkCorpusFiles(out, found);
  return found;
}

async function readTokenizer(options: PrepareCorpusOptions): Promise<GivenTokenizer | undefined> {
  const { tokenizer: path, bos = 0 } = options;
  if (path === undefined) return undefined;
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new LookbackError("not-found", `cannot read the tokenizer ${path}`, { path }, { cause });
  });
  try {
    return { json: JSON.parse(text) as unknown, text, hash: sha256(text), bos };
  } catch (cause) {
    throw new LookbackError("bad-file", `the tokenizer ${path} is no JSON`, { path }, { cause });
  }
}

/** The request with every default filled in, after checking it. */
function completeRequest(
  options: PrepareCorpusOptions,
  given: GivenTokenizer | undefined,
): CorpusRequest {
  const defaults = DEFAULT_RECIPE.corpus;
  const { sources, n_ctx, heldOut = defaults.heldOut, mostBytes = defaults.mostBytes } = options;
  const extensions = options.extensions ?? TEXT_EXTENSIONS;
  const bad = (message: string) => new LookbackError("bad-spec", `corpus: ${message}`);
  if (sources.length === 0) throw bad("name at least one file or folder in sources");
  for (const extension of extensions) {
    if (extension === "" || extension.startsWith(".")) continue;
    throw bad(`the extension ${JSON.stringify(extension)} must begin with a dot`);
  }
  if (!(Number.isInteger(n_ctx) && n_ctx >= 2)) {
    throw bad(`n_ctx must be a whole number of 2 or more, not ${n_ctx}`);
  }
  if (!(heldOut > 0 && heldOut <= 0.5)) {
    throw bad(`heldOut must be a share above 0 and up to 0.5, not ${heldOut}`);
  }
  if (!(mostBytes > 0 && mostBytes <= MOST_TEXT_BYTES)) {
    throw bad(
      `mostBytes must be above 0 and up to ${MOST_TEXT_BYTES}, not ${mostBytes}; put longer texts into JSON lines, or into several files`,
    );
  }
  if (given !== undefined && options.vocabulary !== undefined) {
    throw bad("a tokenizer that is given has its own vocabulary; leave out one of the two");
  }
  return {
    sources: [...sources],
    extensions: extensions.map((extension) => extension.toLowerCase()),
    mostBytes,
    vocabulary: given?.hash ?? options.vocabulary ?? defaults.vocabulary,
    bos: given?.bos ?? 0,
    n_ctx,
    heldOut,
  };
}

function checkSameRequest(out: string, there: CorpusRequest, here: CorpusRequest): void {
  const differs = requestDifferences(there, here);
  if (differs.length === 0) return;
  throw new LookbackError(
    "bad-spec",
    `${out} holds a corpus of another request: ${differs.join("; ")}. Name another folder, or remove this one`,
    { out, differs },
  );
}

/** A corpus takes the place of nothing but an empty folder. */
async function checkFree(out: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(out);
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return;
    throw unwritable(out, error);
  }
  if (names.length === 0) return;
  throw new LookbackError(
    "bad-spec",
    `${out} is not empty and holds no corpus; name a folder that is yet to be made`,
    { out },
  );
}

function unwritable(out: string, cause: unknown): LookbackError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LookbackError("unwritable", `could not make ${out}: ${reason}`, { out }, { cause });
}
