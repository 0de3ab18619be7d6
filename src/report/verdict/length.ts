/** @file How long a sequence can be, with the preference for late positions taken out. */

import type { RecencyByLengthRow } from "../../hypothesis/recency-by-length.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import type { Estimate } from "../../measures/statistics.ts";
import { COLOURS } from "../drawing/colour.ts";
import { dashedKey, seriesKey } from "../drawing/legend.ts";
import { pointOf } from "../drawing/marks.ts";
import { type Series, seriesChart } from "../drawing/series-chart.ts";
import { interval, logits, plain } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, type Markup, sentences } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { tokens } from "../page/tokens.ts";
import { sample, sideOf, stated } from "../prose.ts";
import { lengthsInWords } from "./looks.ts";
import type { VerdictSectionOf } from "./section.ts";

type Asked = Exclude<keyof RecencyByLengthRow, "length" | "doubledMiddle">;

/** A line of the chart, and what it draws of a length. */
type Line = Required<Pick<Series, "colour" | "symbol">> & {
  readonly name: string;
  readonly of: (row: RecencyByLengthRow) => Estimate | undefined;
};

const ANSWERS: readonly Line[] = [
  {
    of: ({ corrected }) => corrected,
    name: "corrected: mean of both",
    colour: COLOURS.third,
    symbol: "triangle",
  },
  {
    of: ({ first }) => first,
    name: "about the first (the post)",
    colour: COLOURS.right,
    symbol: "circle",
  },
  {
    of: ({ second }) => second,
    name: "about the second",
    colour: COLOURS.wrong,
    symbol: "square",
  },
  {
    of: ({ swapped }) => swapped,
    name: "places swapped",
    colour: "var(--fourth)",
    symbol: "circle",
  },
];

const PREFERENCES: readonly Line[] = [
  {
    of: ({ preference }) => preference,
    name: "preference, as it is",
    colour: COLOURS.right,
    symbol: "circle",
  },
  {
    of: ({ doubledMiddle }) => doubledMiddle?.random,
    name: "preference, random tokens in front",
    colour: COLOURS.wrong,
    symbol: "square",
  },
  {
    of: ({ doubledMiddle }) => doubledMiddle?.doubled,
    name: "preference, the middle in front",
    colour: COLOURS.third,
    symbol: "triangle",
  },
];

function series(rows: readonly RecencyByLengthRow[], { of, name, colour, symbol }: Line): Series {
  return {
    colour,
    symbol,
    points: rows.flatMap((row) => {
      const measured = of(row);
      const told = `${name}, length ${row.length}`;
      return measured === undefined ? [] : [pointOf(row.length, measured, told, logits)];
    }),
  };
}

/**
 * What a preference owes to D's place having the middle in front of it twice. Part of it is that only where
 * late places are favoured to begin with.
 */
function doubledSentences(rows: readonly RecencyByLengthRow[]): Markup | null {
  const measured = rows.flatMap(({ length, doubledMiddle }) =>
    doubledMiddle === null ? [] : [{ length, ...doubledMiddle }],
  );
  const falls = measured.filter(({ fall }) => sideOf(fall) === "above");
  const [most] = falls.toSorted((a, b) => b.fall.mean - a.fall.mean);
  if (most === undefined) return null;
  const of = (shifts: typeof falls) => shifts.map(({ length }) => length);
  const part = falls.filter(({ random }) => sideOf(random) === "above");
  const rises = measured.filter(({ fall }) => sideOf(fall) === "below");
  return sentences(
    "D’s place has the shared middle twice in front, and B’s once.",
    `With the middle in front of the first sequence too, and not random tokens, the preference shifts towards the earlier place at ${lengthsInWords(of(falls))}, most at length ${most.length}, from ${stated(most.random, logits)} to ${stated(most.doubled, logits)}.`,
    part.length > 0 &&
      `So part of the preference for late places at ${lengthsInWords(of(part))} is the middle counted twice.`,
    rises.length > 0 &&
      `At ${lengthsInWords(of(rises))} it shifts towards the later place instead.`,
  );
}

