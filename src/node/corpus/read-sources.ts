/** @file The documents in files, one after the other, whatever the files are. */

import { createReadStream, readFileSync } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { judgeBytes, judgeText, type SkipReason, textOfJsonLine } from "../../corpus/documents.ts";
import { DEFAULT_RECIPE } from "../../training/recipe.ts";
import { isSystemError } from "../system-error.ts";
import type { SourceFile } from "./list-sources.ts";

/** A document as it was found. */
export interface SourceDocument {
  readonly path: string;
  readonly text: string;
}

export interface ReadSourcesOptions {
  /** Files (JSON lines: lines) of more bytes are skipped. Default: 4 MB. */
  readonly mostBytes?: number | undefined;
  /** Called for everything that does not become a document. */
  readonly onSkip?: ((reason: SkipReason, path: string) => void) | undefined;
  /** Called when a file is done. */
  readonly onFile?: ((file: SourceFile) => void) | undefined;
}

/** The documents in files. A file that cannot be read is skipped and never ends the reading. */
export async function* readSources(
  files: Iterable<SourceFile>,
  options: ReadSourcesOptions = {},
): AsyncGenerator<SourceDocument> {
  const {
    mostBytes = DEFAULT_RECIPE.corpus.mostBytes,
    onSkip = () => {},
    onFile = () => {},
  } = options;
  for (const file of files) {
    const { path } = file;
    try {
      for await (const bytes of file.jsonLines ? lines(file, mostBytes) : whole(file, mostBytes)) {
        const judged = bytes === "too-large" ? { skipped: bytes } : judge(file, bytes);
        if (judged.text === undefined) onSkip(judged.skipped, path);
        else yield { path, text: judged.text };
      }
    } catch (error) {
      if (!isSystemError(error)) throw error;
      onSkip("unreadable", path);
    }
    onFile(file);
  }
}

function judge(file: SourceFile, bytes: Uint8Array) {
  if (!file.jsonLines) return judgeBytes(bytes);
  const line = new TextDecoder().decode(bytes);
  if (line.trim() === "") return { skipped: "empty" } as const;
  const text = textOfJsonLine(line);
  return text === undefined ? ({ skipped: "bad-json" } as const) : judgeText(text);
}

function open({ path, gzip }: SourceFile): Readable {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  // Errors of the file come out of the decompression too; the callback has nothing left to do.
  return gzip ? pipeline(file, createGunzip(), () => {}) : file;
}

/** The content of a file, in one piece. */
async function* whole(
  file: SourceFile,
  mostBytes: number,
): AsyncGenerator<Uint8Array | "too-large"> {
  if (file.size > mostBytes) yield "too-large";
  else if (file.gzip) yield await decompressed(file, mostBytes);
  // For thousands of small files, waiting for another thread takes longer than reading.
  else yield readFileSync(file.path);
}

/** The content of a compressed file, of which not more is decompressed than may be there. */
async function decompressed(
  file: SourceFile,
  mostBytes: number,
): Promise<Uint8Array | "too-large"> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of open(file) as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > mostBytes) return "too-large";
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The lines of a file, but for empty ones. */
async function* lines(
  file: SourceFile,
  mostBytes: number,
): AsyncGenerator<Uint8Array | "too-large"> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  const line = () => {
    const found = size > mostBytes ? "too-large" : Buffer.concat(pieces);
    const empty = size === 0;
    pieces = [];
    size = 0;
    return empty ? undefined : found;
  };
  const add = (piece: Uint8Array) => {
    size += piece.length;
    if (size > mostBytes) pieces = [];
    else if (piece.length > 0) pieces.push(piece);
  };
  for await (const piece of open(file) as AsyncIterable<Uint8Array>) {
    let start = 0;
    for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, start)) {
      add(piece.subarray(start, end));
      const found = line();
      if (found !== undefined) yield found;
      start = end + 1;
    }
    add(piece.subarray(start));
  }
  const last = line();
  if (last !== undefined) yield last;
}
