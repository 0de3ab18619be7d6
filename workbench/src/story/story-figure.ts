/** @file The story's figures as data: what is saved of them, and the table behind them. */

import { at } from "../../../src/engine/ndarray.ts";
import { type HeadIndex, headLabel } from "../../../src/model/heads.ts";
import type { SessionAnswer } from "../../../src/session/answer.ts";
import { strongestHeads } from "../../../src/session/patch-effects.ts";
import { type Figure, type LineFigure, type Mark, markOf } from "../drawing/figure.ts";
import { tableAxis } from "../state/state.ts";
import type { TableRows } from "../state/view-questions.svelte.ts";
import { hasGap } from "../views/patch-words.ts";
import type { ShownAttention, ShownPatches } from "../worker/protocol.ts";
import type { StoryFigure, StorySection } from "./sections.ts";

/** What has been computed for a section; what is not there, is not yet there, or is of other sections. */
export interface StoryResults {
  readonly answer: SessionAnswer | undefined;
  readonly attention: ShownAttention | undefined;
  readonly rows: TableRows | undefined;
  readonly patches: ShownPatches | undefined;
  /** The head that does most induction. */
  readonly lead: HeadIndex | undefined;
}

type OfKind<K extends StoryFigure["kind"]> = Extract<StoryFigure, { readonly kind: K }>;

const OTHER = "published";

/** The figure of a section, once there is one. */
export function storyFigure(
  { figure, figureTitle: title }: StorySection,
  results: StoryResults,
): Figure | undefined {
  switch (figure.kind) {
    case "answer":
      return results.answer && answerFigure(title, figure, results.answer);
    case "row":
      return results.attention && rowFigure(title, figure, results.attention, results.lead);
    case "patterns":
      return results.attention && patternsFigure(title, results.attention);
    case "table":
      return tableFigure(title, figure, results.rows ?? []);
    case "patches":
      return results.patches && patchesFigure(title, figure, results.patches);
  }
}

function answerFigure(title: string, figure: OfKind<"answer">, answer: SessionAnswer): Figure {
  const { difference, right, wrong } = figure.published;
  const { texts, ...answers } = answer.answers;
  return {
    kind: "bars",
    title,
    measure: "logit difference, probability",
    markTitle: "answer",
    otherName: OTHER,
    marks: [
      { ...markOf(`${texts[0]} − ${texts[1]}`, answer.logitDifference), other: difference },
      { ...markOf(`P(${texts[0]})`, answers.right), other: right },
      { ...markOf(`P(${texts[1]})`, answers.wrong), other: wrong },
    ],
  };
}

function rowFigure(
  title: string,
  figure: OfKind<"row">,
  { mean, labels, read }: ShownAttention,
  lead: HeadIndex | undefined,
): Figure | undefined {
  const layer = lead && mean[lead.layer];
  if (!lead || !layer) return undefined;
  const weights = at(layer, lead.head, read).data;
  const marks = labels.slice(0, read + 1).map((label, key) => ({
    label: `${key} ${label}`,
    value: weights[key] ?? Number.NaN,
    other: figure.published[key] ?? Number.NaN,
  }));
  const measure = `attention of ${headLabel(lead)}`;
  const otherName = "published, L1H6 of attn-only-2l";
  return { kind: "bars", title, measure, markTitle: "key", otherName, marks };
}

function patternsFigure(title: string, { mean, labels }: ShownAttention): Figure {
  const layer = mean[0];
  const scale = { kind: "sequential", max: 1 } as const;
  const panels = Array.from({ length: layer?.shape[0] ?? 0 }, (_, head) => ({
    kind: "matrix" as const,
    title: `L0H${head}`,
    measure: "attention",
    rows: labels,
    columns: labels,
    rowTitle: "from",
    columnTitle: "to",
    values: layer ? at(layer, head).data : [],
    scale,
    causal: true,
  }));
  return { kind: "panels", title, measure: "attention, position only", panels };
}

function tableFigure(title: string, { table, published }: OfKind<"table">, rows: TableRows) {
  const x = tableAxis(table).values.map(String);
  const here = x.map((label, i): Mark => {
    const estimate = rows[i]?.logitDifference;
    return estimate
      ? { label, value: estimate.mean, low: estimate.ci95[0], high: estimate.ci95[1] }
      : { label, value: Number.NaN };
  });
  const there = x.map((label): Mark => {
    const row = published.find(([length]) => String(length) === label);
    return { label, value: row?.[1] ?? Number.NaN };
  });
  return {
    kind: "lines",
    title,
    measure: "logit difference",
    xTitle: "length",
    x,
    series: [
      { name: "here", marks: here },
      { name: OTHER, marks: there },
    ],
  } satisfies LineFigure;
}

function patchesFigure(
  title: string,
  figure: OfKind<"patches">,
  patches: ShownPatches,
): Figure | undefined {
  if (!hasGap(patches)) return undefined;
  const here = strongestHeads(patches.effects).map(({ label, effect }) =>
    markOf(`${label} here`, effect),
  );
  const there = figure.published.map(({ name, value }) => ({ label: `${name} ${OTHER}`, value }));
  return {
    kind: "bars",
    title,
    measure: "share of the answer that comes back",
    n: patches.n,
    markTitle: "head",
    marks: [...here, ...there],
  };
}
