/** @file A development for a terminal: curves as lines of text, and what came to stay in its order. */

import type { DevelopmentResult } from "../../development/across-runs.ts";
import type { DevelopmentEvent, RunDevelopment } from "../../development/development.ts";
import { roleScore } from "../../development/head-role.ts";
import { lengthAnswers } from "../../development/length-answers.ts";
import type { PlacedLook } from "../../development/training-record.ts";
import { fixed, logits, withInterval } from "../format.ts";
import { PLAIN, type TableOptions } from "../terminal.ts";
import { wrapped } from "../wrapped.ts";
import { eventInWords, LEAST_RUNS } from "./across.ts";
import { sparkline } from "./sparkline.ts";
import { copiesText, eventText, looksText, modelText, placeText, tokensText } from "./words.ts";

const NAME_WIDTH = 36;
const NUMBER_WIDTH = 8;
const LEAST_CURVE = 8;
const MOST_CURVE = 48;

/** Characters of a curve, where so many others stand in its line. */
function curveWidth(width: number, others: number): number {
  return Math.min(MOST_CURVE, Math.max(LEAST_CURVE, width - others));
}

/** A number of each look. */
type Chosen = (look: PlacedLook) => number | undefined;

function seen({ looks }: RunDevelopment, chosen: Chosen) {
  return looks.flatMap((look) => {
    const value = chosen(look);
    return value === undefined ? [] : [{ tokens: look.tokens, value }];
  });
}

/** `held-out loss    4.60  ▇▇▆▅▃▂▁  3.20`; nothing where no look has the number. */
function lossLine(run: RunDevelopment, name: string, chosen: Chosen, width: number): string[] {
  const points = seen(run, chosen);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  const number = (value: number) => logits(value).padStart(NUMBER_WIDTH);
  const room = curveWidth(width, NAME_WIDTH + 2 * NUMBER_WIDTH + 6);
  return [
    `  ${name.padEnd(NAME_WIDTH)}${number(first.value)}  ${sparkline(points, room)}${number(last.value)}`,
  ];
}

/** What is drawn behind an event: the head's score, or the logit difference of the length. */
function eventCurve(run: RunDevelopment, event: DevelopmentEvent) {
  switch (event.kind) {
    case "head":
      return seen(run, ({ heads }) => {
        const head = heads.find(({ label }) => label === event.label);
        return head && roleScore(head, event.role);
      });
    case "length":
      return lengthAnswers(run.looks, event.length).map(({ tokens, estimate }) => ({
        tokens,
        value: estimate.mean,
      }));
    case "phase change":
      return event.of === "second copy"
        ? seen(run, ({ repeated }) => repeated.second.mean)
        : seen(run, ({ heldOut }) => heldOut?.inContext?.score.mean);
  }
}

function eventRange(event: DevelopmentEvent, values: readonly number[]): [number, number] {
  if (event.kind === "head") return [0, 1];
  return event.kind === "length"
    ? [0, Math.max(0.1, ...values)]
    : [Math.min(...values), Math.max(...values)];
}

function eventLine(run: RunDevelopment, event: DevelopmentEvent, width: number): string {
  const points = eventCurve(run, event);
  const range = eventRange(
    event,
    points.map(({ value }) => value),
  );
  const room = curveWidth(width, NAME_WIDTH + 2 * NUMBER_WIDTH + 6);
  const end = fixed(2)(points.at(-1)?.value ?? 0).padStart(NUMBER_WIDTH);
  const at = `${event.isEarlier ? "≤ " : ""}${tokensText(event.tokens)}`.padStart(NUMBER_WIDTH);
  return `${at}  ${eventText(event).padEnd(NAME_WIDTH)}${sparkline(points, room, range)}${end}`;
}

/** `length 4: 0.12 [−0.31, 0.55]`, of lengths that do not stay clear of zero. */
function missing(run: RunDevelopment): string[] {
  return run.lengths.flatMap(({ length, appeared }) => {
    const last = lengthAnswers(run.looks, length).at(-1);
    if (appeared !== null || last === undefined) return [];
    return [`length ${length}: ${withInterval(last.estimate, logits)}`];
  });
}

function runText(run: RunDevelopment, { width, palette: { bold, dim } }: Required<TableOptions>) {
  const { phaseChange } = run;
  const copies = copiesText(run);
  const about = [modelText(run), ...(copies === null ? [] : [copies]), looksText(run)].join("; ");
  const change = phaseChange.secondCopy;
  const absent = missing(run);
  const paragraphs = [
    ...(change === null
      ? [
          "phase change: none; between no two looks does the loss on the second copy, less that on the first, fall clearly",
        ]
      : [
          `phase change: the loss on the second copy, less that on the first, falls most steeply from ${placeText(change.from, run)} to ${placeText(change.to, run)}, by ${logits(-change.fall.mean)} nats`,
        ]),
    ...(absent.length > 0 ? [`not clear of zero in the end: ${absent.join(", ")}`] : []),
    ...(run.counts === "tokens"
      ? []
      : ["what the checkpoints' names count, tokens or steps, the files do not say"]),
  ];
  return [
    bold(run.name),
    ...wrapped(about, width, "  ").map(dim),
    "",
    ...lossLine(run, "loss on held-out text", ({ heldOut }) => heldOut?.loss.mean, width),
    ...lossLine(run, "loss on the second copy", ({ repeated }) => repeated.second.mean, width),
    ...lossLine(run, "in-context score", ({ heldOut }) => heldOut?.inContext?.score.mean, width),
    "",
    run.order.length === 0
      ? "no head comes to a role and keeps it, and no length stays clear of zero"
      : bold(`what came to stay, in this order (${run.counts})`),
    ...run.order.map((event) => eventLine(run, event, width)),
    "",
    ...paragraphs.flatMap((paragraph) => wrapped(paragraph, width, "  ")),
  ];
}

/** A development as text, each run and then what they have in common. */
export function renderDevelopmentText(
  { runs, across }: DevelopmentResult,
  { width = 100, palette = PLAIN }: TableOptions = {},
): string {
  const lines = runs.flatMap((run) => [...runText(run, { width, palette }), ""]);
  if (across !== null) {
    lines.push(
      palette.bold(
        `across ${runs.length} runs, geometric means${runs.length >= LEAST_RUNS ? " with 95% intervals" : ""}`,
      ),
      ...across.events.flatMap((event) =>
        wrapped(`  ${eventInWords(event)}; in ${event.count} of ${runs.length}`, width, "    "),
      ),
    );
  }
  return `${lines.join("\n").trimEnd()}\n`;
}
