/** @file What several runs have in common: when each thing happened in each, and their curves together. */

import * as Plot from "@observablehq/plot";
import type { AcrossRuns, DevelopmentResult, EventAcross } from "../../development/across-runs.ts";
import type { RunDevelopment } from "../../development/development.ts";
import {
  bestHeads,
  FOLLOWED_RULES,
  type FollowedRole,
  roleScore,
} from "../../development/head-role.ts";
import type { PlacedLook } from "../../development/training-record.ts";
import { chart } from "../drawing/chart.ts";
import { dashedKey } from "../drawing/legend.ts";
import { lineKeys, lookAmong } from "../drawing/line-looks.ts";
import type { Point } from "../drawing/marks.ts";
import { type Format, logits, share } from "../format.ts";
import type { DataFigure } from "../page/data-figure.ts";
import { html, type Markup, sentences } from "../page/markup.ts";
import { type Curve, curveChart } from "./curve-chart.ts";
import { appearedKey } from "./keys.ts";
import { drawnLooks } from "./looks.ts";
import { type TokenAxis, tokenAxis, tokenScale, tokenTicks } from "./token-axis.ts";
import { eventText, placeText, tokensText } from "./words.ts";

const MOST_ROWS = 24;
const ROW_HEIGHT = 22;
const WIDTH = 460;
const CHARACTER = 6.4;

/** The geometric mean; null where it is not known when it happened in all runs that have it. */
function meanTokens({ log2Tokens }: EventAcross): number | null {
  return log2Tokens && 2 ** log2Tokens.mean;
}

/** Of two runs an interval says next to nothing: it spans a factor of thousands. */
export const LEAST_RUNS = 3;

/** The interval of the geometric mean, where enough runs have the event. */
function interval({ log2Tokens }: EventAcross): [number, number] | null {
  if (log2Tokens === null || log2Tokens.n < LEAST_RUNS) return null;
  const [low, high] = log2Tokens.ci95;
  return [2 ** low, 2 ** high];
}

function eventChart(result: DevelopmentResult, rows: readonly EventAcross[], axis: TokenAxis) {
  const { runs } = result;
  const first = runs[0] as RunDevelopment; // there are several
  const nameOf = ({ event }: EventAcross) => eventText(event, false);
  const names = rows.map(nameOf);
  const left = 14 + CHARACTER * Math.max(...names.map((name) => name.length));
  const [low, high] = axis.domain;
  const inside = (tokens: number) => Math.min(high, Math.max(low, axis.place(tokens)));
  const means = rows.flatMap((row) => {
    const mean = meanTokens(row);
    if (row.count < 2 || mean === null) return [];
    const range = interval(row) ?? [mean, mean];
    return [
      {
        name: nameOf(row),
        at: inside(mean),
        low: inside(range[0]),
        high: inside(range[1]),
      },
    ];
  });
  const dots = rows.flatMap((row) =>
    row.tokens.flatMap((tokens, run) =>
      tokens === null
        ? []
        : [
            {
              name: nameOf(row),
              at: axis.place(tokens),
              run,
              tip: `${nameOf(row)}, ${runs[run]?.name}${row.labels[run] ? `, ${row.labels[run]}` : ""}: ${placeText(tokens, first)}`,
            },
          ],
    ),
  );
  return chart({
    title: "When, in each run",
    description: rows
      .map((row) => {
        const where = `${placeText(row.earliest, first)} to ${placeText(row.latest, first)}`;
        return `${nameOf(row)}: ${row.count} of ${runs.length} runs, ${where}`;
      })
      .join("; "),
    width: WIDTH,
    height: 76 + rows.length * ROW_HEIGHT,
    marginLeft: left,
    marginTop: 30,
    x: tokenScale(axis),
    y: { type: "band", domain: names, padding: 0.35, label: null },
    marks: [
      Plot.axisY({ label: null, tickSize: 0, fontSize: 11 }),
      tokenTicks(axis),
      Plot.ruleY(means, {
        y: "name",
        x1: "low",
        x2: "high",
        stroke: "currentColor",
        strokeWidth: 6,
        strokeOpacity: 0.16,
      }),
      ...runs.map((_, run) => {
        const { colour, symbol } = lookAmong(run, runs.length);
        return Plot.dot(
          dots.filter((dot) => dot.run === run),
          { x: "at", y: "name", r: 3.6, symbol, fill: colour, title: "tip" },
        );
      }),
      Plot.dot(means, {
        x: "at",
        y: "name",
        r: 4.4,
        fill: "none",
        stroke: "currentColor",
        strokeWidth: 1.6,
      }),
    ],
  });
}

const names = (runs: readonly RunDevelopment[]) => runs.map(({ name }) => name);

