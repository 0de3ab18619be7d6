/** @file Figures 3 and 4: where the heads of layer 0 look on random tokens, and by position alone. */

import { ndarray } from "../../engine/ndarray.ts";
import type { HeadRole } from "../../experiments/context.ts";
import type { Layer0Result } from "../../experiments/figure-3-4.ts";
import { published } from "../../experiments/published.ts";
import type { ReproduceResult } from "../../experiments/reproduce.ts";
import { type LagProfile, lagProfile } from "../../measures/lag-profile.ts";
import { COLOURS } from "../drawing/colour.ts";
import { lineKey, publishedKey, seriesKey } from "../drawing/legend.ts";
import { type Point, publishedPoint } from "../drawing/marks.ts";
import { type Series, seriesChart } from "../drawing/series-chart.ts";
import { share } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, listed, type Markup, sentences } from "../page/markup.ts";
import { note, publishedNote, type SectionOf } from "../page/section.ts";
import { dataTable } from "../page/tables.ts";
import { prompts, sample } from "../prose.ts";
import { patternKeys, patternPanels, patternTables } from "./patterns.ts";

/** The lag profile of a published pattern, which is a matrix of 13 positions. */
function publishedLags(rows: readonly (readonly number[])[]): LagProfile {
  return lagProfile(ndarray([rows.length, rows.length], Float32Array.from(rows.flat())));
}

/** The published patterns of layer 0, by mode and part. */
function publishedProfile(
  { mode, labels }: Layer0Result,
  part: "previous" | "lookBack",
): LagProfile | undefined {
  const { L0H3_pattern, L0H3_pattern_position_only, L0H0_pattern } = published.previous_token_post;
  if (labels.length !== L0H3_pattern.length) return undefined;
  if (part === "previous") {
    return publishedLags(mode === "total" ? L0H3_pattern : L0H3_pattern_position_only);
  }
  return mode === "total" ? publishedLags(L0H0_pattern) : undefined;
}

function profileOf(result: Layer0Result | undefined, { label }: HeadRole): LagProfile | undefined {
  return result?.heads.find(({ head }) => head === label)?.lags;
}

function peakLag({ byLag }: LagProfile): number {
  return byLag.reduce((best, attention, lag) => (attention > (byLag[best] ?? 0) ? lag : best), 0);
}

function tokensBack(lag: number): string {
  return lag === 0 ? "the token itself" : lag === 1 ? "the token before" : `the token ${lag} back`;
}

/** A smaller share of attention is not put into words. */
const WORTH_SAYING = 0.02;

/** What a profile says of its head. */
function described({ label }: HeadRole, profile: LagProfile): Markup {
  const most = profile.byLag
    .map((attention, lag) => ({ attention, lag }))
    .filter(({ attention, lag }) => attention >= WORTH_SAYING || lag === peakLag(profile))
    .sort((a, b) => b.attention - a.attention)
    .slice(0, 4);
  const places = most.map(({ attention, lag }) => `${share(attention)} on ${tokensBack(lag)}`);
  return html`${label} puts ${listed(places)}, and ${share(profile.bos)} on BOS.`;
}

function lagPanel(result: Layer0Result, { heads }: ReproduceResult): Markup {
  const points = (head: string, profile: LagProfile): Point[] =>
    profile.byLag.map((y, x) => ({ x, y, tip: `${head}, ${tokensBack(x)}: ${share(y)}` }));
  const parts = [
    { role: heads.previousToken, part: "previous", colour: COLOURS.right, symbol: "circle" },
    { role: heads.lookBack, part: "lookBack", colour: COLOURS.wrong, symbol: "square" },
  ] as const;
  const others = result.heads.filter(({ head }) => parts.every(({ role }) => role.label !== head));
  const series: Series[] = [
    ...others.map(({ head, lags }) => ({
      colour: COLOURS.other,
      dots: false,
      points: points(head, lags),
    })),
    ...parts.flatMap(({ role, part, colour, symbol }): Series[] => {
      const profile = profileOf(result, role);
      if (profile === undefined) return [];
      const post = publishedProfile(result, part)?.byLag.map((y, x) =>
        publishedPoint(x, y, `${part === "previous" ? "L0H3" : "L0H0"}, ${tokensBack(x)}`, share),
      );
      return [
        { colour, symbol, points: points(role.label, profile), ...(post && { published: post }) },
      ];
    }),
  ];
  const title = result.mode === "total" ? "As the model is" : "Positions only";
  return seriesChart({
    title,
    description: parts
      .map(({ role }) => {
        const profile = profileOf(result, role);
        return profile ? `${role.label} peaks at ${tokensBack(peakLag(profile))}` : "";
      })
      .join("; "),
    x: { label: "tokens back", ticks: series[0]?.points.map(({ x }) => x) ?? [] },
    y: { label: "share of attention", domain: [0, 1] },
    series,
  });
}

