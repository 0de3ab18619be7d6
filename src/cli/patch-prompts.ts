/** @file The two batches of prompts that a patch compares: drawn as the post's, or from files. */

import type { LoadedModel } from "../loading/model-files.ts";
import type { TokenBatch } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { type CorruptedSide, repeatedPair } from "../prompts/repeated.ts";
import { bosToken } from "./bos.ts";
import type { CommandContext } from "./context.ts";
import { promptCount } from "./heading.ts";
import { POST_BATCH, POST_SEED } from "./patch-options.ts";
import { readAnswerFile, readPromptFile, readTokenFile } from "./token-files.ts";
import { UsageError } from "./usage-error.ts";

/** Where the prompts come from: a length to draw, or three files. */
export interface PatchPromptOptions {
  readonly length?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly bos?: number;
  /** What of drawn prompts is corrupted; default `query`. */
  readonly side?: CorruptedSide;
  readonly clean?: string;
  readonly corrupted?: string;
  readonly answers?: string;
}

/** Prompts that pair up, and what is asked of them. */
export interface PatchPrompts {
  readonly clean: TokenBatch;
  readonly corrupted: TokenBatch;
  readonly answers: readonly AnswerPair[];
  readonly read: number;
  /** Names of the positions, where they have some. */
  readonly labels: readonly string[];
  /** What the prompts were made from. */
  readonly source: Readonly<Record<string, number | string>>;
  /** The same in words: `400 prompts of length 4, seed 110`. */
  readonly words: string;
}

/** Options that draw prompts; files leave nothing to draw. */
const OF_DRAWN = ["length", "batch", "seed", "bos", "side"] as const;

async function promptsFromFiles(options: PatchPromptOptions): Promise<PatchPrompts> {
  const { clean, corrupted, answers } = options;
  if (clean === undefined || corrupted === undefined || answers === undefined) {
    throw new UsageError("--clean, --corrupted and --answers go together; give all three");
  }
  for (const name of OF_DRAWN) {
    if (options[name] !== undefined) {
      throw new UsageError(`--${name} draws prompts, and --clean gives them; use one or the other`);
    }
  }
  const { tokens: cleanTokens, read } = await readPromptFile("--clean", clean);
  const pairs = await readAnswerFile("--answers", answers);
  if (pairs.length !== cleanTokens.batch) {
    throw new UsageError(
      `--answers ${answers} has ${pairs.length} rows and --clean ${clean} has ${cleanTokens.batch}; need one pair for each prompt`,
    );
  }
  const corruptedTokens = await readTokenFile("--corrupted", corrupted);
  const { batch, length, ids } = cleanTokens;
  if (corruptedTokens.length === length && corruptedTokens.ids.join() === ids.join()) {
    throw new UsageError(
      `--clean ${clean} and --corrupted ${corrupted} hold the same prompts: a patch would change nothing`,
    );
  }
  return {
    clean: cleanTokens,
    corrupted: corruptedTokens,
    answers: pairs,
    read,
    labels: Array.from({ length }, (_, position) => String(position)),
    source: { clean, corrupted, answers },
    words: `${promptCount(batch)} of ${clean}`,
  };
}

function promptsDrawn(
  options: PatchPromptOptions,
  model: LoadedModel,
  context: CommandContext,
): PatchPrompts {
  const { length, batch = POST_BATCH, seed = POST_SEED, side = "query" } = options;
  if (length === undefined) {
    throw new UsageError("give --length <n>, or --clean, --corrupted and --answers");
  }
  const { d_vocab } = model.config;
  const bos = bosToken(model, options.bos, context);
  const pair = repeatedPair({ length, batch, seed, d_vocab, bos }, side);
  return {
    clean: pair.clean.tokens,
    corrupted: pair.corrupted.tokens,
    answers: pair.clean.answers,
    read: pair.clean.read,
    labels: pair.clean.labels,
    source: { length, batch, seed, bos, side },
    words: `${promptCount(batch)} of length ${length} with ${side} corrupted, seed ${seed}`,
  };
}

/**
 * Reads or draws the prompts.
 *
 * @throws UsageError when it is not clear which, or a file cannot be used; LookbackError `bad-spec`.
 */
export async function readPatchPrompts(
  options: PatchPromptOptions,
  model: LoadedModel,
  context: CommandContext,
): Promise<PatchPrompts> {
  const { clean, corrupted, answers } = options;
  const anyFile = [clean, corrupted, answers].some((path) => path !== undefined);
  return anyFile ? promptsFromFiles(options) : promptsDrawn(options, model, context);
}
