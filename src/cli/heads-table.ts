/**
 * @file The scorecard of heads for a terminal: a row a head, its roles last, and the rules by which they
 * were given below. Narrow terminals get fewer columns; roles go on below where they do not fit.
 */

import type { CircuitRole } from "../hypothesis/context.ts";
import type { HeadCard, Role } from "../hypothesis/head-card.ts";
import type { CircuitRoles, RoleRule } from "../hypothesis/head-labels.ts";
import type { ScorecardResult } from "../hypothesis/scorecard.ts";
import type { Estimate } from "../measures/statistics.ts";
import { effect } from "../report/format.ts";
import { wrapped } from "../report/wrapped.ts";

/** How the table is to look. */
export interface HeadsTableOptions {
  /** Characters in a line. Default 100. */
  readonly width?: number;
  readonly bold?: (text: string) => string;
  readonly dim?: (text: string) => string;
}

interface Column {
  readonly head: string;
  readonly cell: (card: HeadCard) => string;
  /** The larger, the sooner it goes where there is no room; 0 stays. */
  readonly spare: number;
}

const mean = (estimate: Estimate | null) => (estimate === null ? "–" : effect(estimate.mean));

const COLUMNS: readonly Column[] = [
  { head: "Head", cell: ({ label }) => label, spare: 0 },
  { head: "Prev", cell: ({ previousToken }) => mean(previousToken), spare: 0 },
  { head: "2–5", cell: ({ lookBack }) => mean(lookBack), spare: 0 },
  {
    head: "Mean lag",
    cell: ({ lags }) => `${lags.total.meanLag.toFixed(1)}/${lags.positionOnly.meanLag.toFixed(1)}`,
    spare: 4,
  },
  { head: "Reach", cell: ({ lags }) => String(lags.total.reach), spare: 5 },
  { head: "Dup", cell: ({ duplicateToken }) => mean(duplicateToken), spare: 6 },
  { head: "Ind", cell: ({ induction }) => mean(induction), spare: 7 },
  { head: "Prefix", cell: ({ prefixMatching }) => mean(prefixMatching), spare: 0 },
  { head: "Copy", cell: ({ copying }) => mean(copying), spare: 2 },
  { head: "Order", cell: ({ orderSensitivity }) => mean(orderSensitivity), spare: 3 },
  { head: "BOS", cell: ({ bos }) => mean(bos), spare: 1 },
];

const GAP = "  ";
const ROLES = "Roles";

/** Room for the longest name of a role and a comma. */
const LEAST_FOR_ROLES = "duplicate-token,".length;

interface Laid {
  readonly columns: readonly (Column & { readonly width: number })[];
  /** Characters of the line before the roles. */
  readonly before: number;
}

function laidOut(cards: readonly HeadCard[], columns: readonly Column[]): Laid {
  const sized = columns.map((column) => ({
    ...column,
    width: Math.max(column.head.length, ...cards.map((card) => column.cell(card).length)),
  }));
  const before = sized.reduce((sum, { width }) => sum + width + GAP.length, 0);
  return { columns: sized, before };
}

/** As many columns as leave room for the roles. */
function fitting(cards: readonly HeadCard[], width: number): Laid {
  let columns = COLUMNS;
  for (;;) {
    const laid = laidOut(cards, columns);
    const spare = Math.max(...columns.map((column) => column.spare));
    if (laid.before + LEAST_FOR_ROLES <= width || spare === 0) return laid;
    columns = columns.filter((column) => column.spare !== spare);
  }
}

function tableLines(cards: readonly HeadCard[], width: number): [head: string, rows: string[]] {
  const { columns, before } = fitting(cards, width);
  const line = (cells: readonly string[]) =>
    columns
      .map((column, i) => {
        const text = cells[i] ?? "";
        return i === 0 ? text.padEnd(column.width) : text.padStart(column.width);
      })
      .join(GAP)
      .padEnd(before);
  const room = Math.max(LEAST_FOR_ROLES, width - before);
  const rows = cards.flatMap((card) => {
    const roles = wrapped(card.roles.join(", "), room);
    const first = line(columns.map((column) => column.cell(card))) + (roles[0] ?? "");
    return [first, ...roles.slice(1).map((more) => " ".repeat(before) + more)];
  });
  return [line(columns.map(({ head }) => head)) + ROLES, rows];
}

/** Roles, and the share or measure by which `hypothesis/head-labels` gives them. */
const CIRCUIT: readonly (readonly [name: CircuitRole, role: Role, score: string])[] = [
  ["previousToken", "previous-token", "of its attention on the token before"],
  ["lookBack", "look-back", "of its attention on lags 2 to 5"],
  ["induction", "induction", "prefix matching"],
];

/** Which heads play the post's circuit, or why there is none that does. */
function circuitLines(circuit: CircuitRoles): string[] {
  return CIRCUIT.map(([name, role, measure]) => {
    const heads = circuit[name].map(({ label, score }) => `${label} ${effect(score)}`);
    const none = circuit.nearest[name]?.why ?? "a model of one layer has nowhere for it";
    return `${role}: ${heads.length > 0 ? `${heads.join(", ")} (${measure})` : `none (${none})`}`;
  });
}

function about({ spec, prompts }: ScorecardResult): string {
  const { tokens, copies, batch } = prompts.repeated;
  return `Means over ${spec.batch} prompts of ${prompts.tokens} random tokens and ${batch} of ${tokens} random tokens ${copies} times, seed ${spec.seed}; --json has the 95% intervals. Prev, 2–5, BOS: share of attention on the token before, on lags 2 to 5, on position 0. Mean lag: on random tokens / by position alone; Reach: the lag up to which 90% of attention lies. Dup, Ind: share of attention as TransformerLens' head detector counts it, on the tokens twice; Prefix: prefix matching. Copy: −1 to 1. Order: 0 is a bag of tokens, 1 as if other tokens came; above layer 0, tokens carry their neighbours.`;
}

function ruleText({ role, rule }: RoleRule): string {
  return `${role}: ${rule}`;
}

/** The scorecard as text, ending with a newline. */
export function headsTableText(
  result: ScorecardResult,
  circuit: CircuitRoles,
  { width = 100, bold = (text) => text, dim = (text) => text }: HeadsTableOptions = {},
): string {
  const [head, rows] = tableLines(result.heads, width);
  const lines = [
    ...circuitLines(circuit).flatMap((line) => wrapped(line, width, GAP)),
    "",
    bold(head.trimEnd()),
    ...rows.map((row) => row.trimEnd()),
    "",
    ...wrapped(about(result), width).map(dim),
    "",
    ...result.rules.flatMap((rule) => wrapped(ruleText(rule), width, GAP)).map(dim),
  ];
  return `${lines.join("\n")}\n`;
}