function lagTable(results: readonly Layer0Result[]): Markup[] {
  return results.map((result) =>
    dataTable({
      caption: `Attention by lag, ${result.mode === "total" ? "as the model is" : "positions only"}`,
      columns: [
        "Head",
        ...(result.heads[0]?.lags.byLag.map((_, lag) => `${lag} back`) ?? []),
        "On BOS",
        "Further",
        "90% within",
      ],
      rows: result.heads.map(({ head, lags }) => [
        head,
        ...lags.byLag.map(share),
        share(lags.bos),
        share(lags.beyond),
        lags.reach,
      ]),
    }),
  );
}

function patternFigure(result: ReproduceResult, layer0: Layer0Result, number: 3 | 4): Markup {
  const { spec, n, labels, heads } = layer0;
  return figure({
    id: `figure-${number}`,
    label: `Figure ${number}`,
    title:
      number === 3
        ? "Average attention patterns of layer 0 on random tokens"
        : "Attention patterns of layer 0 by position alone",
    caption:
      number === 3
        ? `BOS and ${spec.tokens} random tokens. ${sample(spec)}. The post names no seed for this figure; the companion post’s is used. What is published of L0H3 and L0H0 of attn-only-2l is in figure A.`
        : `The same with all token embeddings set to zero. Every prompt is then the same, so n = ${prompts(n)} and there is nothing to average.`,
    panels: patternPanels(heads, labels, result.heads),
    layout: "small",
    keys: patternKeys(),
    table: patternTables(`Figure ${number}`, heads, labels),
    csv: `figure-${number}`,
    json: `figure${number}`,
  });
}

/** The section of figures 3 and 4, with the lag profiles of both. */
export const figures3And4: SectionOf = (result) => {
  const { figure3, figure4 } = result.experiments;
  const { previousToken, lookBack } = result.heads;
  const shown = [figure3, figure4].filter((one) => one !== undefined);
  if (shown.length === 0) return null;
  const say = (one: Layer0Result | undefined, role: HeadRole) => {
    const profile = profileOf(one, role);
    return profile && described(role, profile);
  };
  const hasPublished = shown.some((one) => publishedProfile(one, "previous") !== undefined);
  return {
    id: "figures-3-and-4",
    title: "Heads of layer 0 and what they know of positions",
    body: html`
<p>To tell A X from C X, something must carry the A to where X stands. In a model of two layers only heads of layer 0 come before the induction head’s layer, so their reach decides how much of the past it can compare. On random tokens there is nothing to find, and what remains is each head’s habit: how far back it looks.</p>
${
  figure3 &&
  html`<p>${sentences("As the model is:", say(figure3, previousToken), previousToken.label !== lookBack.label && say(figure3, lookBack))}</p>`
}
${
  figure4 &&
  html`<p>${sentences("With positions only:", say(figure4, previousToken), previousToken.label !== lookBack.label && say(figure4, lookBack))}</p>`
}
${note("On attn-only-2l, L0H3 looks one token back, and L0H0 spreads over the last four or five with its peak at two: hence the post’s names, previous-token head and look-back-two head.")}
${figure3 && patternFigure(result, figure3, 3)}
${figure4 && patternFigure(result, figure4, 4)}
${figure({
  id: "figure-a",
  label: "Figure A",
  title: "How far back the heads of layer 0 look",
  caption: `Attention by distance, averaged over the queries that have all of these tokens before them (figures 3 and 4 read along their diagonals). What is missing to 1 lies on BOS and further back. These are means of means, without intervals. ${hasPublished ? publishedNote(result) : ""}`,
  panels: shown.map((one) => lagPanel(one, result)),
  layout: "chart",
  keys: [
    seriesKey(`${previousToken.label}, previous token`, COLOURS.right, { interval: false }),
    seriesKey(`${lookBack.label}, look-back-two`, COLOURS.wrong, {
      symbol: "square",
      interval: false,
    }),
    lineKey("other heads of layer 0", COLOURS.other),
    ...(hasPublished ? [publishedKey()] : []),
  ],
  table: lagTable(shown),
  csv: "lags",
  json: figure3 ? "figure3" : "figure4",
})}`,
  };
};
