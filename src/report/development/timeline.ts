/** @file What came when: a line for each head in its role and for each length, in the order of coming. */

import * as Plot from "@observablehq/plot";
import type { RunDevelopment } from "../../development/development.ts";
import { FOLLOWED_ROLES, type FollowedRole } from "../../development/head-role.ts";
import { isAskedBothWays, lengthAnswers } from "../../development/length-answers.ts";
import { isPositive } from "../../experiments/answers.ts";
import { chart } from "../drawing/chart.ts";
import type { DataFigure } from "../page/data-figure.ts";
import { type Markup, sentences } from "../page/markup.ts";
import { appearedKey, bandKey, spanKey } from "./keys.ts";
import { type TokenAxis, tokenAxis, tokenScale, tokenTicks } from "./token-axis.ts";
import { LENGTH_COLOUR, placeText, ROLE_LOOKS, ROLE_WORDS } from "./words.ts";

/** A stretch of training in which something was there. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** A line of the picture. */
export interface TimelineRow {
  readonly name: string;
  readonly colour: string;
  readonly spans: readonly Span[];
  /** When it came to stay; null where it did not. */
  readonly appeared: number | null;
}

const MOST_ROWS = 24;
const ROW_HEIGHT = 21;
const WIDTH = 440;
const CHARACTER = 6.7;

/** Stretches of looks in which something holds; the last begins where it came to stay, if it did. */
function spansOf(
  places: readonly number[],
  holds: readonly boolean[],
  appeared: number | null,
): Span[] {
  const spans: Span[] = [];
  for (const [i, here] of holds.entries()) {
    if (!here) continue;
    const begins = i === 0 || holds[i - 1] === false;
    const from = places[i] as number;
    const to = places[Math.min(i + 1, places.length - 1)] as number;
    const last = spans.at(-1);
    if (begins || last === undefined) spans.push({ from, to });
    else spans[spans.length - 1] = { from: last.from, to };
  }
  const last = spans.at(-1);
  if (last === undefined || appeared === null) return spans;
  return [...spans.slice(0, -1), { from: Math.min(last.from, appeared), to: last.to }];
}

function headRows({ looks, heads, histories }: RunDevelopment): TimelineRow[] {
  const places = looks.map(({ tokens }) => tokens);
  return histories.flatMap(({ label, roles }) =>
    FOLLOWED_ROLES.flatMap((role: FollowedRole): TimelineRow[] => {
      const holds = roles.map((ofLook) => ofLook.includes(role));
      if (!holds.includes(true)) return [];
      const kept = heads.find((head) => head.label === label && head.role === role);
      const appeared = kept?.tokens ?? null;
      return [
        {
          name: `${label} ${ROLE_WORDS[role]}`,
          colour: ROLE_LOOKS[role].colour,
          spans: spansOf(places, holds, appeared),
          appeared,
        },
      ];
    }),
  );
}

function lengthRows({ looks, lengths }: RunDevelopment): TimelineRow[] {
  return lengths.flatMap(({ length, appeared }): TimelineRow[] => {
    const answers = lengthAnswers(looks, length);
    const places = answers.map(({ tokens }) => tokens);
    const holds = answers.map(({ estimate }) => isPositive(estimate) === "yes");
    if (!holds.includes(true)) return [];
    const since = appeared?.tokens ?? null;
    return [
      {
        name: `length ${length}`,
        colour: LENGTH_COLOUR,
        spans: spansOf(places, holds, since),
        appeared: since,
      },
    ];
  });
}

/** The lines, in the order in which what they tell of came to stay; what did not comes last. */
export function timelineRows(run: RunDevelopment): TimelineRow[] {
  const start = ({ appeared, spans }: TimelineRow) =>
    appeared ?? 1e15 + (spans[0]?.from ?? Number.MAX_VALUE);
  return [...headRows(run), ...lengthRows(run)].toSorted((a, b) => start(a) - start(b));
}

/** `from 1.2 M to 2.5 M tokens, from 3 M to 4 M tokens` */
function spansInWords(spans: readonly Span[], run: RunDevelopment): string {
  return spans
    .map(({ from, to }) => `from ${placeText(from, run)} to ${placeText(to, run)}`)
    .join(", ");
}

