/** @file The text that was held out of a run's corpus, to measure its checkpoints on. */

import { resolve } from "node:path";
import type { TokenBatch } from "../model/tokens.ts";
import { openPackedTokens } from "../node/corpus/packed-tokens.ts";
import { readRunFile } from "../node/run/run-files.ts";
import { sha256 } from "../node/sha256.ts";
import { HELD_OUT_CONTEXTS, spreadBatch } from "../training/contexts.ts";
import type { CommandContext } from "./context.ts";
import type { DevelopmentSource } from "./development-source.ts";

/** Held-out contexts, the same that a run looks at while it trains. */
export interface HeldOutText {
  readonly contexts: TokenBatch;
  /** SHA-256 of their tokens, by which looks that are kept know what they were measured on. */
  readonly hash: string;
}

/** The held-out text of a run; null, with a warning where there should be some, when it is not there. */
export async function heldOutText(
  { path, recipe, config }: DevelopmentSource,
  { warn }: Pick<CommandContext, "warn">,
): Promise<HeldOutText | null> {
  if (recipe === null) return null;
  try {
    const { corpus: place, corpusHash } = await readRunFile(path);
    const corpus = await openPackedTokens(resolve(path, place));
    try {
      const { hash } = corpus.manifest;
      if (hash !== corpusHash) throw new Error("the corpus has changed since");
      const contexts = spreadBatch(corpus.heldOut, HELD_OUT_CONTEXTS, config.n_ctx);
      if (contexts.batch === 0) throw new Error("nothing was held out of it");
      return { contexts, hash: sha256(new Uint8Array(Int32Array.from(contexts.ids).buffer)) };
    } finally {
      corpus.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    warn(`no held-out text for ${path}, so random tokens alone are measured: ${reason}`);
    return null;
  }
}
