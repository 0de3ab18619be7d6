/**
 * @file A packed corpus, opened to be read. Node cannot map a file into memory; contexts are read from
 * where they lie in it, a few hundred bytes each, and what is in the system's cache comes at the speed
 * of memory.
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type PackedTokens, packedTokens } from "../../corpus/pack.ts";
import { LookbackError } from "../../errors.ts";
import { CORPUS_FILES, type CorpusManifest, readManifest } from "./manifest.ts";

/** A corpus that is open. */
export interface OpenCorpus {
  readonly manifest: CorpusManifest;
  /** Parsed `tokenizer.json`, for `parseTokenizer`. */
  readonly tokenizer: unknown;
  readonly train: PackedTokens;
  readonly heldOut: PackedTokens;
  /** Closes both. */
  close(): void;
}

/**
 * Opens the corpus in a folder.
 *
 * @throws LookbackError `not-found` where there is none, `bad-file` when a file of it is missing or
 *   of another length than it was written.
 */
export async function openPackedTokens(folder: string): Promise<OpenCorpus> {
  const manifest = await readManifest(folder);
  if (manifest === undefined) {
    throw new LookbackError(
      "not-found",
      `there is no packed corpus in ${folder} (no ${CORPUS_FILES.manifest})`,
      { folder },
    );
  }
  const tokenizer = await readTokenizer(join(folder, CORPUS_FILES.tokenizer));
  const train = openTokenFile(
    join(folder, CORPUS_FILES.train),
    manifest.train.tokens,
    manifest.bos,
  );
  try {
    const path = join(folder, CORPUS_FILES.heldOut);
    const heldOut = openTokenFile(path, manifest.heldOut.tokens, manifest.bos);
    const close = () => {
      train.close();
      heldOut.close();
    };
    return { manifest, tokenizer, train, heldOut, close };
  } catch (error) {
    train.close();
    throw error;
  }
}

function damaged(path: string, what: string, cause?: unknown): LookbackError {
  const message = `${path} ${what}; prepare the corpus again`;
  return new LookbackError("bad-file", message, { path }, { cause });
}

async function readTokenizer(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw damaged(path, "cannot be read", cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(path, "is no JSON", cause);
  }
}

function openTokenFile(path: string, tokens: number, bos: number): PackedTokens {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    throw damaged(path, "cannot be opened", cause);
  }
  const { size } = fstatSync(file);
  if (size !== 2 * tokens) {
    closeSync(file);
    throw damaged(path, `has ${size} bytes instead of ${2 * tokens}`);
  }
  let open = true;
  const readTokens = (start: number, into: Uint16Array<ArrayBuffer>) => {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(file, bytes, done, bytes.length - done, 2 * start + done);
      if (read === 0) throw damaged(path, "has become shorter while it was read");
      done += read;
    }
  };
  return packedTokens(tokens, bos, readTokens, () => {
    if (open) closeSync(file);
    open = false;
  });
}