function picture(run: RunDevelopment, rows: readonly TimelineRow[], axis: TokenAxis): Markup {
  const names = rows.map(({ name }) => name);
  const left = 14 + CHARACTER * Math.max(...names.map((name) => name.length));
  const spans = rows.flatMap(({ name, colour, spans: own, appeared }) =>
    own.map(({ from, to }) => ({
      name,
      colour,
      from: axis.place(from),
      to: axis.place(to),
      stays: appeared !== null && to >= appeared,
      tip: `${name}: ${placeText(from, run)} to ${placeText(to, run)}`,
    })),
  );
  const dots = rows.flatMap(({ name, appeared }) =>
    appeared === null
      ? []
      : [{ name, at: axis.place(appeared), tip: `${name} from ${placeText(appeared, run)} on` }],
  );
  const { secondCopy } = run.phaseChange;
  const bands = secondCopy === null ? [] : [secondCopy];
  return chart({
    title: "What came when",
    description: rows
      .map(({ name, spans, appeared }) =>
        appeared === null
          ? `${name} for a while, ${spansInWords(spans, run)}`
          : `${name} from ${placeText(appeared, run)} on`,
      )
      .join("; "),
    width: WIDTH,
    height: 76 + rows.length * ROW_HEIGHT,
    marginLeft: left,
    marginTop: 30,
    x: tokenScale(axis),
    y: { type: "band", domain: names, padding: 0.35, label: null },
    marks: [
      Plot.rect(bands, {
        x1: ({ from }: Span) => axis.place(from),
        x2: ({ to }: Span) => axis.place(to),
        fill: "currentColor",
        fillOpacity: 0.1,
      }),
      Plot.axisY({ label: null, tickSize: 0, fontSize: 11 }),
      tokenTicks(axis),
      Plot.barX(spans, {
        x1: "from",
        x2: "to",
        y: "name",
        fill: "colour",
        fillOpacity: (span: (typeof spans)[number]) => (span.stays ? 0.75 : 0.35),
        title: "tip",
      }),
      Plot.dot(dots, {
        x: "at",
        y: "name",
        r: 4,
        fill: "var(--paper)",
        stroke: "currentColor",
        strokeWidth: 1.8,
        title: "tip",
      }),
    ],
  });
}

/** The order of appearance; null where nothing appeared. */
export function timelineFigure(run: RunDevelopment, name: string): DataFigure | null {
  const all = timelineRows(run);
  if (all.length === 0) return null;
  const rows = all.slice(0, MOST_ROWS);
  return {
    name,
    title: "The order in which heads and lengths appear",
    caption: sentences(
      `A bar while a head has its role, or while the interval of a length’s logit difference${isAskedBothWays(run.looks) ? ", asked both ways," : ""} lies above zero; pale where it did not last.`,
      "A ring where it came to stay: the crossing of the threshold, between two looks, interpolated in the logarithm of tokens.",
      all.length > rows.length && `These are ${rows.length} of ${all.length} lines.`,
    ),
    panels: [picture(run, rows, tokenAxis([run]))],
    layout: "single",
    keys: [
      ...FOLLOWED_ROLES.map((role) => spanKey(ROLE_WORDS[role], ROLE_LOOKS[role].colour)),
      spanKey("length", LENGTH_COLOUR),
      appearedKey("came to stay"),
      ...(run.phaseChange.secondCopy === null ? [] : [bandKey("steepest fall, second copy")]),
    ],
    table: {
      columns: ["what", "head or length", "rank", "tokens", "not yet at", "by"],
      rows: [
        ...run.heads.map(({ role, label, rank, tokens, after, by }) => [
          ROLE_WORDS[role],
          label,
          rank,
          tokens,
          after,
          by,
        ]),
        ...run.lengths.map(({ length, appeared }) => [
          "length",
          String(length),
          null,
          appeared?.tokens ?? null,
          appeared?.after ?? null,
          appeared?.by ?? null,
        ]),
      ],
    },
    json: {
      order: run.order,
      heads: run.heads,
      lengths: run.lengths,
      phaseChange: run.phaseChange,
      drawn: all,
    },
  };
}
