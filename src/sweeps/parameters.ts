/**
 * @file What one cell of a sweep is: the parameters of one batch of prompts, their order, and how a
 * cell is named in errors, pictures and tables.
 */

import type { RepeatedOrder } from "../prompts/repeated.ts";

/**
 * What stands between copies: `random` tokens, each drawn anew; `repeat`, one random token said again
 * and again through that gap; `bos`, the token that opens the prompt.
 */
export const FILLERS = ["random", "repeat", "bos"] as const;
export type Filler = (typeof FILLERS)[number];

export const ORDERS = ["first-second", "second-first"] as const satisfies readonly RepeatedOrder[];

/** The tokens that prompts are drawn from: null is the whole vocabulary. */
export type SweepVocabulary =
  | { readonly range: readonly [first: number, end: number] }
  | { readonly ids: readonly number[] }
  | null;

/** The parameters of one batch of prompts: one cell of a sweep. */
export interface SweepParameters {
  /** Tokens of one copy: A, `length - 2` X's, B. */
  readonly length: number;
  /** Filler tokens between the copies before the last. */
  readonly gap: number;
  /** Filler tokens between the last of these and the copy that is asked about. */
  readonly distance: number;
  readonly filler: Filler;
  /** Whether a copy of A X… B or a distractor opens the prompt. */
  readonly order: RepeatedOrder;
  /** Copies of A X… B before the one that is asked about. */
  readonly copies: number;
  /** Sequences C X… D that share the X's, each with a C and a D of its own. */
  readonly distractors: number;
  readonly vocabulary: SweepVocabulary;
  /** Random tokens between BOS and the first copy. */
  readonly offset: number;
  readonly seed: number;
  /** Number of prompts. */
  readonly batch: number;
  /** Whether the random tokens of a prompt are all different. */
  readonly distinct: boolean;
}

export type ParameterName = keyof SweepParameters;

/** The parameters in the order of columns; of the axes of a grid, the last varies fastest. */
export const PARAMETERS = [
  "length",
  "gap",
  "distance",
  "filler",
  "order",
  "copies",
  "distractors",
  "vocabulary",
  "offset",
  "seed",
  "batch",
  "distinct",
] as const satisfies readonly ParameterName[];

/** The parameters that are numbers, so that they can be a numeric axis. */
export const NUMERIC = [
  "length",
  "gap",
  "distance",
  "copies",
  "distractors",
  "offset",
  "seed",
  "batch",
] as const satisfies readonly ParameterName[];

/** Whether a parameter is a number. */
export function isNumeric(name: ParameterName): boolean {
  return (NUMERIC as readonly ParameterName[]).includes(name);
}

/** A set of tokens in words: `whole`, `[100, 2000)` or `{5, 17, 99}`. */
export function vocabularyText(vocabulary: SweepVocabulary): string {
  if (vocabulary === null) return "whole";
  if ("range" in vocabulary) return `[${vocabulary.range.join(", ")})`;
  return `{${vocabulary.ids.join(", ")}}`;
}

/** The value of a parameter as text; different values have different texts. */
export function valueText(parameters: SweepParameters, name: ParameterName): string {
  if (name === "vocabulary") return vocabularyText(parameters.vocabulary);
  if (name === "distinct") return parameters.distinct ? "yes" : "no";
  return String(parameters[name]);
}
