/** @file The prompts of a session: the one that is asked, and the one that it is compared with. */

import { LookbackError } from "../errors.ts";
import { textBatch } from "../loading/text-batch.ts";
import type { Tokenizer } from "../loading/tokenizer.ts";
import type { HookedTransformer } from "../model/model.ts";
import { checkLength, type TokenBatch, tokenRow } from "../model/tokens.ts";
import { parsePattern } from "../prompts/pattern.ts";
import { patternPrompts } from "../prompts/pattern-prompts.ts";
import type { AnswerPair, Prompts } from "../prompts/prompt.ts";
import { repeatedPair } from "../prompts/repeated.ts";
import type { PromptSource } from "./spec.ts";

/** Prompts of a session. N rows of P tokens. */
export interface SessionPrompts {
  readonly clean: TokenBatch;
  /** As many rows of as many tokens; null where there is nothing to compare with. */
  readonly corrupted: TokenBatch | null;
  /** A label for each position: `BOS`, `A`, `X1`; of text the token itself. */
  readonly labels: readonly string[];
  readonly corruptedLabels: readonly string[] | null;
  /** The positions at which the two differ, in any row. */
  readonly changed: readonly number[];
  /** The position whose prediction is the answer. */
  readonly read: number;
  /** `[right, wrong]` of each row; null where the prompts ask nothing. */
  readonly answers: readonly AnswerPair[] | null;
}

/** The part of a model that prompts are made for. */
export type PromptModel = Pick<HookedTransformer, "config">;

/**
 * Draws or tokenizes the prompts of a session. Fresh tokens (`R`, `...`) are drawn anew in the corrupted
 * pattern, so name those that are to stay.
 *
 * @param bos the token that opens prompts.
 * @throws LookbackError `bad-pattern`, `bad-spec` naming the field that cannot be, or `sequence-too-long`
 *   for prompts that the model cannot read whole: each view runs another part of them, and all are to say
 *   the same.
 */
export function sessionPrompts(
  model: PromptModel,
  tokenizer: Tokenizer | null | undefined,
  bos: number,
  prompt: PromptSource,
): SessionPrompts {
  const prompts = promptsOfSource(model, tokenizer, bos, prompt);
  checkLength(prompts.clean.length, model.config);
  return prompts;
}

function promptsOfSource(
  model: PromptModel,
  tokenizer: Tokenizer | null | undefined,
  bos: number,
  prompt: PromptSource,
): SessionPrompts {
  switch (prompt.kind) {
    case "repeated": {
      const { kind, side, gap = 0, distance = 0, ...rest } = prompt;
      const { d_vocab } = model.config;
      const filler = [0, gap, distance];
      const pair = repeatedPair({ ...rest, filler, d_vocab, bos }, side);
      return together(pair.clean, pair.corrupted);
    }
    case "pattern":
      return patternPair(model, bos, prompt);
    case "text":
      return textPair(tokenizer, bos, prompt);
  }
}

function together(clean: Prompts, corrupted: Prompts | null): SessionPrompts {
  const { tokens, labels, read, answers } = clean;
  return {
    clean: tokens,
    corrupted: corrupted?.tokens ?? null,
    labels,
    corruptedLabels: corrupted?.labels ?? null,
    changed: corrupted === null ? [] : changedPositions(tokens, corrupted.tokens),
    read,
    answers,
  };
}

function changedPositions(a: TokenBatch, b: TokenBatch): number[] {
  const changed = new Set<number>();
  for (let i = 0; i < a.ids.length; i++) {
    if (a.ids[i] !== b.ids[i]) changed.add(i % a.length);
  }
  return [...changed].sort((x, y) => x - y);
}

