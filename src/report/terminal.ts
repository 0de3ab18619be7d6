/**
 * @file The result for a terminal: the post's table with intervals, the published values beside it or
 * below it, the heads that were found, and how many published numbers came out. Colours and the width
 * come in from outside; nothing here knows of a process.
 */

import type { HeadRole, HeadRoles } from "../experiments/context.ts";
import type { Comparison } from "../experiments/published.ts";
import type { ReproduceResult } from "../experiments/reproduce.ts";
import type { TableResult, TableRow } from "../experiments/table.ts";
import { publishedRow } from "./figures/table.ts";
import { hasInterval, interval, logits, probability, whole, withInterval } from "./format.ts";
import { sideOf } from "./prose.ts";
import { BOTH_WAYS_NOTE, CAN_PERFORM_NOTE, weakRoleNotes } from "./table-notes.ts";
import { verdicts } from "./verdicts.ts";
import { wrapped } from "./wrapped.ts";

/** How a terminal shows what matters; each takes text and gives it dressed. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly unsure: (text: string) => string;
}

const as = (text: string) => text;

/** No colours, for files and pipes. */
export const PLAIN: Palette = { bold: as, dim: as, good: as, bad: as, unsure: as };

/** Where the table is to be shown. */
export interface TableOptions {
  /** Characters in a line. Default 100. */
  readonly width?: number;
  /** Default {@link PLAIN}. */
  readonly palette?: Palette;
}

/** A cell is padded before it is dressed, so that colours take no room. */
interface Cell {
  readonly text: string;
  readonly dress?: (text: string) => string;
}

interface Column {
  readonly head: string;
  readonly cells: readonly Cell[];
}

const GAP = "  ";

function widthOf({ head, cells }: Column): number {
  return Math.max(head.length, ...cells.map(({ text }) => text.length));
}

function totalWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + widthOf(column) + GAP.length, -GAP.length);
}

function lines(columns: readonly Column[], { bold }: Palette): string[] {
  const pad = (column: Column, { text, dress = as }: Cell) => dress(text.padStart(widthOf(column)));
  const head = columns.map((column) => pad(column, { text: column.head, dress: bold })).join(GAP);
  const count = Math.max(0, ...columns.map(({ cells }) => cells.length));
  const body = Array.from({ length: count }, (_, row) =>
    columns.map((column) => pad(column, column.cells[row] ?? { text: "" })).join(GAP),
  );
  return [head, ...body];
}

const INTERVAL_IS = { above: "above 0", below: "below 0", unclear: "spans 0" } as const;

function measuredColumns(rows: readonly TableRow[], palette: Palette) {
  const { good, bad, unsure } = palette;
  const column = (head: string, cell: (row: TableRow) => Cell): Column => ({
    head,
    cells: rows.map(cell),
  });
  const dressOf = (row: TableRow) =>
    ({ above: good, below: bad, unclear: unsure })[sideOf(row.logitDiff)];
  return {
    length: column("Length", ({ length }) => ({ text: String(length) })),
    pB: column("P(B)", ({ pB }) => ({ text: probability(pB.mean) })),
    pD: column("P(D)", ({ pD }) => ({ text: probability(pD.mean) })),
    logitDiff: column("Logit diff", ({ logitDiff }) => ({ text: logits(logitDiff.mean) })),
    interval: column("95% interval", ({ logitDiff }) => ({
      text: interval(logitDiff, logits) || "–",
    })),
    canPerform: column("Can perform", (row) => ({
      text: row.canPerform ? "yes" : "no",
      dress: dressOf(row),
    })),
    /** For lines that have no room for the interval: a question mark where it spans zero. */
    canPerformShort: column("Can perform", (row) => ({
      text: `${row.canPerform ? "yes" : "no"}${sideOf(row.logitDiff) === "unclear" ? "?" : ""}`,
      dress: dressOf(row),
    })),
    intervalIs: column("Interval is", (row) => ({
      text: hasInterval(row.logitDiff) ? INTERVAL_IS[sideOf(row.logitDiff)] : "unknown",
      dress: dressOf(row),
    })),
    bothWays: column("Both ways", ({ bothWays }) => ({ text: withInterval(bothWays, logits) })),
    /** For lines that have no room for its interval. */
    bothWaysShort: column("Both ways", ({ bothWays }) => ({ text: logits(bothWays.mean) })),
    n: column("n", ({ logitDiff }) => ({ text: String(logitDiff.n) })),
  };
}

function publishedColumns(
  rows: readonly TableRow[],
  comparisons: readonly Comparison[],
  { dim, good, bad }: Palette,
): Column[] {
  const column = (
    head: string,
    quantity: string,
    pick: (post: NonNullable<ReturnType<typeof publishedRow>>) => string,
  ): Column => ({
    head,
    cells: rows.map(({ length }) => {
      const post = publishedRow(length);
      if (post === undefined) return { text: "–", dress: dim };
      const found = comparisons.find((c) => c.quantity === `${quantity}, length ${length}`);
      if (found?.pass == null) return { text: pick(post), dress: dim };
      return found.pass
        ? { text: `${pick(post)} ✓`, dress: good }
        : { text: `${pick(post)} ✗`, dress: bad };
    }),
  });
  return [
    column("P(B)", "P(B)", ({ pB }) => probability(pB)),
    column("P(D)", "P(D)", ({ pD }) => probability(pD)),
    column("Logit diff", "logit difference", ({ logitDiff }) => logits(logitDiff)),
  ];
}

