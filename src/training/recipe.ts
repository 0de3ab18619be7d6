/**
 * @file A recipe: everything that a training run is, as plain JSON. The same recipe on the same corpus
 * and device gives the same weights, so a recipe with the hash of its corpus is what a model's card
 * cites.
 */

import { z } from "zod";
import { LookbackError } from "../errors.ts";
import { type ModelConfig, parseConfig } from "../model/config.ts";
import { parsed, withDefaults } from "../prompts/parse-spec.ts";
import { MAX_LENGTH } from "../prompts/spec.ts";
import type { BigramStart } from "./bigram-start.ts";
import type { CopiedSpans } from "./copied-spans.ts";
import type { StartOptions } from "./initial-weights.ts";
import type { OptimizerOptions } from "./optimizer.ts";
import { rateFactor } from "./schedule.ts";

const count = z.int().min(1).max(0x7fffffff);
const countOrNone = z.int().min(0).max(0x7fffffff);
const share = z.number().min(0).max(1);
const rate = z.number().min(0).max(100);
const forgetting = z.number().min(0).lt(1);

/** Of a text that is read in one piece: the longest string that there can be has 2^29 - 24 units. */
export const MOST_TEXT_BYTES = 500_000_000;

/** Folders that file systems and sliders still take. */
const MOST_CHECKPOINTS = 10_000;

/** BOS and two tokens twice: less has no second copy to look at. */
const LEAST_CONTEXT = 5;

const model = z.strictObject({
  n_layers: count,
  n_heads: count,
  d_model: count,
  d_head: count,
  /** Tokens of a context, BOS included. */
  n_ctx: z.int().min(LEAST_CONTEXT).max(MAX_LENGTH),
  positions: z.enum(["standard", "shortformer"]),
  normalization: z.enum(["LN"]).nullable(),
});

const corpus = z.strictObject({
  /** Files and folders; in a recipe's file they are relative to it. */
  sources: z.array(z.string().min(1)).min(1),
  /** Endings of the files to read, with the dot; null for those of text. */
  extensions: z.array(z.string().regex(/^\.\w/, "begins with a dot")).nullable(),
  /** Tokens of the vocabulary to be trained on it. */
  vocabulary: z.int().min(258).max(65536),
  /** Share of the documents that is held out. */
  heldOut: z.number().gt(0).max(0.5),
  /** Files of more bytes, and lines of JSON lines, are skipped. */
  mostBytes: z
    .int()
    .min(1)
    .max(
      MOST_TEXT_BYTES,
      `at most ${MOST_TEXT_BYTES}; put a longer text into JSON lines, or into several files`,
    ),
});

const start = z.strictObject({
  positions: z.number().min(0).max(100),
  matchingKeys: share,
  bigrams: z
    .strictObject({ steps: count, rates: z.tuple([rate, rate]), positions: z.boolean() })
    .nullable(),
});

const optimizer = z.strictObject({
  learningRate: rate,
  beta1: forgetting,
  beta2: forgetting,
  eps: z.number().gt(0),
  weightDecay: z.number().min(0),
  embeddingRates: z.strictObject({ W_E: rate, W_pos: rate }),
  muon: z
    .strictObject({
      learningRate: rate,
      momentum: forgetting,
      iterations: z.int().min(1).max(20),
    })
    .nullable(),
  clipNorm: z.number().gt(0).nullable(),
});

const copies = z.strictObject({
  share,
  shortest: count,
  longest: count,
  from: countOrNone,
  rivals: share,
});

const extension = z.strictObject({
  steps: count,
  /** What the learning rates of the run are multiplied by. */
  rate,
  /** From the extension's first step on. */
  copies: copies.omit({ from: true }).nullable(),
});

