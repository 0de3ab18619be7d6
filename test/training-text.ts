/** @file A text that a tiny model can learn within a test: words that follow each other by a rule. */

import { MersenneTwister, randint } from "../src/prompts/mersenne-twister.ts";
import type { ContextSource } from "../src/training/contexts.ts";

/** Contexts over tokens 1 to `d_vocab - 1`, BOS (0) first; each token's successor is one of two. */
export function ruledText(d_vocab: number, contexts: number, seed = 1): ContextSource {
  return {
    contexts: () => contexts,
    read: (indices, length) => {
      const ids = new Int32Array(indices.length * length);
      for (let row = 0; row < indices.length; row++) {
        const coins = randint(
          new MersenneTwister(seed + (indices[row] as number)),
          2 ** 16,
          length,
        );
        let token = 1 + ((coins[0] as number) % (d_vocab - 1));
        for (let i = 1; i < length; i++) {
          ids[row * length + i] = token;
          token = 1 + ((2 * token + ((coins[i] as number) % 2)) % (d_vocab - 1));
        }
      }
      return ids;
    },
  };
}
