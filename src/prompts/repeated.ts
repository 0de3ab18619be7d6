/**
 * @file The prompts of the post: two sequences that share their middle, and a further copy of the
 * first. `A X… B C X… D A X…` asks whether the model knows that B, not D, follows: only the A,
 * `length - 1` tokens back, tells the copies apart.
 */

import { checkChoice } from "../errors.ts";
import { TokenDraw } from "./draw.ts";
import {
  type AnsweredPrompts,
  type AnswerPair,
  answeredPromptsOf,
  type Column,
  columnAt,
  relabelled,
} from "./prompt.ts";
import {
  badSpec,
  checkDrawSpec,
  checkInteger,
  checkSize,
  type DrawSpec,
  MAX_LENGTH,
} from "./spec.ts";

/** Which sequence opens the prompt: `A X… B` (the post's own order) or `C X… D` (reversed). */
export type RepeatedOrder = "first-second" | "second-first";

/** A request for repeated sequences; plain JSON. */
export interface RepeatedSpec extends DrawSpec {
  /** Tokens of one copy: A, `length - 2` X's, B. At least 2. */
  readonly length: number;
  /** Default `first-second`. */
  readonly order?: RepeatedOrder;
  /**
   * Copies in the prompt, at least 3 (the default). All but the last alternate between the two
   * sequences in the given order; the last, which is asked about, is always `A X… B`. Nine copies
   * are the long context of the post's notebooks.
   */
  readonly copies?: number;
  /**
   * Number of random tokens before each copy: `[50, 0, 25]` puts 50 behind BOS and 25 before the
   * last of three copies. Default none.
   */
  readonly filler?: readonly number[];
}

/** Labels of one copy, as the post writes them: `A X1 X2 B`, or `A X B` where there is one X. */
export function copyLabels(length: number, opens: string, closes: string): string[] {
  const middle = Array.from({ length: length - 2 }, (_, i) => (length === 3 ? "X" : `X${i + 1}`));
  return [opens, ...middle, closes];
}

function checkRepeatedSpec(spec: RepeatedSpec): void {
  checkDrawSpec(spec);
  const { batch, length, order, copies = 3, filler } = spec;
  checkInteger("length", length, {
    min: 2,
    max: MAX_LENGTH,
    why: "A and B are the shortest sequence",
  });
  checkInteger("copies", copies, { min: 3, why: "A…B, C…D, and the copy that is asked about" });
  if (order !== undefined && order !== "first-second" && order !== "second-first") {
    throw badSpec("order", order, `"first-second" or "second-first"`);
  }
  if (filler !== undefined && filler.length !== copies) {
    throw badSpec("filler", filler, `${copies} numbers of tokens, one before each copy`);
  }
  let total = copies * length + 1;
  for (const count of filler ?? []) {
    checkInteger("filler", count, { min: 0 });
    total += count;
  }
  checkSize(batch, total);
}

/** The columns of a prompt, with those that experiments need by name. */
interface Layout {
  readonly columns: readonly Column[];
  readonly b: Column;
  readonly c: Column;
  readonly d: Column;
}

function layout(spec: RepeatedSpec): Layout {
  checkRepeatedSpec(spec);
  const { length, order = "first-second", copies = 3, filler = [] } = spec;
  const draw = new TokenDraw(spec);
  const first = draw.columns(copyLabels(length, "A", "B"));
  const drawn = draw.columns(copyLabels(length, "C", "D"));
  const c = columnAt(drawn, 0);
  const d = columnAt(drawn, -1);
  const second = [c, ...first.slice(1, -1), d];

  const columns = draw.bos();
  for (let copy = 0; copy < copies; copy++) {
    columns.push(...draw.columns(Array.from({ length: filler[copy] ?? 0 }, () => "R")));
    const opening = order === "first-second" ? 0 : 1;
    columns.push(...(copy === copies - 1 || copy % 2 === opening ? first : second));
  }
  return { columns, b: columnAt(first, -1), c, d };
}

/**
 * Repeated sequences. The last copy is complete, and the answer is read one before its B: at the
 * last X, or at A where `length` is 2. B is right, D is wrong.
 *
 * Drawn in this order: `first` `[batch, length]`; `second` `[batch, length]`, of which only the ends
 * are used; the filler before each copy `[batch, n]`, left to right. So length, batch, seed and
 * vocabulary of the post give the prompts of the post, whatever the order and number of copies.
 *
 * @throws LookbackError `bad-spec` naming the field that cannot be.
 * @example
 * repeatedPrompts({ length: 3, batch: 4000, seed: 120, d_vocab: 48262, bos: 1 }).labels
 * // BOS A X B C X D A X B
 */
export function repeatedPrompts(spec: RepeatedSpec): AnsweredPrompts {
  const { columns, b, d } = layout(spec);
  return answeredPromptsOf(columns, { read: -2, right: b, wrong: d });
}

/** Prompts that differ in few tokens, for activation patching. */
export interface PromptPair {
  readonly clean: AnsweredPrompts;
  readonly corrupted: AnsweredPrompts;
  /** The first position at which the two differ; up to it, every activation is the same. */
  readonly changed: number;
}

/**
 * Which side of the match is corrupted: `query` (the post's figure 5), the A that opens the last copy
 * becomes C, so that what asks is another; `keys`, the A's and C's that open the earlier copies trade
 * places, so that what is found is another and the last copy stays.
 */
export type CorruptedSide = "query" | "keys";

const CORRUPTED_SIDES: readonly CorruptedSide[] = ["query", "keys"];

/**
 * Repeated sequences, and the same corrupted so that D is what a repeating model says. The answers of
 * both are B over D.
 *
 * @throws LookbackError `bad-spec` naming the field that cannot be.
 */
export function repeatedPair(spec: RepeatedSpec, side: CorruptedSide = "query"): PromptPair {
  checkChoice("side", side, CORRUPTED_SIDES);
  const { columns, b, c, d } = layout(spec);
  const last = columns.length - spec.length;
  const a = columnAt(columns, last);
  const exchanged = columns.map((column, position) => {
    if (side === "query") return position === last ? relabelled("C", c) : column;
    if (position >= last) return column;
    if (column === a) return relabelled("C", c);
    return column === c ? relabelled("A", a) : column;
  });
  const answer = { read: -2, right: b, wrong: d };
  return {
    clean: answeredPromptsOf(columns, answer),
    corrupted: answeredPromptsOf(exchanged, answer),
    changed: exchanged.findIndex((column, position) => column !== columns[position]),
  };
}

/** The same two sequences, asked about one and about the other. */
export interface AskedBothWays {
  /** `A X… B C X… D A X…`, as in the post: B is right, D wrong, and stands nearer. */
  readonly first: AnsweredPrompts;
  /** `A X… B C X… D C X…`: D is right, B wrong. */
  readonly second: AnsweredPrompts;
}

/**
 * Repeated sequences that end in a copy of the first sequence and, token for token the same but for what
 * opens it, in a copy of the second. In the mean of the two logit differences a preference for late
 * positions cancels, and so does the liking that a model has for the token B over the token D. It is as
 * if the two sequences had traded places, with their tokens.
 *
 * @throws LookbackError `bad-spec` naming the field that cannot be.
 */
export function askedBothWays(spec: RepeatedSpec): AskedBothWays {
  const { clean, corrupted } = repeatedPair(spec);
  const answers = clean.answers.map(([b, d]): AnswerPair => [d, b]);
  return { first: clean, second: { ...corrupted, answers } };
}