function lengthsOn(
  rows: readonly RecencyByLengthRow[],
  of: Asked,
  side: "above" | "below",
): number[] {
  return rows.filter((row) => sideOf(row[of]) === side).map(({ length }) => length);
}

/** What the claim about these lengths asks of the corrected difference, where it was tested. */
function threshold({ claims }: VerdictResult): number | undefined {
  return claims.find(({ id }) => id === "matches-2-to-5")?.measurement[0]?.predicted.value;
}

/** The section of lengths. */
export const lengthSection: VerdictSectionOf = (result) => {
  const { rows, spec } = result.parts.recency;
  const x = { label: "length", ticks: rows.map(({ length }) => length) };
  const told = lengthsOn(rows, "corrected", "above");
  const late = lengthsOn(rows, "preference", "above");
  const early = lengthsOn(rows, "preference", "below");
  const noticed = threshold(result);
  const columns = ["first", "second", "corrected", "swapped", "preference"] as const;
  return {
    id: "verdict-length",
    title: "How long a sequence can be",
    body: html`
<p>In the post’s prompts, ${tokens("A X B C X D A X", { asks: true })}, the right answer B stands before the wrong answer D. A head that favours what came later gets D for free, and one that favours what came earlier B. So each length is asked both ways. Asked about the second sequence, ${tokens("A X B C X D C X", { right: "D", wrong: "B", asks: true })}, D is right and stands later; the mean of the two is free of the preference. The difference made by trading the first two sequences’ places is the preference itself.</p>
<p>${sentences(
      told.length === 0
        ? "Corrected, the right answer is clearly ahead at no length."
        : `Corrected, the right answer is clearly ahead at ${lengthsInWords(told)}.`,
      late.length > 0 && `Late positions are favoured at ${lengthsInWords(late)}.`,
      early.length > 0 && `Early ones are favoured at ${lengthsInWords(early)}.`,
      doubledSentences(rows),
    )}</p>
${figure({
  id: "figure-v4",
  label: "Figure V4",
  title: "Length, asked both ways",
  caption: `Left: logit of the right answer less that of the wrong one, in nats. Right: half of what B gains when the first two sequences trade places; above zero, later is favoured; as it is, and with a sequence more in front, of random tokens or with the shared middle. Means with 95% intervals; ${sample(spec)} at each length. ${noticed === undefined ? "" : `The dashed line is what the corrected difference was predicted to be above, ${plain(noticed)} nats.`}`,
  panels: [
    seriesChart({
      title: "Logit difference, right less wrong",
      description: rows
        .map(
          ({ length, first, corrected }) =>
            `length ${length}: first ${logits(first.mean)}, corrected ${logits(corrected.mean)}`,
        )
        .join("; "),
      x,
      y: { label: "nats" },
      ...(noticed !== undefined && { threshold: noticed }),
      series: ANSWERS.map((one) => series(rows, one)),
    }),
    seriesChart({
      title: "Preference for late positions",
      description: rows
        .map(({ length, preference }) => `length ${length}: ${logits(preference.mean)}`)
        .join("; "),
      x,
      y: { label: "nats" },
      series: PREFERENCES.map((one) => series(rows, one)),
    }),
  ],
  layout: "chart",
  keys: [
    ...[...ANSWERS, ...PREFERENCES].map(({ name, colour, symbol }) =>
      seriesKey(name, colour, { symbol }),
    ),
    ...(noticed === undefined ? [] : [dashedKey(`${plain(noticed)} nats`)]),
  ],
  table: dataTable({
    caption: "Logit differences and the preference for late positions, in nats",
    columns: [
      "Length",
      ...[
        "First",
        "Second",
        "Corrected",
        "Swapped",
        "Preference",
        "Random in front",
        "Middle in front",
      ].flatMap((name) => [name, "95% interval"]),
    ],
    rows: rows.map((row) => [
      row.length,
      ...[
        ...columns.map((of) => row[of]),
        row.doubledMiddle?.random,
        row.doubledMiddle?.doubled,
      ].flatMap((measured) =>
        measured === undefined ? ["", ""] : [logits(measured.mean), interval(measured, logits)],
      ),
    ]),
  }),
  csv: "recency-by-length",
  part: "recency",
})}`,
  };
};
