/** @file The circuit's paths, length by length: as diagrams, and with their intervals. */

import type { ReadBy } from "../../hypothesis/circuit-edges.ts";
import { type CircuitRole, ROLE_NAMES } from "../../hypothesis/context.ts";
import type { EffectsRow } from "../../hypothesis/effects-by-length.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import type { Estimate } from "../../measures/statistics.ts";
import { type CircuitLine, type CircuitNode, circuitDiagram } from "../drawing/circuit-diagram.ts";
import { seriesKey } from "../drawing/legend.ts";
import { type Series, seriesChart } from "../drawing/series-chart.ts";
import { effect, withInterval } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, type Markup } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { sample } from "../prose.ts";
import { edgeFigure, SIDE_NAMES } from "./edges.ts";
import { cutNote, isClear, leftOut, missingRoles, ROLE_LOOKS, sharePoint } from "./looks.ts";
import { missingNote, paragraph, type VerdictSectionOf } from "./section.ts";

/** The roles whose paths are followed. */
export const SENDERS = ["previousToken", "lookBack"] as const;
/** What the induction heads read with. */
export const READ_BY: readonly ReadBy[] = ["q", "k", "v", "logits"];
/** The sides that are corrupted. */
export const SIDES = ["query", "keys"] as const;

/** What is read by, in words. */
export const READ_NAMES: Readonly<Record<ReadBy, string>> = {
  q: "queries",
  k: "keys",
  v: "values",
  logits: "logits, directly",
};

/** Rows of one side that have something to give back, by length. */
export function clearRows({ parts }: VerdictResult, side: EffectsRow["side"]): EffectsRow[] {
  return parts.effects.rows.filter((row) => row.side === side && isClear(row.gap));
}

/** Says at which lengths there is nothing to give back. */
export function unclearEffects({ parts }: VerdictResult): (string | null)[] {
  return SIDES.map((side) =>
    leftOut(
      parts.effects.rows
        .filter((row) => row.side === side && !isClear(row.gap))
        .map(({ length }) => length),
      `the difference that is made where ${SIDE_NAMES[side]}`,
    ),
  );
}

function nodeOf({ circuit }: VerdictResult, role: CircuitRole): CircuitNode {
  return { name: ROLE_NAMES[role], heads: circuit[role], colour: ROLE_LOOKS[role].colour };
}

function diagram(result: VerdictResult, row: EffectsRow): Markup {
  const lines = SENDERS.flatMap((role, from) =>
    READ_BY.flatMap((to): CircuitLine[] => {
      const found = row.rolePaths[role][to];
      if (found === null) return [];
      const tip = `${ROLE_NAMES[role]} heads to the ${READ_NAMES[to]}: ${withInterval(found, effect)}`;
      return [{ from: from as 0 | 1, to, effect: found.mean, tip }];
    }),
  );
  const { induction } = row.roles;
  return circuitDiagram({
    title: `Length ${row.length}`,
    subtitle: SIDE_NAMES[row.side],
    description: lines.map(({ tip }) => tip).join("; "),
    senders: [nodeOf(result, "previousToken"), nodeOf(result, "lookBack")],
    reader: nodeOf(result, "induction"),
    lines,
    output: induction && {
      effect: induction.mean,
      tip: `induction heads patched: ${withInterval(induction, effect)}`,
    },
    format: effect,
  });
}

const INPUT_LOOKS = { q: { symbol: "circle" }, k: { symbol: "triangle" } } as const;

function pathSeries(
  rows: readonly EffectsRow[],
  role: (typeof SENDERS)[number],
  by: "q" | "k",
): Series {
  const name = `${ROLE_NAMES[role]} heads to ${READ_NAMES[by]}`;
  return {
    colour: colourOf(role, by),
    symbol: INPUT_LOOKS[by].symbol,
    points: rows.flatMap((row) => {
      const found = row.rolePaths[role][by];
      return found === null
        ? []
        : [sharePoint(row.length, found, `${name}, length ${row.length}`, effect)];
    }),
  };
}

function colourOf(role: (typeof SENDERS)[number], by: "q" | "k"): string {
  if (by === "q") return ROLE_LOOKS[role].colour;
  return role === "previousToken" ? "var(--fourth)" : "var(--sixth)";
}

