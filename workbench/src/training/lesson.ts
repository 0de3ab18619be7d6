/**
 * @file From a text and settings to what the trainer takes: a recipe, a vocabulary, contexts to learn from,
 * and contexts at the end of the text that are held out. The same in Node, where tests compare losses.
 */

import { ByteLevelEncoder } from "../../../src/corpus/byte-level-encoder.ts";
import { BpeCounter } from "../../../src/corpus/count-words.ts";
import { judgeText, type SkipReason } from "../../../src/corpus/documents.ts";
import { documentTokens, type PackedTokens, tokensInMemory } from "../../../src/corpus/pack.ts";
import { cutTail } from "../../../src/corpus/split.ts";
import type { BpeTokenizerFile } from "../../../src/corpus/tokenizer-file.ts";
import { trainBpe } from "../../../src/corpus/train-bpe.ts";
import { LookbackError } from "../../../src/errors.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import type { TokenBatch } from "../../../src/model/tokens.ts";
import { spreadBatch } from "../../../src/training/contexts.ts";
import {
  configJson,
  parseRecipe,
  type Recipe,
  recipeConfig,
} from "../../../src/training/recipe.ts";
import { BATCH, type TrainingSettings } from "./settings.ts";

/** Token 0 of every vocabulary. */
const BOS = { id: 0, spelling: "<|BOS|>" };

const HELD_OUT = { share: 0.1, most: 0.3, contexts: 32 };

/** With fewer contexts there is nothing to learn but the text itself, or nothing to measure on. */
const LEAST_CONTEXTS = { train: 16, heldOut: 4 };

/** Letters of a token, roughly, in a small vocabulary. */
const LETTERS_PER_TOKEN = 2.5;

const WHY_SKIPPED: Readonly<Partial<Record<SkipReason, string>>> = {
  empty: "There is no text yet: write some, paste some, or drop a .txt file onto the page.",
  binary: "This is no text: it has characters that only programs write.",
  "not-utf-8": "This text was not read as UTF-8: save the file in that encoding and try again.",
  "few-letters": "Hardly any of this is letters: a model learns from prose or code.",
  minified:
    "Most of this stands in long lines with hardly a space: a model learns from prose or code.",
};

/** All that training takes. */
export interface Lesson {
  readonly recipe: Recipe;
  readonly config: ModelConfig;
  /** What `config.json` holds. */
  readonly configFile: unknown;
  readonly tokenizer: BpeTokenizerFile;
  readonly text: PackedTokens;
  readonly heldOut: TokenBatch;
}

/**
 * Prepares a text.
 *
 * @throws LookbackError `bad-spec` where the text is none, or too little.
 */
export function lessonOf(raw: string, settings: TrainingSettings): Lesson {
  const { text, skipped } = judgeText(raw);
  if (text === undefined) {
    throw new LookbackError(
      "bad-spec",
      WHY_SKIPPED[skipped] ?? `This is no text to learn from: ${skipped}.`,
    );
  }
  const { context } = settings;
  const wanted = (2 * LEAST_CONTEXTS.heldOut * context * LETTERS_PER_TOKEN) / text.length;
  const share = Math.min(HELD_OUT.most, Math.max(HELD_OUT.share, wanted));
  const [head, tail] = cutTail(text, share);
  const counter = new BpeCounter();
  counter.add(head);
  const tokenizer = trainBpe(counter, { vocabulary: settings.vocabulary, bos: BOS.spelling });
  const encoder = new ByteLevelEncoder(tokenizer);
  const learned = tokensInMemory(documentTokens(encoder, head), BOS.id);
  const held = tokensInMemory(documentTokens(encoder, tail), BOS.id);
  const contexts = { train: learned.contexts(context), heldOut: held.contexts(context) };
  if (contexts.train < LEAST_CONTEXTS.train || contexts.heldOut < LEAST_CONTEXTS.heldOut) {
    const tokens = (LEAST_CONTEXTS.train + 2 * LEAST_CONTEXTS.heldOut) * context;
    throw new LookbackError(
      "bad-spec",
      `This is too little text: ${text.length.toLocaleString("en")} characters, ${(learned.tokens + held.tokens).toLocaleString("en")} tokens. Contexts of ${context} tokens need about ${Math.ceil(tokens * LETTERS_PER_TOKEN).toLocaleString("en")} characters at least, and learn something with ten times as many. Give more text, or set a shorter context.`,
    );
  }
  const recipe = recipeOf(settings);
  return {
    recipe,
    config: recipeConfig(recipe, encoder.vocabulary, BOS.id),
    configFile: configJson(recipe, encoder.vocabulary, BOS.id),
    tokenizer,
    text: learned,
    heldOut: spreadBatch(held, HELD_OUT.contexts, context),
  };
}

/** The recipe of the settings. */
function recipeOf(settings: TrainingSettings): Recipe {
  const { layers, heads, d_model, context, vocabulary, steps, seed, copies } = settings;
  const shortest = Math.min(8, Math.floor((context - 1) / 2));
  const longest = Math.max(shortest, Math.floor(context / 3));
  const from = Math.floor(steps / 6);
  return parseRecipe({
    name: "trained-in-the-page",
    seed,
    corpus: { sources: ["text.txt"], vocabulary, heldOut: HELD_OUT.share },
    model: {
      n_layers: layers,
      n_heads: heads,
      d_model,
      d_head: Math.max(1, Math.floor(d_model / heads)),
      n_ctx: context,
    },
    // Positions large and slow, bigrams fitted in their midst, and keys that are like queries: with all three
    // a previous-token head comes within the few steps that a page has: .45 after 300, against .09 without.
    start: { positions: 3, matchingKeys: 0.8, bigrams: { steps: 100, positions: true } },
    optimizer: { embeddingRates: { W_E: 3e-3, W_pos: 1e-3 } },
    schedule: { warmup: Math.min(50, from) },
    batch: BATCH,
    steps,
    copies: copies ? { share: 0.5, shortest, longest, from, rivals: 0.5 } : null,
  });
}
