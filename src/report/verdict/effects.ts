/** @file The post's figure 5, extended: every head and every role patched, at each length, both ways. */

import { CIRCUIT_ROLES, ROLE_NAMES } from "../../hypothesis/context.ts";
import type { EffectsRow } from "../../hypothesis/effects-by-length.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { CHART } from "../drawing/chart.ts";
import type { ColourScale } from "../drawing/colour.ts";
import { heatmap } from "../drawing/heatmap.ts";
import { scaleKey, seriesKey } from "../drawing/legend.ts";
import { type Series, seriesChart } from "../drawing/series-chart.ts";
import { effect, interval, withInterval } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, type Markup } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { sample } from "../prose.ts";
import { circuitLabels, cutNote, ROLE_LOOKS, sharePoint } from "./looks.ts";
import { clearRows, SIDES, unclearEffects } from "./paths.ts";
import { paragraph, type VerdictSectionOf } from "./section.ts";

const TITLES = { query: "What asks is changed", keys: "What is found is changed" } as const;

function headPanel(result: VerdictResult, side: EffectsRow["side"], scale: ColourScale): Markup[] {
  const rows = clearRows(result, side);
  const labels = rows[0]?.heads.map(({ label }) => label) ?? [];
  if (labels.length === 0) return [];
  const at = (r: number, c: number) => rows[c]?.heads[r]?.effect;
  return [
    heatmap({
      title: TITLES[side],
      description: "Effect of each head by length; values in the table below.",
      rows: labels,
      columns: rows.map(({ length }) => String(length)),
      values: labels.map((_, r) => rows.map((__, c) => at(r, c)?.mean ?? null)),
      scale,
      cell: { width: Math.min(90, Math.floor(340 / rows.length)), height: 20 },
      gap: 1,
      leastWidth: CHART.width,
      axes: { rows: "", columns: "length" },
      emphasised: circuitLabels(result),
      cellText: effect,
      tip: (r, c) => {
        const found = at(r, c);
        return `${labels[r]}, length ${rows[c]?.length}: ${found ? withInterval(found, effect) : ""}`;
      },
    }),
  ];
}

function roleSeries(rows: readonly EffectsRow[]): Series[] {
  return CIRCUIT_ROLES.map(
    (role): Series => ({
      ...ROLE_LOOKS[role],
      points: rows.flatMap(({ length, roles }) => {
        const found = roles[role];
        return found === null
          ? []
          : [sharePoint(length, found, `${ROLE_NAMES[role]} heads, length ${length}`, effect)];
      }),
    }),
  ).filter(({ points }) => points.length > 0);
}

function rolePanel(result: VerdictResult, side: EffectsRow["side"]): Markup[] {
  const rows = clearRows(result, side);
  const series = roleSeries(rows);
  if (series.length === 0) return [];
  return [
    seriesChart({
      title: `${TITLES[side]}: whole roles`,
      description: "Effect of all heads of a role by length; values in the table below.",
      x: { label: "length", ticks: rows.map(({ length }) => length) },
      y: { label: "effect, 0 corrupted to 1 clean" },
      series,
    }),
  ];
}

/** The section of heads and roles by length. */
export const effectsSection: VerdictSectionOf = (result) => {
  const { spec } = result.parts.effects;
  const rows = SIDES.flatMap((side) => clearRows(result, side));
  const largest = Math.max(
    1,
    ...rows.flatMap(({ heads }) => heads.map((head) => Math.abs(head.effect.mean))),
  );
  const scale: ColourScale = { kind: "diverging", max: Math.ceil(largest * 10) / 10 };
  const panels = [
    ...SIDES.flatMap((side) => headPanel(result, side, scale)),
    ...SIDES.flatMap((side) => rolePanel(result, side)),
  ];
  return {
    id: "verdict-effects",
    title: "Figure 5, both ways",
    body: html`
<p>The post’s figure 5 puts back one head’s output after what asks was changed. Here it is for every length, for heads of a role together, and also where what is found was changed.</p>
${paragraph(...unclearEffects(result))}
${
  panels.length > 0 &&
  figure({
    id: "figure-v10",
    label: "Figure V10",
    title: "Heads and roles patched, by length",
    caption: `Output z of a head, or of all heads of a role, at all positions, from the clean into the corrupted run; 0 is the corrupted logit difference, 1 the clean one. Below, roles with 95% intervals (of a ratio of means, by the delta method); ${sample(spec)} at each length. The circuit’s heads in bold.${cutNote(roleSeries(rows))}`,
    panels,
    layout: "chart",
    keys: [
      scaleKey(scale, "effect, 0 corrupted to 1 clean", effect),
      ...CIRCUIT_ROLES.filter((role) => result.circuit[role].length > 0).map((role) =>
        seriesKey(`${ROLE_NAMES[role]} heads`, ROLE_LOOKS[role].colour, ROLE_LOOKS[role]),
      ),
    ],
    table: SIDES.map((side) => {
      const shown = clearRows(result, side);
      return dataTable({
        caption: `${TITLES[side]}: effects with 95% intervals`,
        columns: ["Head", ...shown.flatMap(({ length }) => [`Length ${length}`, "95% interval"])],
        rows: [
          ...(shown[0]?.heads ?? []).map(({ label }, i) => [
            label,
            ...shown.flatMap(({ heads }) => {
              const found = heads[i]?.effect;
              return found ? [effect(found.mean), interval(found, effect)] : ["–", ""];
            }),
          ]),
          ...CIRCUIT_ROLES.map((role) => [
            `${ROLE_NAMES[role]} heads`,
            ...shown.flatMap(({ roles }) => {
              const found = roles[role];
              return found ? [effect(found.mean), interval(found, effect)] : ["–", ""];
            }),
          ]),
        ],
      });
    }),
    csv: "effects-by-length",
    part: "effects",
  })
}`,
  };
};