function allSeries(rows: readonly EffectsRow[]): Series[] {
  return SENDERS.flatMap((role) =>
    (["q", "k"] as const).map((by) => pathSeries(rows, role, by)),
  ).filter(({ points }) => points.length > 0);
}

function pathPanel(result: VerdictResult, side: EffectsRow["side"]): Markup[] {
  const rows = clearRows(result, side);
  const series = allSeries(rows);
  if (series.length === 0) return [];
  return [
    seriesChart({
      title: side === "query" ? "What asks is changed" : "What is found is changed",
      description: "Effects of the paths of roles by length; values in the table below.",
      x: { label: "length", ticks: rows.map(({ length }) => length) },
      y: { label: "effect of the path, 0 corrupted to 1 clean" },
      series,
    }),
  ];
}

function cell(estimate: Estimate | null): string {
  return estimate === null ? "–" : withInterval(estimate, effect);
}

function pathTable(result: VerdictResult, caption: string): Markup {
  return dataTable({
    caption,
    columns: ["Changed", "Length", "From", ...READ_BY.map((by) => `To ${READ_NAMES[by]}`)],
    rows: SIDES.flatMap((side) =>
      clearRows(result, side).flatMap((row) =>
        SENDERS.map((role) => [
          side === "query" ? "what asks" : "what is found",
          row.length,
          `${ROLE_NAMES[role]} heads`,
          ...READ_BY.map((by) => cell(row.rolePaths[role][by])),
        ]),
      ),
    ),
  });
}

function circuitFigures(result: VerdictResult): Markup | null {
  const rows = SIDES.flatMap((side) => clearRows(result, side));
  if (missingRoles(result).includes("induction") || rows.length === 0) return null;
  const { spec } = result.parts.effects;
  const panels = SIDES.flatMap((side) => pathPanel(result, side));
  return html`${figure({
    id: "figure-v8",
    label: "Figure V8",
    title: "The circuit at each length",
    caption: `Lines from below: the effect of the path from all heads of a role to what the induction heads read with (q, k, v) or straight to the logits, patched alone; the line to the logits: the induction heads’ whole output. Width and numbers are the effect, 0 corrupted to 1 clean; hairs are below 0.05, dashes below zero. Means; ${sample(spec)} at each length.`,
    panels: SIDES.map(
      (side) =>
        html`<div class="panels tiny">${clearRows(result, side).map((row) => diagram(result, row))}</div>`,
    ),
    layout: "wide",
    keys: [],
    table: pathTable(result, "The lines of the diagrams: effects with 95% intervals"),
    csv: "paths-by-length",
    part: "effects",
  })}
${
  panels.length > 0 &&
  figure({
    id: "figure-v9",
    label: "Figure V9",
    title: "What queries and keys are told, by length",
    caption: `The effects of figure V8 with 95% intervals (of a ratio of means, by the delta method); ${sample(spec)} at each length. Paths to values and straight to the logits are in the table.${cutNote(allSeries(rows))}`,
    panels,
    layout: "chart",
    keys: SENDERS.flatMap((role) =>
      (["q", "k"] as const).map((by) =>
        seriesKey(
          `${ROLE_NAMES[role]} heads to ${READ_NAMES[by]}`,
          colourOf(role, by),
          INPUT_LOOKS[by],
        ),
      ),
    ),
    table: pathTable(result, "Effects of paths from the heads of a role, with 95% intervals"),
    csv: "paths-by-length",
    part: "effects",
  })
}`;
}

/** The section of edges and paths. */
export const pathsSection: VerdictSectionOf = (result) => ({
  id: "verdict-paths",
  title: "Who tells whom",
  body: html`
<p>Patching a whole head shows that it matters, not to whom. Path patching changes what one reader sees of one sender and nothing else, which is exact here: every path is run. Two prompts can be corrupted in two ways. Change what asks, and the paths that bring the answer back are those by which queries are formed; change what is found, and they are those by which keys are.</p>
${missingNote(result)}
${edgeFigure(result, "query")}
${edgeFigure(result, "keys")}
${paragraph(...unclearEffects(result))}
${circuitFigures(result)}`,
});
