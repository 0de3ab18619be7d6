/** @file How long a sequence can be, with the preference for late positions taken out. */

import type { RecencyByLengthRow } from "../../hypothesis/recency-by-length.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { COLOURS } from "../drawing/colour.ts";
import { dashedKey, seriesKey } from "../drawing/legend.ts";
import { pointOf } from "../drawing/marks.ts";
import { type Series, seriesChart } from "../drawing/series-chart.ts";
import { interval, logits, plain } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, sentences } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { tokens } from "../page/tokens.ts";
import { sample, sideOf, stated } from "../prose.ts";
import { numbers } from "./looks.ts";
import type { VerdictSectionOf } from "./section.ts";

type Asked = Exclude<keyof RecencyByLengthRow, "length" | "preferenceApart">;
type Drawn = Exclude<keyof RecencyByLengthRow, "length">;

const SERIES = [
  {
    of: "corrected",
    name: "corrected: mean of both",
    colour: COLOURS.third,
    symbol: "triangle",
  },
  {
    of: "first",
    name: "about the first (the post)",
    colour: COLOURS.right,
    symbol: "circle",
  },
  { of: "second", name: "about the second", colour: COLOURS.wrong, symbol: "square" },
  { of: "swapped", name: "places swapped", colour: "var(--fourth)", symbol: "circle" },
] as const satisfies readonly (Pick<Series, "colour" | "symbol"> & { of: Asked; name: string })[];

function series(
  rows: readonly RecencyByLengthRow[],
  { of, name, colour, symbol }: Pick<Series, "colour" | "symbol"> & { of: Drawn; name: string },
): Series {
  return {
    colour,
    ...(symbol && { symbol }),
    points: rows.flatMap(({ length, [of]: measured }) =>
      measured === null ? [] : [pointOf(length, measured, `${name}, length ${length}`, logits)],
    ),
  };
}

/** What becomes of the strongest liking for D where nothing stands in front of it twice. */
function apartSentence(rows: readonly RecencyByLengthRow[], apart: number): string | undefined {
  const [strongest] = [...rows].sort((a, b) => b.preference.mean - a.preference.mean);
  if (strongest === undefined || strongest.preferenceApart === null) return undefined;
  if (sideOf(strongest.preference) !== "above") return undefined;
  const { length, preference, preferenceApart } = strongest;
  return `D’s place has the shared middle in front of it twice, where the sequences stand side by side; with ${apart} random tokens between them, the preference at length ${length}, where it is strongest, goes from ${stated(preference, logits)} to ${stated(preferenceApart, logits)}.`;
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
  const PREFERENCES = [
    {
      of: "preference",
      name: "preference for late positions",
      colour: COLOURS.right,
      symbol: "circle",
    },
    {
      of: "preferenceApart",
      name: `the same, ${spec.apart} tokens between the first two`,
      colour: COLOURS.third,
      symbol: "triangle",
    },
  ] as const;
  const preferences = spec.apart === 0 ? PREFERENCES.slice(0, 1) : PREFERENCES;
  const noticed = threshold(result);
  const columns: readonly Drawn[] = [
    ...(["first", "second", "corrected", "swapped", "preference", "preferenceApart"] as const),
  ];
  return {
    id: "verdict-length",
    title: "How long a sequence can be",
    body: html`
<p>In the post’s prompts, ${tokens("A X B C X D A X", { asks: true })}, the right answer B stands before the wrong answer D. A head that favours what came later gets D for free, and one that favours what came earlier B. So each length is asked both ways. Asked about the second sequence, ${tokens("A X B C X D C X", { right: "D", wrong: "B", asks: true })}, D is right and stands later; the mean of the two is free of the preference. The difference made by trading the first two sequences’ places is the preference itself.</p>
<p>${sentences(
      told.length === 0
        ? "Corrected, the right answer is clearly ahead at no length."
        : `Corrected, the right answer is clearly ahead at length${told.length > 1 ? "s" : ""} ${numbers(told)}.`,
      late.length > 0 &&
        `Late positions are favoured at length${late.length > 1 ? "s" : ""} ${numbers(late)}.`,
      early.length > 0 &&
        `Early ones are favoured at length${early.length > 1 ? "s" : ""} ${numbers(early)}.`,
      apartSentence(rows, spec.apart),
    )}</p>
${figure({
  id: "figure-v4",
  label: "Figure V4",
  title: "Length, asked both ways",
  caption: `Left: logit of the right answer less that of the wrong one, in nats. Right: half of what B gains when the first two sequences trade places; above zero, later is favoured${spec.apart === 0 ? "" : `; side by side, and with ${spec.apart} random tokens between the two`}. Means with 95% intervals; ${sample(spec)} at each length. ${noticed === undefined ? "" : `The dashed line is what the corrected difference was predicted to be above, ${plain(noticed)} nats.`}`,
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
      series: SERIES.map((one) => series(rows, one)),
    }),
    seriesChart({
      title: "Preference for late positions",
      description: rows
        .map(({ length, preference }) => `length ${length}: ${logits(preference.mean)}`)
        .join("; "),
      x,
      y: { label: "nats" },
      series: preferences.map((one) => series(rows, one)),
    }),
  ],
  layout: "chart",
  keys: [
    ...[...SERIES, ...preferences].map(({ name, colour, symbol }) =>
      seriesKey(name, colour, { symbol }),
    ),
    ...(noticed === undefined ? [] : [dashedKey(`${plain(noticed)} nats`)]),
  ],
  table: dataTable({
    caption: "Logit differences and the preference for late positions, in nats",
    columns: [
      "Length",
      ...["First", "Second", "Corrected", "Swapped", "Preference", "Preference, apart"].flatMap(
        (name) => [name, "95% interval"],
      ),
    ],
    rows: rows.map((row) => [
      row.length,
      ...columns.flatMap((of) => {
        const measured = row[of];
        return measured === null ? ["", ""] : [logits(measured.mean), interval(measured, logits)];
      }),
    ]),
  }),
  csv: "recency-by-length",
  part: "recency",
})}`,
  };
};
