/** @file What of the sources became no document, in words, and what a user can do about it. */

import type { SkipReason } from "../../corpus/documents.ts";
import { MOST_TEXT_BYTES } from "../../training/recipe.ts";

/** How often what was skipped, by reason. */
export type Skipped = Readonly<Partial<Record<SkipReason, number>>>;

/** Reasons that take nothing away: the text is in the corpus, once. */
const KEPT_ELSEWHERE: ReadonlySet<SkipReason> = new Set(["duplicate", "all-repeated"]);

/** What a reason stands for, and what to do; nothing where there is nothing to be done. */
const WORDS: Readonly<Record<SkipReason, readonly [what: string, remedy?: string]>> = {
  empty: ["empty"],
  binary: ["binary", "take the text out of them into .txt files"],
  "not-utf-8": ["not in UTF-8", "save them in that encoding"],
  "few-letters": ["with few letters, as tables of numbers have"],
  minified: ["minified, long lines with hardly a space"],
  duplicate: ["the same as others"],
  "all-repeated": ["all of blocks that had come before"],
  "bad-json": [
    "lines of JSON lines without text",
    'each is an object with its text in the field "text"',
  ],
  "too-large": [
    "too large",
    `the recipe's corpus.mostBytes allows up to ${MOST_TEXT_BYTES} bytes; put more into JSON lines, or into several files`,
  ],
  unreadable: ["unreadable", "make them readable, and mend what is damaged"],
  link: ["links in folders", "name what they point to as a source"],
};

/** What was skipped, each reason with its count and its remedy. */
export function skippedText(skipped: Skipped): string {
  const reasons = Object.entries(skipped) as [SkipReason, number][];
  return reasons
    .map(([reason, times]) => {
      const [what, remedy] = WORDS[reason];
      return `${what}: ${times}${remedy === undefined ? "" : ` (${remedy})`}`;
    })
    .join("; ");
}

/** The same of what a corpus goes without; undefined where that is nothing. */
export function missedText(skipped: Skipped): string | undefined {
  const missed = Object.entries(skipped).filter(
    ([reason]) => !KEPT_ELSEWHERE.has(reason as SkipReason),
  );
  return missed.length === 0 ? undefined : skippedText(Object.fromEntries(missed));
}
