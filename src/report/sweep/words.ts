/** @file The parameters of a sweep as people read them: on axes, in keys and over panels. */

import { type ParameterName, type SweepParameters, valueText } from "../../sweeps/parameters.ts";
import type { Quantity } from "../../sweeps/result.ts";
import { type Format, logits, probability } from "../format.ts";

/** What an axis says that a parameter is. */
export const AXIS_LABELS: Readonly<Record<ParameterName, string>> = {
  length: "length of one copy (tokens)",
  gap: "gap between earlier copies (tokens)",
  distance: "distance to the last copy (tokens)",
  filler: "kind of filler",
  order: "order",
  copies: "earlier copies of A X… B",
  distractors: "distractors C X… D",
  vocabulary: "vocabulary",
  offset: "offset of the first copy (tokens)",
  seed: "seed",
  batch: "prompts of one batch",
  distinct: "distinct tokens",
};

/** What is measured, its unit, and how its numbers are written. */
export const QUANTITY_WORDS: Readonly<
  Record<Quantity, { readonly name: string; readonly unit: string; readonly format: Format }>
> = {
  logitDiff: { name: "Logit difference B − D", unit: "nats", format: logits },
  pB: { name: "P(B)", unit: "probability", format: probability },
  pD: { name: "P(D)", unit: "probability", format: probability },
};

/** Ids beyond which a set of tokens is not listed. */
const LISTED_IDS = 6;

/** A value as pictures and tables have room for it. */
export function shortValue(parameters: SweepParameters, name: ParameterName): string {
  const { vocabulary } = parameters;
  if (name === "vocabulary" && vocabulary !== null && "ids" in vocabulary) {
    const { ids } = vocabulary;
    if (ids.length > LISTED_IDS) return `{${ids[0]}, …, ${ids.at(-1)}}, ${ids.length} ids`;
  }
  return valueText(parameters, name);
}

/** `gap 8` */
export function namedValue(parameters: SweepParameters, name: ParameterName): string {
  return `${name} ${shortValue(parameters, name)}`;
}

/** `length 2–8, gap 0, 8, 16`: steps of one as a range. */
export function valuesInWords(texts: readonly string[]): string {
  const numbers = texts.map(Number);
  const isRun =
    texts.length > 3 && numbers.every((value, i) => value === (numbers[0] as number) + i);
  return isRun ? `${texts[0]} to ${texts.at(-1)}` : texts.join(", ");
}