function patternPair(
  { config }: PromptModel,
  bos: number,
  { pattern, corrupted = null, batch, seed }: Extract<PromptSource, { kind: "pattern" }>,
): SessionPrompts {
  const draw = { batch, seed, d_vocab: config.d_vocab, bos };
  const clean = patternPrompts({ ...draw, pattern });
  if (corrupted === null) return together(clean, null);
  const other = parsePattern(corrupted);
  if (other.question !== null) {
    throw new LookbackError(
      "bad-spec",
      `the corrupted pattern ${JSON.stringify(corrupted)} must ask nothing; it is asked what the clean pattern asks`,
      { field: "prompt.corrupted", value: corrupted },
    );
  }
  const { length } = clean.tokens;
  checkLengths("pattern", corrupted, other.tokens.length, length);
  // Drawn as one prompt, so that a name is the same token in both.
  const [asks, question] = pattern.split("?");
  const both = patternPrompts({
    ...draw,
    pattern: `${asks} ${corrupted}${question === undefined ? "" : ` ? ${question}`}`,
  });
  const half = (from: number): Prompts => ({
    tokens: columnsOf(both.tokens, from, length),
    labels: both.labels.slice(from, from + length),
    read: length - 1,
    answers: both.answers,
  });
  return together(half(0), half(length));
}

/** So many positions of each row, from one on. */
function columnsOf({ batch, length, ids }: TokenBatch, from: number, count: number): TokenBatch {
  const part = new Int32Array(batch * count);
  for (let row = 0; row < batch; row++) {
    part.set(ids.subarray(row * length + from, row * length + from + count), row * count);
  }
  return { batch, length: count, ids: part };
}

function textPair(
  tokenizer: Tokenizer | null | undefined,
  bos: number,
  { text, corrupted }: Extract<PromptSource, { kind: "text" }>,
): SessionPrompts {
  if (tokenizer == null) {
    throw new LookbackError(
      "unsupported",
      "this model came without tokenizer.json, so it cannot read text; use a pattern",
    );
  }
  const promptOf = (source: string): Prompts => {
    const tokens = textBatch([source], { tokenizer, bos });
    const [, ...ids] = tokenRow(tokens, 0);
    return {
      tokens,
      labels: ["BOS", ...ids.map((id) => tokenizer.tokenText(id))],
      read: ids.length,
      answers: null,
    };
  };
  const clean = promptOf(text);
  if (corrupted === null) return together(clean, null);
  const other = promptOf(corrupted);
  checkLengths("text", corrupted, other.tokens.length, clean.tokens.length);
  return together(clean, other);
}

/** @throws LookbackError `bad-spec` unless the corrupted prompt has as many tokens as the clean one. */
function checkLengths(
  kind: "pattern" | "text",
  value: string,
  given: number,
  needed: number,
): void {
  if (given === needed) return;
  throw new LookbackError(
    "bad-spec",
    `the corrupted ${kind} ${JSON.stringify(value)} is ${given} tokens, and the clean one ${needed}; they must have equally many`,
    { field: "prompt.corrupted", value },
  );
}

/** One token of a prompt, to be shown. */
export interface PromptToken {
  readonly id: number;
  readonly label: string;
  /** The token as text, or its number where the model has no tokenizer. */
  readonly text: string;
}

/** A token as it can be shown: its text, or `#17` where there is no tokenizer, or none for this token. */
export function shownToken(tokenizer: Tokenizer | null | undefined, id: number): string {
  if (tokenizer == null) return `#${id}`;
  try {
    return tokenizer.tokenText(id);
  } catch (error) {
    // A vocabulary may be padded beyond what its tokenizer spells.
    if (error instanceof LookbackError && error.code === "token-out-of-range") return `#${id}`;
    throw error;
  }
}

/** The tokens of one row of a batch. */
export function promptTokens(
  tokens: TokenBatch,
  labels: readonly string[],
  tokenizer: Tokenizer | null | undefined,
  row: number,
): PromptToken[] {
  return labels.map((label, position) => {
    const id = tokens.ids[row * tokens.length + position] as number;
    return { id, label, text: shownToken(tokenizer, id) };
  });
}
