/**
 * @file Repeated sequences whose last copy comes in another order: does a circuit match a sequence, or
 * only the tokens that it is made of?
 */

import { LookbackError } from "../errors.ts";
import { TokenDraw } from "./draw.ts";
import { type AnsweredPrompts, answeredPromptsOf, type Column, columnAt } from "./prompt.ts";
import { type AskedBothWays, askedBothWays, type RepeatedSpec } from "./repeated.ts";

/** An order of the tokens `A X1 … Xn` before the answer: places in the copy, from 0 for A. */
export type TokenOrder = readonly number[];

/** All orders of n tokens, that of the copy first; lexicographic. */
export function allOrders(n: number): TokenOrder[] {
  if (n === 0) return [[]];
  return Array.from({ length: n }, (_, first) =>
    allOrders(n - 1).map((rest) => [
      first,
      ...rest.map((place) => (place < first ? place : place + 1)),
    ]),
  ).flat();
}

/** What stands in the last copy in the place of its own tokens. */
export interface Reordering {
  readonly order: TokenOrder;
  /** Places of the copy whose tokens are replaced by random ones, wherever the order puts them. */
  readonly replaced?: readonly number[];
}

function checkOrder(order: TokenOrder, places: number): void {
  const sorted = order.toSorted((a, b) => a - b);
  if (order.length === places && sorted.every((place, i) => place === i)) return;
  throw new LookbackError(
    "bad-spec",
    `order: [${order.join(", ")}] is no order of the ${places} tokens before the answer`,
    { field: "order", value: order },
  );
}

/** Prompts position by position. */
function columnsOf({ tokens, labels }: AnsweredPrompts): Column[] {
  return labels.map((label, position) => ({
    label,
    ids: Int32Array.from(
      { length: tokens.batch },
      (_, row) => tokens.ids[row * tokens.length + position] as number,
    ),
  }));
}

/** Prompts whose last copy, of `random.length` tokens, is put in another order. */
function reordered(
  prompts: AnsweredPrompts,
  { order, replaced = [] }: Reordering,
  random: readonly Column[],
): AnsweredPrompts {
  const columns = columnsOf(prompts);
  const start = columns.length - random.length;
  const own = columns.slice(start, -1);
  checkOrder(order, own.length);
  const last = order.map((place) => columnAt(replaced.includes(place) ? random : own, place));
  const answerOf = (label: string, which: 0 | 1): Column => ({
    label,
    ids: Int32Array.from(prompts.answers, (pair) => pair[which]),
  });
  return answeredPromptsOf([...columns.slice(0, start), ...last, columnAt(columns, -1)], {
    read: -2,
    right: answerOf("right", 0),
    wrong: answerOf("wrong", 1),
  });
}

/**
 * The prompts of `askedBothWays`, with the tokens before the last answer in other orders, and some of
 * them replaced by random tokens. All share their first two sequences and their answers, row by row.
 *
 * Random tokens are drawn from the next seed, `[batch, length]`, one for each place of the copy; where
 * tokens are distinct, none that the prompt has.
 *
 * @throws LookbackError `bad-spec` for an order that is none, and as `askedBothWays`.
 */
export function reorderedPrompts(
  spec: RepeatedSpec,
  reorderings: readonly Reordering[],
): AskedBothWays[] {
  const { first, second } = askedBothWays(spec);
  const draw = new TokenDraw({ ...spec, seed: (spec.seed + 1) % 2 ** 32 });
  draw.avoid(columnsOf(first)); // both askings are of the same tokens
  const random = draw.columns(Array.from({ length: spec.length }, () => "R"));
  return reorderings.map((reordering) => ({
    first: reordered(first, reordering, random),
    second: reordered(second, reordering, random),
  }));
}
