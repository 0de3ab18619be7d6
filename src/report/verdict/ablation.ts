/** @file What is needed and what is enough: heads, pairs and paths taken away, and the circuit kept. */

import { ABLATED_HEAD, type AblationRow } from "../../hypothesis/ablation-by-length.ts";
import { CIRCUIT_ROLES, ROLE_NAMES } from "../../hypothesis/context.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { CHART } from "../drawing/chart.ts";
import type { ColourScale } from "../drawing/colour.ts";
import { heatmap } from "../drawing/heatmap.ts";
import { dashedKey, scaleKey, seriesKey } from "../drawing/legend.ts";
import { type Series, seriesChart } from "../drawing/series-chart.ts";
import { effect, interval, logits, withInterval } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, type Markup } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { sample, stated } from "../prose.ts";
import { faithfulness } from "./faithfulness.ts";
import { circuitLabels, cutNote, HALF, isClear, leftOut, ROLE_LOOKS, sharePoint } from "./looks.ts";
import { missingNote, paragraph, type VerdictSectionOf } from "./section.ts";

/** Pairs that have a row in the picture. */
const MOST_PAIRS = 12;

/** `look-back heads to keys` for `lookBack -> k`. */
export function pathName(label: string): string {
  const [from = "", to = ""] = label.split(" -> ");
  const role = CIRCUIT_ROLES.find((one) => one === from);
  const reader = { q: "queries", k: "keys", v: "values" }[to] ?? to;
  return `${role ? ROLE_NAMES[role] : from} to ${reader}`;
}

interface LossRow {
  readonly name: string;
  readonly label: string;
}

type Kind = "heads" | "pairs" | "paths";

/** Lost shares of things by length. */
function lossPanel(
  rows: readonly AblationRow[],
  {
    kind,
    title,
    things,
    scale,
    emphasised,
  }: {
    kind: Kind;
    title: string;
    things: readonly LossRow[];
    scale: ColourScale;
    emphasised?: ReadonlySet<string>;
  },
): Markup[] {
  if (things.length === 0 || rows.length === 0) return [];
  const longest = Math.max(...things.map(({ name }) => name.length));
  const room = 392 - longest * 7.7;
  const at = (r: number, c: number) =>
    rows[c]?.[kind].find(({ label }) => label === things[r]?.label)?.lost;
  return [
    heatmap({
      title,
      description: "Share lost by length; values in the table below.",
      rows: things.map(({ name }) => name),
      columns: rows.map(({ length }) => String(length)),
      values: things.map((_, r) => rows.map((__, c) => at(r, c)?.mean ?? null)),
      scale,
      cell: { width: Math.min(90, Math.floor(room / rows.length)), height: 20 },
      gap: 1,
      leastWidth: CHART.width,
      axes: { rows: "", columns: "length" },
      cellText: effect,
      ...(emphasised && { emphasised }),
      tip: (r, c) => {
        const found = at(r, c);
        return `without ${things[r]?.name}, length ${rows[c]?.length}: lost ${found ? withInterval(found, effect) : ""}`;
      },
    }),
  ];
}

function roleSeries(result: VerdictResult, rows: readonly AblationRow[]): Series[] {
  return CIRCUIT_ROLES.filter((role) => result.circuit[role].length > 0).map(
    (role): Series => ({
      ...ROLE_LOOKS[role],
      points: rows.flatMap(({ length, roles }) => {
        const lost = roles[role]?.lost;
        return lost
          ? [
              sharePoint(
                length,
                lost,
                `without the ${ROLE_NAMES[role]} heads, length ${length}`,
                effect,
              ),
            ]
          : [];
      }),
    }),
  );
}

function rolePanel(result: VerdictResult, rows: readonly AblationRow[]): Markup[] {
  const series = roleSeries(result, rows);
  if (series.length === 0 || rows.length === 0) return [];
  return [
    seriesChart({
      title: "Without the heads of a role",
      description: "Share lost by length; values in the table below.",
      x: { label: "length", ticks: rows.map(({ length }) => length) },
      y: { label: "share of the logit difference lost" },
      threshold: HALF,
      series,
    }),
  ];
}

/** Pairs by what they cost on average over the lengths. */
function strongestPairs(rows: readonly AblationRow[]): LossRow[] {
  const labels = rows[0]?.pairs.map(({ label }) => label) ?? [];
  const cost = (label: string) =>
    rows.reduce(
      (sum, { pairs }) => sum + (pairs.find((p) => p.label === label)?.lost.mean ?? 0),
      0,
    );
  return labels
    .toSorted((a, b) => cost(b) - cost(a))
    .slice(0, MOST_PAIRS)
    .map((label) => ({ name: label, label }));
}

