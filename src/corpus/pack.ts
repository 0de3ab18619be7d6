/**
 * @file Documents as one stream of tokens, and contexts cut from it. Documents follow one another in
 * the stream, each ended by an empty line. There is no BOS in it: in these models BOS stands at
 * position 0 of a context and nowhere else, so it is put there when a context is read.
 *
 * Context i of length n is BOS and then tokens [i (n - 1), (i + 1) (n - 1)) of the stream; what is
 * left at the end is in none.
 */

import { LookbackError } from "../errors.ts";

/** What stands between two documents. */
const END_OF_DOCUMENT = "\n\n";

/** Anything that turns text into token ids. */
export interface Encoder {
  encode(text: string): Uint16Array<ArrayBuffer>;
}

/** A document's tokens in the stream. */
export function documentTokens(encoder: Encoder, text: string): Uint16Array<ArrayBuffer> {
  return encoder.encode(text.trimEnd() + END_OF_DOCUMENT);
}

/** A stream of tokens from which contexts are read. */
export interface PackedTokens {
  /** Tokens in the stream. */
  readonly tokens: number;
  /** How many contexts of a length (BOS included) there are. */
  contexts(length: number): number;
  /**
   * Contexts by index, `[indices.length, length]` row-major, BOS at position 0 of each.
   *
   * @throws LookbackError `not-found` for an index that is no context.
   */
  read(indices: ArrayLike<number>, length: number): Int32Array<ArrayBuffer>;
  /** Lets go of what the stream is read from. */
  close(): void;
}

/** Reads `into.length` tokens of a stream, from `start` on. */
export type ReadTokens = (start: number, into: Uint16Array<ArrayBuffer>) => void;

/** Contexts of a stream of which any part can be read. */
export function packedTokens(
  tokens: number,
  bos: number,
  readTokens: ReadTokens,
  close: () => void = () => {},
): PackedTokens {
  const contexts = (length: number): number => {
    if (!(Number.isInteger(length) && length >= 2)) {
      throw new LookbackError(
        "bad-shape",
        `a context has BOS and at least one token more; its length cannot be ${length}`,
        { length },
      );
    }
    return Math.floor(tokens / (length - 1));
  };
  return {
    tokens,
    contexts,
    read(indices, length) {
      const count = contexts(length);
      const row = new Uint16Array(length - 1);
      const ids = new Int32Array(indices.length * length);
      for (let r = 0; r < indices.length; r++) {
        const index = indices[r] as number;
        if (!(Number.isInteger(index) && index >= 0 && index < count)) {
          throw new LookbackError(
            "not-found",
            `there is no context ${index}: ${tokens} tokens are ${count} contexts of ${length}`,
            { index, contexts: count },
          );
        }
        readTokens(index * (length - 1), row);
        ids[r * length] = bos;
        ids.set(row, r * length + 1);
      }
      return ids;
    },
    close,
  };
}

/** Contexts of a stream in memory. */
export function tokensInMemory(stream: Uint16Array, bos: number): PackedTokens {
  return packedTokens(stream.length, bos, (start, into) => {
    into.set(stream.subarray(start, start + into.length));
  });
}
