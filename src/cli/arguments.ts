/** @file Reading single arguments: a number in its range, a list of lengths, one of some words. */

import { InvalidArgumentError, Option } from "commander";

/** The largest seed of the Mersenne Twister, which is seeded with 32 bits. */
export const MAX_SEED = 0xffff_ffff;

/** A parser for `<n>`: a whole number from `min` to `max`. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number ${range}.`);
    }
    return value;
  };
}

const MIN_LENGTH = 2; // A and B
const MAX_LENGTH = 10_000; // guards the range from a slip of the pen; the model's n_ctx is far below

/** Lengths of a repeated sequence: `5`, `2-7` or `2,3,8-10`; increasing, each once. */
export function lengths(text: string): number[] {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    const from = Number(first);
    const to = Number(last);
    if (first === undefined || from < MIN_LENGTH || to > MAX_LENGTH || from > to) {
      throw new InvalidArgumentError(
        `It must be lengths of ${MIN_LENGTH} or more, the lower end first, such as 5, 2-7 or 2,3,8-10.`,
      );
    }
    for (let length = from; length <= to; length++) found.add(length);
  }
  return [...found].sort((a, b) => a - b);
}

/** Collects an option that may be given several times. */
export function collected(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** An option that takes one of some words. */
export function choice(flags: string, description: string, words: readonly string[]): Option {
  return new Option(flags, description).choices(words);
}

/**
 * As {@link choice}, with a word that is meant where none is given; the command can tell it from one
 * that was given.
 */
export function impliedChoice(
  flags: string,
  description: string,
  words: readonly string[],
  implied: string,
): Option {
  const quoted = words.map((word) => JSON.stringify(word)).join(", ");
  const told = `${description} (choices: ${quoted}, default: ${JSON.stringify(implied)})`;
  return new Option(flags, told).argParser((word: string) => {
    if (words.includes(word)) return word;
    throw new InvalidArgumentError(`Allowed choices are ${words.join(", ")}.`);
  });
}