function lossTable(rows: readonly AblationRow[]): Markup {
  const columns = rows.flatMap(({ length }) => [`Length ${length}`, "95% interval"]);
  const named = (pick: (row: AblationRow) => AblationRow["heads"][number] | null | undefined) =>
    rows.flatMap((row) => {
      const lost = pick(row)?.lost;
      return lost ? [effect(lost.mean), interval(lost, effect)] : ["–", ""];
    });
  const [first] = rows;
  return dataTable({
    caption: "Share of the logit difference lost, with 95% intervals",
    columns: ["Without", ...columns],
    rows: [
      ...CIRCUIT_ROLES.map((role) => [
        `${ROLE_NAMES[role]} heads`,
        ...named((row) => row.roles[role]),
      ]),
      ...(["heads", "pairs", "paths"] as const).flatMap((kind) =>
        (first?.[kind] ?? []).map(({ label }, i) => [
          kind === "paths" ? pathName(label) : label,
          ...named((row) => row[kind][i]),
        ]),
      ),
    ],
  });
}

/** What patches of the query do not show: whether the answer is lost without the previous-token heads. */
function stillNeeded(rows: readonly AblationRow[]): string | null {
  const told = rows.flatMap(({ length, roles }) => {
    const lost = roles.previousToken?.lost;
    return lost && length > 3 ? [`${stated(lost, effect)} at length ${length}`] : [];
  });
  return told.length === 0
    ? null
    : `Without the previous-token heads ${told.join(", ")} is lost. Patches from a run whose query has another A show what a head tells of that A; what it tells keys is the same in both runs, and only taking the head away shows that it is needed.`;
}

/** The section of ablation. */
export const ablationSection: VerdictSectionOf = (result) => {
  const { rows, spec } = result.parts.ablation;
  const clear = rows.filter(({ whole }) => isClear(whole));
  const unclear = rows.filter(({ whole }) => !isClear(whole)).map(({ length }) => length);
  const losses = clear.flatMap(({ heads, pairs, paths }) => [...heads, ...pairs, ...paths]);
  const largest = Math.max(1, ...losses.map(({ lost }) => Math.abs(lost.mean)));
  const scale: ColourScale = { kind: "diverging", max: Math.min(3, Math.ceil(largest * 10) / 10) };
  const same = (label: string): LossRow => ({ name: label, label });
  const [first] = clear;
  const panels = [
    ...rolePanel(result, clear),
    ...lossPanel(clear, {
      kind: "paths",
      title: "Without a path to the induction heads",
      things: (first?.paths ?? []).map(({ label }) => ({ name: pathName(label), label })),
      scale,
    }),
    ...lossPanel(clear, {
      kind: "heads",
      title: "Without one head",
      things: (first?.heads ?? []).map(({ label }) => same(label)),
      scale,
      emphasised: circuitLabels(result),
    }),
    ...lossPanel(clear, {
      kind: "pairs",
      title: "Without two heads of the circuit",
      things: strongestPairs(clear),
      scale,
    }),
  ];
  return {
    id: "verdict-ablation",
    title: "What is needed, what is enough",
    body: html`
<p>Putting something back shows that it carries the answer; taking it away shows that nothing else does the work in its place. Here a head that is ablated ${ABLATED_HEAD[spec.kind]}. Every length is asked both ways, so that a preference for late positions is not taken for matching.</p>
${missingNote(result)}
${paragraph(stillNeeded(clear))}
${paragraph(leftOut(unclear, "the whole logit difference"))}
${
  panels.length > 0 &&
  figure({
    id: "figure-v12",
    label: "Figure V12",
    title: "What is needed: heads, paths and pairs taken away",
    caption: `Share of the corrected logit difference that is lost: 0 is nothing, 1 all, below 0 a gain. Roles with 95% intervals, the dashed line at one half; of pairs the ${MOST_PAIRS} that cost most. Means, paired over prompts; ${sample(spec)} at each length. Whole: ${clear.map(({ length, whole }) => `${logits(whole.mean)} nats at length ${length}`).join(", ")}.${cutNote(roleSeries(result, clear))}`,
    panels,
    layout: "chart",
    keys: [
      scaleKey(scale, "share lost", effect),
      ...CIRCUIT_ROLES.filter((role) => result.circuit[role].length > 0).map((role) =>
        seriesKey(`${ROLE_NAMES[role]} heads`, ROLE_LOOKS[role].colour, ROLE_LOOKS[role]),
      ),
      dashedKey("one half"),
    ],
    table: lossTable(clear),
    csv: "ablation-by-length",
    part: "ablation",
  })
}
${faithfulness(result, clear)}`,
  };
};
