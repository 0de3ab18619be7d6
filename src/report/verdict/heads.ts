/** @file The scorecard: what every head does, by numbers, and where the circuit's heads look. */

import { CIRCUIT_ROLES } from "../../hypothesis/context.ts";
import type { HeadCard, Role } from "../../hypothesis/head-card.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import type { Estimate } from "../../measures/statistics.ts";
import { CHART } from "../drawing/chart.ts";
import { COLOURS, type ColourScale } from "../drawing/colour.ts";
import { heatmap } from "../drawing/heatmap.ts";
import { frameKey, holeKey, lineKey, scaleKey } from "../drawing/legend.ts";
import { type Series, seriesChart } from "../drawing/series-chart.ts";
import { effect, share, withInterval } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, listed, type Markup } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { prompts } from "../prose.ts";
import { circuitLabels, missingRoles, roleWithHeads } from "./looks.ts";
import { missingNote, type VerdictSectionOf } from "./section.ts";

interface Measure {
  /** On the axis. */
  readonly short: string;
  readonly name: string;
  readonly of: (head: HeadCard) => Estimate | null;
  /** The role that it makes, where it makes one. */
  readonly roles: readonly Role[];
}

const MEASURES: readonly Measure[] = [
  {
    short: "lag 1",
    name: "attention on the token before",
    of: (h) => h.previousToken,
    roles: ["previous-token"],
  },
  {
    short: "lags 2–5",
    name: "attention on lags 2 to 5",
    of: (h) => h.lookBack,
    roles: ["look-back"],
  },
  {
    short: "lags 1–8",
    name: "attention on lags 1 to 8",
    of: (h) => h.broadLookBack,
    roles: ["broad-look-back"],
  },
  { short: "BOS", name: "attention on BOS", of: (h) => h.bos, roles: ["bos"] },
  {
    short: "same token",
    name: "attention on the same token, earlier",
    of: (h) => h.duplicateToken,
    roles: ["duplicate-token"],
  },
  { short: "prefix", name: "prefix matching", of: (h) => h.prefixMatching, roles: ["induction"] },
  { short: "copying", name: "copying", of: (h) => h.copying, roles: ["copying", "anti-copying"] },
  {
    short: "order",
    name: "order sensitivity",
    of: (h) => h.orderSensitivity,
    roles: ["order-free"],
  },
];

/** The largest lag of the pictures, and the least top of their axes. */
const MOST_LAGS = 12;
const LEAST_TOP = 0.2;

/** A ratio may be as large as chance makes it; from here on it is only large. */
const MOST = 10;

const SCALE: ColourScale = { kind: "diverging", max: 1 };

function cardPanels(result: VerdictResult): Markup[] {
  const { heads } = result.parts.scorecard;
  const layers = [...new Set(heads.map(({ layer }) => layer))];
  return layers.map((layer) => {
    const rows = heads.filter((head) => head.layer === layer);
    return heatmap({
      title: `Layer ${layer}`,
      description: rows
        .map(({ label, roles }) => `${label}: ${roles.length === 0 ? "no role" : roles.join(", ")}`)
        .join("; "),
      rows: rows.map(({ label }) => label),
      columns: MEASURES.map(({ short }) => short),
      values: rows.map((head) => MEASURES.map(({ of }) => of(head)?.mean ?? null)),
      scale: SCALE,
      cell: { width: 43, height: 23 },
      gap: 1,
      leastWidth: CHART.width,
      lean: true,
      emphasised: circuitLabels(result),
      outlined: (r, c) => MEASURES[c]?.roles.some((role) => rows[r]?.roles.includes(role)) ?? false,
      cellText: (value: number) => (value >= MOST ? `≥ ${MOST}` : effect(value)),
      tip: (r, c) => {
        const estimate = rows[r] ? MEASURES[c]?.of(rows[r]) : null;
        return `${rows[r]?.label}, ${MEASURES[c]?.name}: ${estimate ? withInterval(estimate, share) : ""}`;
      },
    });
  });
}

/** The top of an axis; low enough to see a spread head, high enough for next to nothing to look so. */
function highest({ total, positionOnly }: HeadCard["lags"]): number {
  const most = Math.max(...total.byLag, ...positionOnly.byLag);
  return Math.max(LEAST_TOP, Math.ceil(most * 10) / 10);
}

