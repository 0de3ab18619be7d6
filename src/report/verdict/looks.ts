/** @file What a verdict's pictures and texts share: the colours of roles and lengths, signs, and names. */

import type { Verdict } from "../../hypothesis/claim.ts";
import { CIRCUIT_ROLES, type CircuitRole, ROLE_NAMES } from "../../hypothesis/context.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { type Estimate, estimateDifference } from "../../measures/statistics.ts";
import type { CorruptedSide } from "../../prompts/repeated.ts";
import { COLOURS } from "../drawing/colour.ts";
import { type LineLook, lookOf } from "../drawing/line-looks.ts";
import { type Point, pointOf } from "../drawing/marks.ts";
import type { SeriesSymbol } from "../drawing/series-chart.ts";
import { effect, type Format } from "../format.ts";
import { sideOf } from "../prose.ts";

/** How each verdict looks: never by its colour alone. */
export const VERDICT_LOOKS: Readonly<
  Record<Verdict, { readonly sign: string; readonly colour: string; readonly className: string }>
> = {
  held: { sign: "✓", colour: "var(--good)", className: "good" },
  "did not hold": { sign: "✗", colour: "var(--bad)", className: "bad" },
  "cannot tell": { sign: "?", colour: "var(--unsure)", className: "unsure" },
};

/** The sign of what is set aside, for it is a share of nothing. */
export const ASIDE = "–";

/** The colour and shape of each role. */
export const ROLE_LOOKS: Readonly<Record<CircuitRole, { colour: string; symbol: SeriesSymbol }>> = {
  previousToken: { colour: COLOURS.right, symbol: "circle" },
  lookBack: { colour: COLOURS.wrong, symbol: "square" },
  induction: { colour: COLOURS.third, symbol: "triangle" },
};

/** The look of a length among others. */
export function lookOfLength(lengths: readonly number[], length: number): LineLook {
  return lookOf(lengths.indexOf(length));
}

/** `look-back heads L0H5 and L0H2`, `previous-token head L0H4`. */
export function roleWithHeads(
  { circuit }: Pick<VerdictResult, "circuit">,
  role: CircuitRole,
): string {
  const labels = circuit[role];
  const several = labels.length > 1;
  const [last, ...before] = labels.toReversed();
  const names = several ? `${before.toReversed().join(", ")} and ${last}` : (last ?? "none");
  return `${ROLE_NAMES[role]} head${several ? "s" : ""} ${names}`;
}

/** Which heads play each role: `previous-token L0H0`, `look-back none`, `induction L1H6, L1H1`. */
export function rolesInWords({ circuit }: Pick<VerdictResult, "circuit">): string[] {
  return CIRCUIT_ROLES.map((role) => `${ROLE_NAMES[role]} ${circuit[role].join(", ") || "none"}`);
}

/** Labels of all the circuit's heads. */
export function circuitLabels({ circuit }: Pick<VerdictResult, "circuit">): ReadonlySet<string> {
  return new Set(CIRCUIT_ROLES.flatMap((role) => circuit[role]));
}

/** Which roles no head plays. */
export function missingRoles({ circuit }: Pick<VerdictResult, "circuit">): CircuitRole[] {
  return CIRCUIT_ROLES.filter((role) => circuit[role].length === 0);
}

/** Whether there is something that shares could be of: an interval wholly above zero. */
export function isClear(whole: Estimate): boolean {
  return sideOf(whole) === "above";
}

/**
 * Whether patching has something to give back: the difference of clean and corrupted, on the prompts of
 * the same side and length where effects have them, which are paired, and otherwise as of two samples.
 */
export function hasGap(
  { parts: { effects } }: Pick<VerdictResult, "parts">,
  { side, length }: { readonly side: CorruptedSide; readonly length: number },
  { clean, corrupted }: { readonly clean: Estimate; readonly corrupted: Estimate },
): boolean {
  const row = effects.rows.find((one) => one.side === side && one.length === length);
  return isClear(row?.gap ?? estimateDifference(clean, corrupted));
}

/** Above it a share is most of it: the dashed line of charts of shares. */
export const HALF = 0.5;

/** How far shares are drawn: beyond, an interval ends at the edge. */
const SHARES = [-0.6, 2.2] as const;

/** A mean as a point of a chart of shares; an interval may be wider than the chart. */
export function sharePoint(x: number, estimate: Estimate, name: string, format: Format): Point {
  const point = pointOf(x, estimate, name, format);
  const inside = (value: number) => Math.min(SHARES[1], Math.max(SHARES[0], value));
  const [low, high] = point.ci95 ?? [point.y, point.y];
  return {
    ...point,
    y: inside(point.y),
    ...(point.ci95 && { ci95: [inside(low), inside(high)] as const }),
  };
}

/** Says of a chart of shares that it cuts intervals, where it does. */
export function cutNote(series: readonly { readonly points: readonly Point[] }[]): string {
  const isCut = series.some(({ points }) =>
    points.some(({ ci95 }) => ci95 && (ci95[0] === SHARES[0] || ci95[1] === SHARES[1])),
  );
  return isCut
    ? ` Intervals that go beyond ${effect(SHARES[0])} or ${effect(SHARES[1])} are cut there.`
    : "";
}

/** `2, 3 and 4` */
export function numbers(values: readonly number[]): string {
  const [last, ...before] = values.toReversed();
  return before.length === 0 ? String(last) : `${before.toReversed().join(", ")} and ${last}`;
}

/** `length 4`, `lengths 4 and 5` */
export function lengthsInWords(lengths: readonly number[]): string {
  return `length${lengths.length > 1 ? "s" : ""} ${numbers(lengths)}`;
}

/** What is said of lengths that shares leave out. */
export function leftOut(lengths: readonly number[], what: string): string | null {
  if (lengths.length === 0) return null;
  return `At ${lengthsInWords(lengths)} ${what} is not clearly above zero, so that shares of it mean nothing; they are left out.`;
}
