/** @file How a model came to be, from the log of its training: what the story draws of it. */

import { LookbackError } from "../../../src/errors.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import { type TokenAxis, tokenAxis } from "../../../src/report/development/token-places.ts";
import { tokensText } from "../../../src/report/development/words.ts";
import type { LineFigure, Mark, PlacedAxis } from "../drawing/figure.ts";
import type { Run } from "../runs/run.ts";
import { type KeptDevelopment, keptDevelopment } from "./kept-development.ts";

/** The folder of the site that has them. */
export const DEVELOPMENTS = "developments";

/** The development of a run by its log; undefined where its looks are of different models, or asked too little. */
export function developmentOfRun(
  { looks }: Pick<Run, "looks">,
  model: ModelConfig,
): KeptDevelopment | undefined {
  try {
    return keptDevelopment(looks, model);
  } catch (error) {
    if (error instanceof LookbackError) return undefined;
    throw error;
  }
}

/** Tokens on a logarithmic scale, the start left of all others, with ticks at round numbers. */
function placedAxis(tokens: readonly number[]): PlacedAxis {
  const looks = tokens.map((each) => ({ tokens: each }));
  const { domain, place, ticks, tickText }: TokenAxis = tokenAxis([
    { counts: "tokens", looks, losses: [] },
  ]);
  const [low, high] = domain;
  const across = (at: number) => Math.log(at / low) / Math.log(high / low);
  return {
    places: tokens.map((each) => across(place(each))),
    ticks: ticks.map((tick) => ({ place: across(tick), label: tickText(tick) })),
  };
}

/** Curves over the tokens of training. To the label of a mark it is added where it is. */
function overTraining<T>(
  { tokens }: KeptDevelopment,
  titled: Pick<LineFigure, "title" | "measure">,
  series: readonly { readonly name: string; readonly looks: readonly T[] }[],
  mark: (look: T) => Mark,
): LineFigure {
  const x = tokens.map(tokensText);
  return {
    kind: "lines",
    ...titled,
    xTitle: "tokens of text",
    x,
    axis: placedAxis(tokens),
    series: series.map(({ name, looks }) => ({
      name,
      marks: looks.map((look, i) => {
        const { label, ...numbers } = mark(look);
        return { label: `${label} at ${x[i]} tokens`.trimStart(), ...numbers };
      }),
    })),
  };
}

const SCORES = [
  ["previousToken", "previous token"],
  ["lookBack", "look-back"],
  ["induction", "induction"],
] as const;

/** The best head's score for each role. */
export function scoresFigure(development: KeptDevelopment): LineFigure {
  return overTraining(
    development,
    {
      title: "The best head of each role while it learned",
      measure: "attention on the token before, on lags 2 to 5, and on what followed the same token",
    },
    SCORES.map(([role, name]) => ({ name, looks: development.best[role] })),
    ({ label, score }) => ({ label, value: score }),
  );
}

/** Of more there are no colours. */
const DRAWN_LENGTHS: readonly number[] = [3, 4, 5];

/** The answer at lengths that a plain induction head cannot give. */
export function lengthsFigure(development: KeptDevelopment): LineFigure {
  return overTraining(
    development,
    {
      title: "The answer by length while it learned",
      measure: "logit difference, asked both ways",
    },
    development.lengths
      .filter(({ length }) => DRAWN_LENGTHS.includes(length))
      .map(({ length, answers }) => ({ name: `length ${length}`, looks: answers })),
    ({ mean, low, high }) => ({ label: "", value: mean, low, high }),
  );
}

/** `first previous token head, L0H2 (4.37 M)` */
export function eventsTold({ events }: Pick<KeptDevelopment, "events">): string[] {
  return events.map(({ text, tokens }) => `${text} (${tokensText(tokens)})`);
}

/** `2, 3 and 4` */
function listed(numbers: readonly number[]): string {
  const last = numbers.at(-1);
  return numbers.length < 2 ? `${last ?? ""}` : `${numbers.slice(0, -1).join(", ")} and ${last}`;
}

/** In which order lengths came, and how close together; nothing where fewer than two came. */
export function lengthsTold({ events }: Pick<KeptDevelopment, "events">): string {
  const came = events.filter((event) => event.length !== null);
  const [first, last] = [came[0], came.at(-1)];
  if (first === undefined || last === undefined || came.length < 2) return "";
  const lengths = came.map(({ length }) => length as number);
  const inOrder = lengths.every((length, i) => i === 0 || length > (lengths[i - 1] as number));
  const order = inOrder
    ? "the shorter before the longer"
    : "not the shorter always before the longer";
  return `The lengths came within ${tokensText(last.tokens - first.tokens)} tokens, in the order ${listed(lengths)}: ${order}.`;
}

/** What the sensitive measure finds and section 4's does not; nothing where they agree. */
export function onlyBothWaysTold({ onlyBothWays }: Pick<KeptDevelopment, "onlyBothWays">): string {
  if (onlyBothWays.length === 0) return "";
  const [subject, verb] = onlyBothWays.length === 1 ? ["length", "is"] : ["lengths", "are"];
  return `Here ${subject} ${listed(onlyBothWays)} came to stay by this measure, and ${verb} not clear of zero at the end when asked one way.`;
}
