/** @file How a bundled model came to be, from the log of its training: what the story draws of it. */

import { tokensText } from "../../../src/report/development/words.ts";
import type { LineFigure, Mark } from "../drawing/figure.ts";
import type { BestHead } from "../runs/run.ts";

/** The folder of the site that has them. */
export const DEVELOPMENTS = "developments";

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
  readonly events: readonly { readonly text: string; readonly tokens: number }[];
}

/** The development of a bundled model; undefined where the site has none, or cannot be reached. */
export async function fetchDevelopment(name: string): Promise<KeptDevelopment | undefined> {
  if (!__KEPT_RUNS__.includes(name)) return undefined;
  const url = new URL(`${DEVELOPMENTS}/${name}.json`, document.baseURI);
  const response = await fetch(url).catch(() => undefined);
  return response?.ok ? await response.json() : undefined;
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
    xTitle: "tokens",
    x,
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
export function eventsTold({ events }: KeptDevelopment): string[] {
  return events.map(({ text, tokens }) => `${text} (${tokensText(tokens)})`);
}
