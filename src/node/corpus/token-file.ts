/** @file A stream of tokens as a file: ids of two bytes each, little endian, and nothing else. */

import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { writeAll } from "./document-spool.ts";

const BUFFER = 1 << 20; // ids

/** Writes a stream of tokens, and hashes it as it goes. */
export class TokenWriter {
  readonly #file: number;
  readonly #hash = createHash("sha256");
  readonly #buffer = new Uint16Array(BUFFER);
  #filled = 0;
  /** Tokens so far. */
  tokens = 0;

  constructor(path: string) {
    this.#file = openSync(path, "wx");
  }

  add(ids: Uint16Array): void {
    for (let start = 0; start < ids.length; ) {
      const piece = ids.subarray(start, start + BUFFER - this.#filled);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      start += piece.length;
      if (this.#filled === BUFFER) this.#flush();
    }
    this.tokens += ids.length;
  }

  /** Closes the file; returns its SHA-256 in hexadecimal. */
  close(): string {
    try {
      this.#flush();
    } finally {
      closeSync(this.#file);
    }
    return this.#hash.digest("hex");
  }

  #flush(): void {
    const bytes = new Uint8Array(this.#buffer.buffer, 0, 2 * this.#filled);
    this.#hash.update(bytes);
    writeAll(this.#file, bytes);
    this.#filled = 0;
  }
}