const recipe = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,100}$/, "letters, digits, dots, dashes and underscores"),
  /** For the model's card. */
  description: z.string(),
  seed: z.int().min(0).max(0xffffffff),
  corpus,
  model,
  start,
  optimizer,
  schedule: z.strictObject({ warmup: countOrNone, decay: share }),
  /** Contexts of a step. */
  batch: count,
  steps: count,
  copies: copies.nullable(),
  /** More steps behind those, with a warm-up and a decay of their own and other copies. */
  extension: extension.nullable(),
  /** Checkpoints that are kept, evenly on a logarithmic scale of `steps`; the extension's end is too. */
  checkpoints: z.strictObject({ first: count, count: count.max(MOST_CHECKPOINTS) }),
  /** Steps between two checkpoints to go on from; of these, the last two are kept. */
  saveEvery: count,
  /** Steps between two looks at the model. */
  watchEvery: count,
});

/** A checked recipe. */
export type Recipe = z.infer<typeof recipe>;

/** What recipes leave out. */
export const DEFAULT_RECIPE = {
  description: "",
  seed: 0,
  corpus: { extensions: null, vocabulary: 4096, heldOut: 0.005, mostBytes: 4_000_000 },
  model: {
    n_layers: 2,
    n_heads: 8,
    d_model: 128,
    d_head: 16,
    n_ctx: 256,
    positions: "standard",
    normalization: "LN",
  },
  start: {
    positions: 0.7,
    matchingKeys: 0,
    bigrams: { steps: 200, rates: [0.03, 0.01], positions: false },
  },
  optimizer: {
    learningRate: 2e-3,
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    weightDecay: 0,
    embeddingRates: { W_E: 3e-3, W_pos: 6e-3 },
    muon: { learningRate: 0.02, momentum: 0.95, iterations: 5 },
    clipNorm: null,
  },
  schedule: { warmup: 50, decay: 0.3 },
  batch: 24,
  copies: null,
  extension: null,
  checkpoints: { first: 20, count: 20 },
  saveEvery: 200,
  watchEvery: 200,
} as const;

/** A weight takes sixteen bytes, with its gradient and what AdamW remembers; of more, that is over 4 GB. */
const MOST_WEIGHTS = 250_000_000;

/** Of one step; of more, the residual stream alone is gigabytes. */
const MOST_STEP_TOKENS = 2 ** 24;

/** Of more, the pairs alone are gigabytes. */
const MOST_BIGRAM_TOKENS = 16_384;

/**
 * Reads a recipe; what it leaves out is the default's.
 *
 * @throws LookbackError `bad-spec` naming the field, what it holds and what is allowed.
 */
export function parseRecipe(json: unknown): Recipe {
  const checked = parsed(recipe, "recipe", withDefaults(json, DEFAULT_RECIPE));
  const { copies, corpus, extension, model, start } = checked;
  if (start.bigrams !== null && corpus.vocabulary > MOST_BIGRAM_TOKENS) {
    throw new LookbackError(
      "bad-spec",
      `recipe field "start.bigrams" counts every pair of tokens, which is for vocabularies of up to ${MOST_BIGRAM_TOKENS}, and "corpus.vocabulary" is ${corpus.vocabulary}; make it null, or the vocabulary smaller`,
      { field: "start.bigrams" },
    );
  }
  checkSize(checked);
  checkCopies("copies", copies, model);
  checkCopies("extension.copies", extension?.copies ?? null, model);
  return checked;
}

/** Models and steps that no machine has room for, which would fail once the corpus is packed. */
function checkSize({ batch, corpus, model }: Recipe): void {
  const { d_head, d_model, n_ctx, n_heads, n_layers } = model;
  const weights =
    2 * corpus.vocabulary * d_model + n_ctx * d_model + 4 * n_layers * n_heads * d_head * d_model;
  if (weights > MOST_WEIGHTS) {
    throw new LookbackError(
      "bad-spec",
      `recipe field "model" is of ${weights.toPrecision(3)} weights, at most ${MOST_WEIGHTS} can be trained; make d_model (${d_model}), n_layers (${n_layers}), n_heads (${n_heads}), d_head (${d_head}) or "corpus.vocabulary" (${corpus.vocabulary}) smaller`,
      { field: "model" },
    );
  }
  if (batch * n_ctx > MOST_STEP_TOKENS) {
    throw new LookbackError(
      "bad-spec",
      `recipe field "batch" is ${batch}: contexts of ${n_ctx} tokens make steps of ${batch * n_ctx}, and at most ${MOST_STEP_TOKENS} can be taken at a time`,
      { field: "batch" },
    );
  }
}

