/** @file `corpus.json`: what a packed corpus is, where it came from, and the hashes that it is known by. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { SkipReason } from "../../corpus/documents.ts";
import { LookbackError } from "../../errors.ts";
import { sha256 } from "../sha256.ts";
import { hasSystemCode } from "../system-error.ts";

/** Names of the files of a packed corpus. */
export const CORPUS_FILES = {
  manifest: "corpus.json",
  tokenizer: "tokenizer.json",
  train: "train.u16",
  heldOut: "held-out.u16",
} as const;

/** Raised whenever the same request would give other files. */
const FORMAT = 1;

/** How the system says that there is no such file. */
const NOT_THERE = ["ENOENT", "ENOTDIR"];

/** What was asked for, with nothing left open. */
export interface CorpusRequest {
  readonly sources: readonly string[];
  readonly extensions: readonly string[];
  readonly mostBytes: number;
  /** Tokens of the vocabulary to train, or the SHA-256 of the tokenizer that was given. */
  readonly vocabulary: number | string;
  readonly bos: number;
  readonly n_ctx: number;
  readonly heldOut: number;
}

/** One side of the split. */
export interface CorpusSplit {
  readonly documents: number;
  /** UTF-8 bytes of text. */
  readonly bytes: number;
  readonly tokens: number;
  /** Contexts of `n_ctx`. */
  readonly contexts: number;
}

/** What a packed corpus is. */
export interface CorpusManifest {
  readonly format: typeof FORMAT;
  readonly request: CorpusRequest;
  /** Files that were looked into. */
  readonly files: number;
  /** Documents, and UTF-8 bytes of their text, that came through. */
  readonly documents: number;
  readonly bytes: number;
  /** What did not come through, by reason. */
  readonly skipped: Partial<Record<SkipReason, number>>;
  /** Blocks of lines that were dropped as repeated, and their UTF-16 units. */
  readonly repeatedBlocks: { readonly blocks: number; readonly characters: number };
  /** Tokens of the vocabulary. */
  readonly vocabulary: number;
  readonly bos: number;
  readonly bytesPerToken: number;
  readonly train: CorpusSplit;
  readonly heldOut: CorpusSplit;
  /** SHA-256 of each file, by name. */
  readonly hashes: Readonly<Record<string, string>>;
  /** One hash of the tokens, the tokenizer and BOS: two corpora with the same train alike. */
  readonly hash: string;
}

/** The manifest with its format and its hash. */
export function sealManifest(manifest: Omit<CorpusManifest, "format" | "hash">): CorpusManifest {
  const { hashes, bos } = manifest;
  const { tokenizer, train, heldOut } = CORPUS_FILES;
  const parts = [tokenizer, train, heldOut].map((name) => hashes[name]);
  const hash = sha256([...parts, bos].join("\n"));
  return { format: FORMAT, ...manifest, hash };
}

/**
 * The manifest of the corpus in a folder, or undefined where there is no corpus.
 *
 * @throws LookbackError `bad-file` for one that this version cannot read.
 */
export async function readManifest(folder: string): Promise<CorpusManifest | undefined> {
  const path = join(folder, CORPUS_FILES.manifest);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (hasSystemCode(error, ...NOT_THERE)) return undefined;
    throw error;
  }
  let manifest: Partial<CorpusManifest>;
  try {
    manifest = JSON.parse(text);
  } catch (cause) {
    throw new LookbackError(
      "bad-file",
      `${path} is no JSON; remove the folder and run again`,
      {},
      { cause },
    );
  }
  if (manifest?.format !== FORMAT) {
    throw new LookbackError(
      "bad-file",
      `${path} is of format ${JSON.stringify(manifest?.format)} and this version reads ${FORMAT}; remove the folder and run again`,
      { path },
    );
  }
  return manifest as CorpusManifest;
}

/**
 * What differs between two requests, in words. Of sources only the names count: a folder that was moved,
 * or lies elsewhere on another machine, has the same texts.
 */
export function requestDifferences(there: CorpusRequest, here: CorpusRequest): string[] {
  const keys = Object.keys(here) as (keyof CorpusRequest)[];
  const compared = ({ sources, ...rest }: CorpusRequest): CorpusRequest => ({
    ...rest,
    sources: sources.map((source) => basename(source)),
  });
  const [was, is] = [compared(there), compared(here)];
  return keys
    .filter((key) => JSON.stringify(was[key]) !== JSON.stringify(is[key]))
    .map(
      (key) =>
        `${key} is ${JSON.stringify(there[key])} there and ${JSON.stringify(here[key])} here`,
    );
}

/**
 * Checks the files of a corpus against its manifest.
 *
 * @throws LookbackError `bad-file` for one that is missing or not as it was written.
 */
export async function checkCorpusFiles(folder: string, manifest: CorpusManifest): Promise<void> {
  for (const [name, expected] of Object.entries(manifest.hashes)) {
    const hash = createHash("sha256");
    const path = join(folder, name);
    const failed = (what: string, cause?: unknown) =>
      new LookbackError(
        "bad-file",
        `${path} ${what}; remove ${folder} and prepare the corpus again`,
        { path },
        { cause },
      );
    try {
      await pipeline(createReadStream(path), hash);
    } catch (cause) {
      throw failed("cannot be read", cause);
    }
    if (hash.digest("hex") !== expected) throw failed("is not as it was written");
  }
}