/** When each thing happened in each run. */
export function acrossFigure(
  result: DevelopmentResult,
  { events }: AcrossRuns,
  name: string,
): DataFigure | null {
  if (events.length === 0) return null;
  const { runs } = result;
  const rows = events.slice(0, MOST_ROWS);
  return {
    name,
    title: `The same events in ${runs.length} runs`,
    caption: sentences(
      "Heads are matched by role: the first previous-token head of one run with the first of another, whichever head it is.",
      "The ring is the geometric mean of the runs that have the event, its bar the 95% interval where three runs or more have it, which takes them for a sample of all seeds.",
      events.some(({ earlier }) => earlier > 0) &&
        "Where a run’s first look has it already, it happened there or earlier, and no mean is given.",
      events.length > rows.length && `These are ${rows.length} of ${events.length} events.`,
    ),
    panels: [eventChart(result, rows, tokenAxis(runs))],
    layout: "single",
    keys: [...lineKeys(names(runs), "a run"), appearedKey("geometric mean")],
    table: {
      columns: [
        "event",
        ...runs.map((run) => `tokens, ${run.name}`),
        ...runs.map((run) => `head, ${run.name}`),
        "runs that have it",
        "of these, at the first look or earlier",
        "geometric mean",
        "ci95 low",
        "ci95 high",
      ],
      rows: events.map((event) => {
        const range = interval(event);
        return [
          eventText(event.event, false),
          ...event.tokens,
          ...event.labels,
          event.count,
          event.earlier,
          meanTokens(event),
          range?.[0] ?? null,
          range?.[1] ?? null,
        ];
      }),
    },
    json: result.across,
  };
}

const best =
  (role: FollowedRole) =>
  ({ heads }: PlacedLook): number => {
    const [head] = bestHeads(heads, role);
    return head === undefined ? 0 : roleScore(head, role);
  };

interface SharedPanel {
  readonly title: string;
  readonly yLabel: string;
  readonly value: (look: PlacedLook) => number | null;
  readonly format: Format;
  readonly role?: FollowedRole;
}

const PANELS: readonly SharedPanel[] = [
  {
    title: "Second copy of random tokens",
    yLabel: "loss, nats a token",
    value: ({ repeated }) => repeated.second.mean,
    format: logits,
  },
  {
    title: "Best previous-token head",
    yLabel: "attention on the token before",
    value: best("previous-token"),
    format: share,
    role: "previous-token",
  },
  {
    title: "Best look-back head",
    yLabel: "attention on lags 2 to 5",
    value: best("look-back"),
    format: share,
    role: "look-back",
  },
  {
    title: "Best induction head",
    yLabel: "prefix matching on random tokens twice",
    value: best("induction"),
    format: share,
    role: "induction",
  },
];

function sharedPanel(runs: readonly RunDevelopment[], panel: SharedPanel, axis: TokenAxis): Markup {
  const curves = runs.map((run, i): Curve => {
    const points = drawnLooks(run).flatMap((look): Point[] => {
      const y = panel.value(look);
      if (y === null) return [];
      const tip = `${run.name}, ${placeText(look.tokens, run)}: ${panel.format(y)}`;
      return [{ x: look.tokens, y, tip }];
    });
    return { ...lookAmong(i, runs.length), points };
  });
  const threshold = panel.role && FOLLOWED_RULES[panel.role].threshold;
  return curveChart({
    title: panel.title,
    description: runs
      .map(({ name }, i) => `${name} ends at ${panel.format(curves[i]?.points.at(-1)?.y ?? 0)}`)
      .join("; "),
    yLabel: panel.yLabel,
    axis,
    curves,
    ...(threshold !== undefined && { threshold, shows: [0, threshold] }),
  });
}

/** The curves of all runs in the same pictures. */
export function togetherFigure(
  { runs }: Pick<DevelopmentResult, "runs">,
  name: string,
): DataFigure {
  const axis = tokenAxis(runs);
  return {
    name,
    title: "All runs together",
    caption: sentences(
      "A line for each run. In each look the head with the highest score, so that a line can pass from one head to another.",
      "The dashed line is where the role begins; a look-back head also has its peak at one of lags 2 to 5.",
    ),
    panels: PANELS.map((panel) => sharedPanel(runs, panel, axis)),
    layout: "chart",
    keys: [...lineKeys(names(runs), "a run"), dashedKey("threshold")],
    table: {
      columns: ["run", "tokens", ...PANELS.map(({ title, yLabel }) => `${title} (${yLabel})`)],
      rows: runs.flatMap((run) =>
        run.looks.map((look) => [run.name, look.tokens, ...PANELS.map(({ value }) => value(look))]),
      ),
    },
    json: runs.map((run) => ({
      name: run.name,
      looks: run.looks.map((look) => ({
        tokens: look.tokens,
        best: Object.fromEntries(PANELS.map(({ title, value }) => [title, value(look)])),
      })),
    })),
  };
}

/** `The first previous-token head came before length 2 in 3 of 3 runs.` */
export function orderSentence({ events, order }: AcrossRuns): Markup | null {
  const textOf = (key: string) => {
    const found = events.find((event) => event.key === key);
    return found === undefined ? key : eventText(found.event, false);
  };
  const told = order.filter(({ of }) => of > 1);
  if (told.length === 0) return null;
  return html`<ol>${told.map(
    ({ before, after, holds, of }) =>
      html`<li>${textOf(before)}, then ${textOf(after)}: in ${holds} of ${of} runs</li>`,
  )}</ol>`;
}

/**
 * `first previous token head at 9.1 M [7.9 M, 10.4 M]`, for lists; `… by 4.9 M` where a first look has
 * it already.
 */
export function eventInWords(event: EventAcross): string {
  const range = interval(event);
  const told = range === null ? "" : ` [${tokensText(range[0])}, ${tokensText(range[1])}]`;
  const mean = meanTokens(event);
  const when = mean === null ? `by ${tokensText(event.latest)}` : `at ${tokensText(mean)}${told}`;
  return `${eventText(event.event, false)} ${when}`;
}
