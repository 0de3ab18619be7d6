/** @file What the answer's figure has beside its bars, and how long they are. */

import type { Estimate } from "../../../src/measures/statistics.ts";
import type { SessionAnswer } from "../../../src/session/answer.ts";
import { type Fact, markOf } from "../drawing/figure.ts";

/** The headline as data: the logit difference, the one without interventions, and what these change. */
export function answerFacts(
  now: Pick<SessionAnswer, "answers" | "logitDifference">,
  before: Pick<SessionAnswer, "logitDifference"> | null,
  change: Estimate | null,
): Fact[] {
  const pair = now.answers.texts.join(" − ");
  const measure = "logit difference";
  return [
    { ...markOf(pair, now.logitDifference), measure },
    ...(before ? [{ ...markOf(`${pair} before`, before.logitDifference), measure }] : []),
    ...(change ? [{ ...markOf(`${pair} changed by`, change), measure }] : []),
  ];
}

const FULL = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** The probability that fills a bar: that of the likeliest of all that is drawn, rounded up. */
export function fullProbability(drawn: readonly (Estimate | undefined)[]): number {
  const largest = Math.max(0, ...drawn.map((probability) => probability?.mean ?? 0));
  return FULL.find((value) => value >= largest) ?? 1;
}