function lagPanels(result: VerdictResult): Markup[] {
  const shown = circuitLabels(result);
  const cards = result.parts.scorecard.heads.filter(({ label }) => shown.has(label));
  const byRole = CIRCUIT_ROLES.flatMap((role) => result.circuit[role]);
  cards.sort((a, b) => byRole.indexOf(a.label) - byRole.indexOf(b.label));
  return cards.map(({ label, lags, roles }) => {
    const line = (name: string, values: readonly number[], colour: string): Series => ({
      colour,
      symbol: colour === COLOURS.right ? "circle" : "square",
      points: values.slice(0, MOST_LAGS + 1).map((y, lag) => ({
        x: lag,
        y,
        tip: `${label}, ${name}, lag ${lag}: ${share(y)}`,
      })),
    });
    return seriesChart({
      title: label,
      description: `${roles.join(", ")}. Share of attention by lag; most in total at lag ${lags.total.byLag.indexOf(Math.max(...lags.total.byLag))}.`,
      width: 240,
      height: 190,
      x: {
        label: "lag",
        ticks: [0, 2, 4, 6, 8, 10, 12].filter((lag) => lag < lags.total.byLag.length),
      },
      y: { label: "share of attention", domain: [0, highest(lags)] },
      series: [
        line("position alone", lags.positionOnly.byLag, COLOURS.wrong),
        line("in total", lags.total.byLag, COLOURS.right),
      ],
    });
  });
}

/** The section of the heads. */
export const headsSection: VerdictSectionOf = (result) => {
  const { scorecard } = result.parts;
  const { heads, rules, spec } = scorecard;
  const present = CIRCUIT_ROLES.filter((role) => !missingRoles(result).includes(role));
  const panels = lagPanels(result);
  const batch = prompts(spec.batch);
  return {
    id: "verdict-heads",
    title: "Who is there",
    body: html`
<p>Roles are read from behaviour on prompts that have nothing to do with the task: random tokens, and random tokens repeated. ${
      present.length > 0 && [
        "The circuit tested below: the ",
        listed(present.map((role) => roleWithHeads(result, role))),
        ". Heads of one role are changed together, for a model may share a role out.",
      ]
    }</p>
${missingNote(result)}
${figure({
  id: "figure-v2",
  label: "Figure V2",
  title: "The scorecard of every head",
  caption: `Means over ${batch} of random tokens (${prompts(scorecard.prompts.repeated.batch)} where tokens repeat), seed ${spec.seed}. Lags, BOS and same token are shares of attention; prefix matching is the attention on what followed earlier occurrences; copying is −1 to 1: how far a head raises rather than lowers the tokens it attends to; order sensitivity is 0 for a bag of tokens, 1 for one token among four. A frame: enough, or of order little enough, for a role. The circuit’s heads in bold.`,
  panels: cardPanels(result),
  layout: "chart",
  keys: [scaleKey(SCALE, "score", effect), frameKey("makes a role"), holeKey("not defined")],
  table: [
    dataTable({
      caption: "Scores with 95% intervals, and roles",
      columns: ["Head", ...MEASURES.map(({ name }) => name), "Roles"],
      rows: heads.map((head) => [
        head.label,
        ...MEASURES.map(({ of }) => {
          const estimate = of(head);
          return estimate ? withInterval(estimate, share) : "–";
        }),
        head.roles.join(", ") || "–",
      ]),
    }),
    dataTable({
      caption: "What makes a role",
      words: true,
      columns: ["Role", "Rule", "Why there"],
      rows: rules.map(({ role, rule, reason }) => [role, rule, reason]),
    }),
  ],
  csv: "scorecard",
  part: "scorecard",
})}
${
  panels.length > 0 &&
  figure({
    id: "figure-v3",
    label: "Figure V3",
    title: "Where the circuit’s heads look",
    caption: `Share of attention on each lag: 0 is the token itself, 1 the one before; what lies on BOS or further back is left out. In total: mean pattern of ${batch} of random tokens. By position alone: token embeddings zero, so every prompt gives the same. Where the two agree, a head looks at places and not at tokens.`,
    panels,
    layout: "small",
    keys: [lineKey("in total", COLOURS.right), lineKey("by position alone", COLOURS.wrong)],
    table: dataTable({
      caption: "Share of attention by lag",
      columns: ["Head", "Pattern", ...Array.from({ length: 9 }, (_, lag) => `Lag ${lag}`), "BOS"],
      rows: heads
        .filter(({ label }) => circuitLabels(result).has(label))
        .flatMap(({ label, lags }) =>
          (["total", "positionOnly"] as const).map((pattern) => [
            label,
            pattern === "total" ? "in total" : "by position alone",
            ...Array.from({ length: 9 }, (_, lag) => share(lags[pattern].byLag[lag] ?? 0)),
            share(lags[pattern].bos),
          ]),
        ),
    }),
    csv: "lag-profiles",
    part: "scorecard",
  })
}`,
  };
};
