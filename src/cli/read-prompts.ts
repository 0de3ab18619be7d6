/** @file The prompts that a command runs on: a text, a file of token ids, or a drawn pattern. */

import type { LoadedModel } from "../loading/model-files.ts";
import { textBatch } from "../loading/text-batch.ts";
import type { TokenBatch } from "../model/tokens.ts";
import { patternPrompts } from "../prompts/pattern-prompts.ts";
import { bosToken } from "./bos.ts";
import type { CommandContext } from "./context.ts";
import { readTokenFile } from "./token-files.ts";
import { UsageError } from "./usage-error.ts";

/** Where prompts come from; exactly one of the first three is given. */
export interface PromptSource {
  readonly text?: string;
  readonly tokens?: string;
  readonly pattern?: string;
  /** The token that is BOS; false for a text without it; undefined for what the model's files say. */
  readonly bos?: number | boolean;
  /** Prompts of a pattern; default 1. */
  readonly batch?: number;
  readonly seed?: number;
}

function textTokens(
  text: string,
  bos: number | null,
  { name, tokenizer }: LoadedModel,
): TokenBatch {
  if (tokenizer === null) {
    throw new UsageError(
      `--text: the model ${name} has no tokenizer.json beside its weights; use --tokens`,
    );
  }
  if (text === "" && bos === null) {
    throw new UsageError("--text: an empty text without BOS has no tokens");
  }
  return textBatch([text], { tokenizer, bos });
}

/**
 * The token ids to run on.
 *
 * @throws UsageError when not exactly one source is given, or what it holds cannot be used;
 *   LookbackError `bad-pattern`.
 */
export async function readPrompts(
  source: PromptSource,
  model: LoadedModel,
  context: CommandContext,
): Promise<TokenBatch> {
  const { text, tokens, pattern, bos, batch = 1, seed = 0 } = source;
  const given = [text, tokens, pattern].filter((value) => value !== undefined).length;
  if (given !== 1) {
    throw new UsageError("give exactly one of --text <text>, --tokens <file> and --pattern <text>");
  }
  if (bos === false && text === undefined) throw new UsageError("--no-bos goes with --text only");
  if (typeof bos === "number" && tokens !== undefined) {
    throw new UsageError("--bos goes with --text and --pattern: a file of tokens has its own");
  }
  for (const [option, value] of [
    ["--seed", source.seed],
    ["--batch", source.batch],
  ] as const) {
    if (value !== undefined && pattern === undefined) {
      throw new UsageError(`${option} goes with --pattern only`);
    }
  }
  if (tokens !== undefined) return readTokenFile("--tokens", tokens);

  const { d_vocab, bos_token_id } = model.config;
  const knownBos = () => bosToken(model, typeof bos === "number" ? bos : undefined, context);
  if (text !== undefined) return textTokens(text, bos === false ? null : knownBos(), model);
  const asksForBos = pattern?.split(/\s+/).includes("BOS");
  return patternPrompts({
    pattern: pattern ?? "",
    batch,
    seed,
    d_vocab,
    bos: asksForBos ? knownBos() : bos_token_id,
  }).tokens;
}