/** Spans that no context has room for, or none are as long as. */
function checkCopies(
  field: string,
  copies: Omit<CopiedSpans, "from"> | null,
  { n_ctx }: Recipe["model"],
): void {
  if (copies === null) return;
  const { shortest, longest } = copies;
  if (longest < shortest) {
    throw new LookbackError(
      "bad-spec",
      `recipe field "${field}.longest" must be at least "${field}.shortest", ${shortest}, got ${longest}`,
      { field: `${field}.longest` },
    );
  }
  if (2 * shortest > n_ctx - 1) {
    throw new LookbackError(
      "bad-spec",
      `recipe field "${field}.shortest" is ${shortest}: a context of ${n_ctx} tokens has no room for two of them`,
      { field: `${field}.shortest` },
    );
  }
}

/** The files' config of the model that a recipe trains, as `config.json` holds it. */
export function configJson({ model }: Recipe, d_vocab: number, bos: number) {
  const { positions, normalization, ...extents } = model;
  return {
    architecture: "neel",
    ...extents,
    d_vocab,
    bos_token_id: bos,
    tokenizer_name: null,
    attn_only: true,
    normalization,
    shortformer_pos: positions === "shortformer",
  };
}

/** The config of the model that a recipe trains. */
export function recipeConfig(recipe: Recipe, d_vocab: number, bos: number): ModelConfig {
  return parseConfig(configJson(recipe, d_vocab, bos));
}

/** The parts of a recipe as the trainer takes them. */
export interface Training {
  readonly start: StartOptions;
  readonly bigrams: BigramStart | undefined;
  readonly optimizer: OptimizerOptions;
}

/** A recipe's parts with nothing where it says null. */
export function trainingOf(recipe: Recipe): Training {
  const { bigrams, ...start } = recipe.start;
  const { muon, clipNorm, ...adamW } = recipe.optimizer;
  return {
    start,
    bigrams: bigrams ?? undefined,
    optimizer: {
      ...adamW,
      ...(muon !== null && { muon }),
      ...(clipNorm !== null && { clipNorm }),
    },
  };
}

/** Steps of a run, its extension's included. */
export function totalSteps({ steps, extension }: Pick<Recipe, "steps" | "extension">): number {
  return steps + (extension?.steps ?? 0);
}

/** What a recipe says of one step. */
export interface StepTerms {
  /** What all learning rates are multiplied by. */
  readonly rateFactor: number;
  readonly copies: CopiedSpans | undefined;
}

/** The terms of step 0, 1, …: those of the run, and behind it those of its extension. */
export function termsOfStep(
  { steps, schedule, copies, extension }: Recipe,
  step: number,
): StepTerms {
  if (step < steps || extension === null) {
    return { rateFactor: rateFactor(schedule, step, steps), copies: copies ?? undefined };
  }
  return {
    rateFactor: extension.rate * rateFactor(schedule, step - steps, extension.steps),
    copies: extension.copies === null ? undefined : { ...extension.copies, from: steps },
  };
}

/** Tokens that a step sees, BOS of each context included. */
export function tokensPerStep({ batch, model }: Recipe): number {
  return batch * model.n_ctx;
}

/** The same from the text of a recipe of whatever version; null where it does not say. */
export function tokensPerStepIn(text: string): number | null {
  try {
    const tokens = tokensPerStep(JSON.parse(text));
    return Number.isSafeInteger(tokens) && tokens > 0 ? tokens : null;
  } catch {
    return null;
  }
}