const PUBLISHED_TITLE = "attn-only-2l (published)";

function tableLines(
  { rows, comparisons, spec }: TableResult,
  { width, palette }: Required<TableOptions>,
): string[] {
  const of = measuredColumns(rows, palette);
  const narrow = [of.length, of.pB, of.pD, of.logitDiff];
  const published = publishedColumns(rows, comparisons, palette);
  const hasPublished = rows.some((row) => publishedRow(row.length) !== undefined);
  const middle = [...narrow, of.interval, of.canPerform];
  const wide = [...middle, of.intervalIs, of.bothWays];
  const beside = [...wide, of.n, ...published];
  const about = (notes: readonly string[]) =>
    [
      `seed ${spec.seed}, n = ${spec.batch} for each length`,
      ...notes.flatMap((note) => wrapped(note, width)),
    ].map(palette.dim);
  if (hasPublished && totalWidth(beside) <= width) {
    const title = PUBLISHED_TITLE.padStart(totalWidth(beside));
    return [
      palette.dim(title),
      ...lines(beside, palette),
      ...about([CAN_PERFORM_NOTE, BOTH_WAYS_NOTE]),
    ];
  }
  const withBothWays = [
    [...wide, of.n],
    wide,
    [...middle, of.bothWays],
    [...middle, of.bothWaysShort],
  ].find((columns) => totalWidth(columns) <= width);
  const fits = withBothWays ?? (totalWidth(middle) <= width ? middle : undefined);
  const shown = lines(fits ?? [...narrow, of.canPerformShort], palette);
  const isQuestioned = !fits && rows.some(({ logitDiff }) => sideOf(logitDiff) === "unclear");
  const question = isQuestioned
    ? wrapped("? the 95% interval includes zero", width).map(palette.dim)
    : [];
  const below = hasPublished
    ? ["", palette.dim(PUBLISHED_TITLE), ...lines([of.length, ...published], palette)]
    : [];
  const notes = [CAN_PERFORM_NOTE, ...(withBothWays ? [BOTH_WAYS_NOTE] : [])];
  return [...shown, ...question, ...about(notes), ...below];
}

function headText(part: string, { label, score, named }: HeadRole): string {
  return `${part} ${label} (${named ? "named, " : ""}detector score ${score.toFixed(2)})`;
}

/** How many of the published numbers came out, or whose they are. */
function verdictText(result: ReproduceResult): { text: string; good: boolean | null } | null {
  const all = verdicts(result);
  const total = all.reduce((sum, { comparisons }) => sum + comparisons.length, 0);
  if (total === 0) return null;
  if (!result.model.isPublished) {
    return {
      text: "published numbers are of attn-only-2l, another model: shown for comparison only",
      good: null,
    };
  }
  const judged = all.reduce((sum, one) => sum + one.judged, 0);
  const passed = all.reduce((sum, one) => sum + one.passed, 0);
  const rest = total - judged;
  if (judged === 0) {
    return {
      text: `published numbers: none judged, for these are not the prompts of any of the ${whole(rest)}`,
      good: null,
    };
  }
  const notJudged =
    rest > 0 ? `; ${whole(rest)} on other prompts than the published, not judged` : "";
  return {
    text: `published numbers: ${whole(passed)} of ${whole(judged)} pass${notJudged}`,
    good: passed === judged,
  };
}

/** What is known once the heads are found: whose result this is, and which heads play the roles. */
export function renderHeading(
  model: string,
  heads: HeadRoles,
  { width = 100, palette = PLAIN }: TableOptions = {},
): string {
  const found = [
    headText("previous token", heads.previousToken),
    headText("look-back-two", heads.lookBack),
    headText("induction", heads.induction),
  ].join(", ");
  return text([
    ...wrapped(`Induction head circuits for longer sequences: ${model}`, width).map(palette.bold),
    ...wrapped(`heads: ${found}`, width),
    ...weakRoleNotes(heads).flatMap((note) => wrapped(note, width).map(palette.unsure)),
  ]);
}

/**
 * The post's table with a line above it. Narrow terminals get fewer columns, and the published values
 * below instead of beside.
 */
export function renderTable(
  table: TableResult,
  { width = 100, palette = PLAIN }: TableOptions = {},
): string {
  return text(["", ...tableLines(table, { width, palette })]);
}

/** How many published numbers came out, with a line above it; nothing where the result has none. */
export function renderVerdict(
  result: ReproduceResult,
  { width = 100, palette = PLAIN }: TableOptions = {},
): string {
  const verdict = verdictText(result);
  if (verdict === null) return "";
  const dress = verdict.good === null ? palette.dim : verdict.good ? palette.good : palette.bad;
  return text(["", ...wrapped(verdict.text, width).map(dress)]);
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** The whole result as lines of text: heading, table where the result has it, verdict. */
export function renderResult(result: ReproduceResult, options: TableOptions = {}): string {
  const { table } = result.experiments;
  return [
    renderHeading(result.model.name, result.heads, options),
    table === undefined ? "" : renderTable(table, options),
    renderVerdict(result, options),
  ].join("");
}

/** One row of the table in a few words, for a line that shows how far the work is. */
export function rowInWords({ length, pB, logitDiff }: TableRow): string {
  const spread = interval(logitDiff, logits);
  return `length ${length}: P(B) ${probability(pB.mean)}, logit difference ${logits(logitDiff.mean)} ${spread}`.trimEnd();
}
