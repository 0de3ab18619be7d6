/** @file What came out of a prediction, as pictures of predictions draw it. */

import { type Format, whole } from "../format.ts";

/** A mean with its interval, the side that was predicted, and what came out. */
export interface Outcome {
  readonly mean: number;
  readonly interval: readonly [low: number, high: number];
  /** Prompts. */
  readonly n: number;
  readonly predicted: { readonly is: "above" | "below"; readonly value: number };
  /** What came out: a sign, a word for it, and their colour. */
  readonly sign: string;
  readonly word: string;
  readonly colour: string;
  /** Whether it is set aside, and so drawn faintly and without a say in the scale. */
  readonly aside: boolean;
}

/** `0.40 [0.05, 0.75]` */
export function outcomeNumbers({ mean, interval: [low, high] }: Outcome, format: Format): string {
  return `${format(mean)} [${format(low)}, ${format(high)}]`;
}

/** All of it in words. */
export function outcomeInWords(outcome: Outcome, format: Format): string {
  const { n, predicted, word } = outcome;
  return `${outcomeNumbers(outcome, format)}, n = ${whole(n)}; predicted ${predicted.is} ${format(predicted.value)}: ${word}`;
}

/** What has a say in a scale that they share. */
export function spannedBy(outcomes: readonly Outcome[]): number[] {
  return outcomes.flatMap(({ predicted, interval, aside }) => [
    predicted.value,
    ...(aside ? [] : interval),
  ]);
}
