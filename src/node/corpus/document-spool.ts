/**
 * @file The documents of a corpus between the reading and the encoding, in one file: what is counted
 * is then exactly what is encoded, whatever happens to the sources meanwhile, and gigabytes of text
 * need no memory.
 */

import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** A document on its way. */
export interface SpooledDocument {
  readonly text: string;
  /** Where it stands between 0 and 1; see `placeOf`. */
  readonly place: number;
}

/** Before each document: length in bytes (u32), place (f64). */
const HEADER = 12;
const BUFFER = 1 << 22;

/** Writes documents to a file, one behind the other. */
export class SpoolWriter {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER);
  #filled = 0;

  constructor(path: string) {
    this.#file = openSync(path, "wx");
  }

  /** Adds a document, and returns its length in bytes. */
  add({ text, place }: SpooledDocument): number {
    const bytes = Buffer.from(text);
    const header = Buffer.allocUnsafe(HEADER);
    header.writeUInt32LE(bytes.length, 0);
    header.writeDoubleLE(place, 4);
    this.#write(header);
    this.#write(bytes);
    return bytes.length;
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#file);
    }
  }

  #write(bytes: Buffer): void {
    if (this.#filled + bytes.length > BUFFER) this.#flush();
    if (bytes.length > BUFFER) writeAll(this.#file, bytes);
    else {
      bytes.copy(this.#buffer, this.#filled);
      this.#filled += bytes.length;
    }
  }

  #flush(): void {
    writeAll(this.#file, this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

/** Writes all of a buffer: the system may take less at a time. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/** The documents of a spool, in order. */
export function* readSpool(path: string): Generator<SpooledDocument> {
  const file = openSync(path, "r");
  try {
    let buffer = Buffer.allocUnsafe(BUFFER);
    let [start, end] = [0, 0];
    // Moves what is left to the front and fills up, until `wanted` bytes are there.
    const have = (wanted: number): boolean => {
      if (end - start >= wanted) return true;
      const rest = buffer.subarray(start, end);
      if (wanted > buffer.length) buffer = Buffer.allocUnsafe(wanted);
      buffer.set(rest);
      [start, end] = [0, rest.length];
      while (end < wanted) {
        const read = readSync(file, buffer, end, buffer.length - end, null);
        if (read === 0) return false;
        end += read;
      }
      return true;
    };
    while (have(HEADER)) {
      const length = buffer.readUInt32LE(start);
      const place = buffer.readDoubleLE(start + 4);
      start += HEADER;
      if (!have(length)) throw new Error(`${path} ends within a document`);
      yield { text: buffer.toString("utf8", start, start + length), place };
      start += length;
    }
  } finally {
    closeSync(file);
  }
}
