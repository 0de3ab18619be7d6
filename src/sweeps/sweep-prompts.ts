/**
 * @file The prompts of a sweep: the post's repeated sequences with the distances, the filler, the
 * number of copies and of distractors, and the tokens that they are drawn from set free.
 */

import { LookbackError } from "../errors.ts";
import { TokenDraw } from "../prompts/draw.ts";
import {
  type AnsweredPrompts,
  answeredPromptsOf,
  type Column,
  columnAt,
  constantColumn,
} from "../prompts/prompt.ts";
import { copyLabels } from "../prompts/repeated.ts";
import type { Filler, SweepParameters, SweepVocabulary } from "./parameters.ts";

/** What prompts need of a model. */
export interface SweepTokens {
  /** Size of the vocabulary. */
  readonly d_vocab: number;
  /** The token that opens every prompt, and the filler `bos`. */
  readonly bos: number;
}

/** A request for the prompts of one cell. */
export type SweepPromptsSpec = SweepParameters & SweepTokens;

/** Distractors that are drawn: D must be some token even where no distractor stands in the prompt. */
function drawnDistractors({ distractors }: SweepParameters): number {
  return Math.max(1, distractors);
}

/** Filler tokens before each copy but the first, left to right. */
function fillerCounts({ copies, distractors, gap, distance }: SweepParameters): number[] {
  return [...new Array<number>(copies + distractors - 1).fill(gap), distance];
}

/** Tokens of one prompt of a cell, BOS and the closing B included. */
export function promptLength(parameters: SweepParameters): number {
  const { length, offset, copies, distractors } = parameters;
  const filler = fillerCounts(parameters).reduce((sum, count) => sum + count, 0);
  return 1 + offset + filler + (copies + distractors + 1) * length;
}

/** Tokens that are drawn for one prompt of a cell; where they are distinct, so many must be there. */
export function drawnTokens(parameters: SweepParameters): number {
  const { length, offset, filler } = parameters;
  const drawnFor = {
    random: (n: number) => n,
    repeat: (n: number) => Math.min(n, 1),
    bos: () => 0,
  };
  const fillers = fillerCounts(parameters).map(drawnFor[filler]);
  const copies = (1 + drawnDistractors(parameters)) * length;
  return copies + offset + fillers.reduce((sum, count) => sum + count, 0);
}

/** How many tokens a vocabulary has. */
export function vocabularySize(vocabulary: SweepVocabulary, { d_vocab }: SweepTokens): number {
  if (vocabulary === null) return d_vocab;
  if ("ids" in vocabulary) return vocabulary.ids.length;
  return vocabulary.range[1] - vocabulary.range[0];
}

/** From the number that was drawn to the token of the vocabulary, and back (-1 for none). */
function tokensOf(vocabulary: SweepVocabulary) {
  if (vocabulary === null) {
    return { token: (drawn: number) => drawn, drawn: (token: number) => token };
  }
  if ("ids" in vocabulary) {
    const { ids } = vocabulary;
    return {
      token: (drawn: number) => ids[drawn] as number,
      drawn: (token: number) => ids.indexOf(token),
    };
  }
  const [first, end] = vocabulary.range;
  return {
    token: (drawn: number) => first + drawn,
    drawn: (token: number) => (token >= first && token < end ? token - first : -1),
  };
}

/** Draws columns from a part of the vocabulary. Distinct tokens are never BOS. */
class VocabularyDraw {
  readonly #draw: TokenDraw;
  readonly #token: (drawn: number) => number;

  constructor(spec: SweepPromptsSpec) {
    const { seed, batch, distinct, vocabulary, bos } = spec;
    const { token, drawn } = tokensOf(vocabulary);
    const bosDrawn = drawn(bos);
    this.#token = token;
    this.#draw = new TokenDraw({
      seed,
      batch,
      distinct,
      d_vocab: vocabularySize(vocabulary, spec),
      bos: bosDrawn < 0 ? null : bosDrawn,
    });
  }

  columns(labels: readonly string[]): Column[] {
    return this.#draw
      .columns(labels)
      .map(({ label, ids }) => ({ label, ids: ids.map(this.#token) }));
  }
}

/** `count` tokens of filler. */
function fillerColumns(
  draw: VocabularyDraw,
  { filler, bos, batch }: { filler: Filler; bos: number; batch: number },
  count: number,
): Column[] {
  if (count === 0) return [];
  if (filler === "bos") return new Array(count).fill(constantColumn("BOS", bos, batch));
  if (filler === "repeat") return new Array(count).fill(columnAt(draw.columns(["F"]), 0));
  return draw.columns(new Array<string>(count).fill("R"));
}

/**
 * Copies and distractors as they follow each other: they alternate, beginning with the kind that the
 * order names first, and when one kind has run out the rest of the other follows.
 */
export function alternating<T>(
  order: SweepParameters["order"],
  copies: readonly T[],
  distractors: readonly T[],
): T[] {
  const [opening, following] =
    order === "first-second" ? [copies, distractors] : [distractors, copies];
  const rounds = Math.max(opening.length, following.length);
  return Array.from({ length: rounds }, (_, i) => [
    ...opening.slice(i, i + 1),
    ...following.slice(i, i + 1),
  ]).flat();
}

/**
 * Repeated sequences: BOS, `offset` random tokens, the copies of A X… B and the distractors C X… D
 * with `gap` tokens of filler between them, `distance` tokens of filler, and once more A X… B. The
 * answer is read one before the last B: B is right, and wrong is D of the last distractor, the nearest
 * to the question. Where there are no distractors, D is drawn all the same, but stands nowhere: what
 * the logit difference is then compared with is any other token.
 *
 * Drawn in this order: A X… B `[batch, length]`; for each distractor `[batch, length]`, of which only
 * the ends are used; the offset; the filler, left to right. So one copy and one distractor are token
 * for token the prompts of `repeatedPrompts` with filler `[offset, gap, distance]`.
 *
 * @throws LookbackError `bad-spec` naming the field that cannot be.
 * @example
 * // BOS A X B R R C1 X D1 R R C2 X D2 R A X B
 * sweepPrompts({ ...cell, length: 3, gap: 2, distance: 1, distractors: 2, d_vocab: 4096, bos: 0 })
 */
export function sweepPrompts(spec: SweepPromptsSpec): AnsweredPrompts {
  const { length, copies, distractors, offset, order, batch, bos } = spec;
  if (copies < 1) throw new LookbackError("bad-spec", "copies: B must stand in the prompt once");
  const draw = new VocabularyDraw(spec);
  const first = draw.columns(copyLabels(length, "A", "B"));
  const middle = first.slice(1, -1);
  const others = Array.from({ length: drawnDistractors(spec) }, (_, i) => {
    const number = distractors > 1 ? i + 1 : "";
    const drawn = draw.columns(copyLabels(length, `C${number}`, `D${number}`));
    return [columnAt(drawn, 0), ...middle, columnAt(drawn, -1)];
  });
  const earlier = alternating(
    order,
    new Array<Column[]>(copies).fill(first),
    others.slice(0, distractors),
  );
  const columns = [
    constantColumn("BOS", bos, batch),
    ...draw.columns(new Array<string>(offset).fill("R")),
  ];
  const filler = fillerCounts(spec);
  for (const [i, copy] of earlier.entries()) {
    columns.push(...copy, ...fillerColumns(draw, spec, filler[i] ?? 0));
  }
  columns.push(...first);
  const wrong = columnAt(others.at(-1) ?? [], -1);
  return answeredPromptsOf(columns, { read: -2, right: columnAt(first, -1), wrong });
}
