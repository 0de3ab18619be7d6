/** @file The lines above the tables: whose numbers they are, of which prompts, and in which unit. */

import { differsFromZero, type Estimate } from "../measures/statistics.ts";
import { logits, withInterval } from "../report/format.ts";
import { wrapped } from "../report/wrapped.ts";

/** What is said of the intervals of means over n. */
export function intervalsInWords(n: number): string {
  return n > 1 ? "intervals are 95%" : "one prompt, so no intervals";
}

/** `400 prompts` */
export function promptCount(n: number): string {
  return n === 1 ? "1 prompt" : `${n} prompts`;
}

/** Sentences, each beginning a line, broken where the terminal ends. */
export function paragraphs(texts: readonly string[], width: number): string {
  return texts
    .flatMap((text) => wrapped(text, width, "  "))
    .map((line) => `${line}\n`)
    .join("");
}

interface PatchedRuns {
  readonly clean: Estimate;
  readonly corrupted: Estimate;
  /** Clean less corrupted, paired. */
  readonly gap?: Estimate;
}

/**
 * What was patched into what, what the two runs say by themselves, and whether they differ: shares of a
 * difference that may be none mean nothing.
 */
export function patchHeading(
  what: string,
  { clean, corrupted, gap }: PatchedRuns,
  width: number,
): string {
  return paragraphs(
    [
      what,
      `mean logit difference in nats: clean ${withInterval(clean, logits)}, corrupted ${withInterval(corrupted, logits)}; ${intervalsInWords(clean.n)}`,
      "effects: 0 is the corrupted run, 1 the clean one",
      ...(gap === undefined || differsFromZero(gap)
        ? []
        : [
            `mind: clean less corrupted is ${withInterval(gap, logits)}, which may be nothing, and effects are shares of it`,
          ]),
    ],
    width,
  );
}
