/** @file What the story tells of a model's training, made of the looks at it: by the build, or in the page. */

import { runDevelopment } from "../../../src/development/development.ts";
import { isAskedBothWays, lengthAnswers } from "../../../src/development/length-answers.ts";
import type { AboutRun, PlacedLook } from "../../../src/development/training-record.ts";
import { isPositive } from "../../../src/experiments/answers.ts";
import { eventText } from "../../../src/report/development/words.ts";
import type { BestHead } from "../runs/run.ts";
import { seenIn } from "../runs/run-log.ts";

/** Something that came to stay. */
export interface KeptEvent {
  readonly text: string;
  readonly tokens: number;
  /** Where it is one. */
  readonly length: number | null;
}

/** What is drawn, look by look. */
export interface KeptDevelopment {
  readonly tokens: readonly number[];
  readonly best: Readonly<Record<"previousToken" | "lookBack" | "induction", readonly BestHead[]>>;
  /** Logit differences asked both ways, in nats, with 95% intervals. */
  readonly lengths: readonly {
    readonly length: number;
    readonly answers: readonly {
      readonly mean: number;
      readonly low: number;
      readonly high: number;
    }[];
  }[];
  /** Lengths, and the first head of each role, in the order in which they came to stay. */
  readonly events: readonly KeptEvent[];
  /** Lengths that came to stay, but that the last look, asking one way, does not find above zero. */
  readonly onlyBothWays: readonly number[];
}

/**
 * The development of a model by its looks, in rising order.
 *
 * @returns undefined where no look asked both ways, as those of early versions did not.
 */
export function keptDevelopment(
  looks: readonly PlacedLook[],
  model: AboutRun["model"],
): KeptDevelopment | undefined {
  const drawn = looks.filter((look) => isAskedBothWays([look]));
  const last = drawn.at(-1);
  if (last === undefined) return undefined;
  const about = { model, recipe: null };
  // Of all looks, as in the report of `lookback develop`; only the figures need both ways.
  const record = { name: "", about, counts: "tokens", looks, losses: [] } as const;
  const events = runDevelopment(record)
    .order.filter((event) => event.kind === "length" || (event.kind === "head" && event.rank === 1))
    .map((event) => ({
      text: eventText(event),
      tokens: event.tokens,
      length: event.kind === "length" ? event.length : null,
    }));
  const seen = drawn.map((look) => seenIn(look.step ?? 0, look));
  return {
    tokens: drawn.map(({ tokens }) => tokens),
    best: {
      previousToken: seen.map(({ previousToken }) => previousToken),
      lookBack: seen.map(({ lookBack }) => lookBack),
      induction: seen.map(({ induction }) => induction),
    },
    lengths: last.lengths.map(({ length }) => ({
      length,
      answers: lengthAnswers(drawn, length).map(({ estimate: { mean, ci95 } }) => ({
        mean,
        low: ci95[0],
        high: ci95[1],
      })),
    })),
    events,
    onlyBothWays: last.lengths
      .filter(({ length, logitDiff }) => {
        const hasStayed = events.some((event) => event.length === length);
        return hasStayed && isPositive(logitDiff) !== "yes";
      })
      .map(({ length }) => length),
  };
}
