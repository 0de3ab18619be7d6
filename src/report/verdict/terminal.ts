/**
 * @file A verdict for a terminal: each claim with what came out, the measurements below it, and how many
 * held. Colours and the width come in from outside.
 */

import { type Claim, inWords, type Measurement, type Verdict } from "../../hypothesis/claim.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { plain, whole } from "../format.ts";
import { type Palette, PLAIN, type TableOptions } from "../terminal.ts";
import { wrapped } from "../wrapped.ts";
import { formatOf, outcome } from "./claims.ts";
import { ASIDE, rolesInWords, VERDICT_LOOKS } from "./looks.ts";

/** Of what stands below a claim. */
const INDENT = "    ";
/** Between columns. */
const GAP = "  ";
/** Of the verdict before a statement. */
const VERDICT_WIDTH = "✗ did not hold  ".length;

type Dress = (text: string) => string;

/** How a verdict is coloured. */
export function dressOf(verdict: Verdict, { good, bad, unsure }: Palette): Dress {
  return { held: good, "did not hold": bad, "cannot tell": unsure }[verdict];
}

/** Lines of a text behind a start that is dressed, the rest below the text. */
function hanging(
  start: { text: string; dress: Dress },
  text: string,
  width: number,
  dress: Dress = (line) => line,
): string[] {
  const room = Math.max(20, width - start.text.length);
  return wrapped(text, room).map((line, i) =>
    i === 0
      ? `${start.dress(start.text)}${dress(line)}`
      : `${" ".repeat(start.text.length)}${dress(line)}`,
  );
}

/** `above 0.10 nats`; a bare share has no unit. */
function predictedText({ unit, predicted: { is, value } }: Measurement): string {
  const number = formatOf(unit)(value);
  return unit === "share" ? `${is} ${number}` : `${is} ${number} ${unit.replace("share of", "of")}`;
}

function numbersText({ unit, estimate, interval: [low, high] }: Measurement): string {
  const format = formatOf(unit);
  return `${format(estimate.mean)} [${format(low)}, ${format(high)}]`;
}

/** The measurements as columns where these fit into the line, and otherwise each on two lines. */
function measurementLines(
  measurement: readonly Measurement[],
  { width, palette }: Required<TableOptions>,
): string[] {
  const rows = measurement.map((one) => ({
    sign: one.applies ? VERDICT_LOOKS[one.verdict].sign : ASIDE,
    dress: one.applies ? dressOf(one.verdict, palette) : palette.dim,
    quantity: one.applies ? inWords(one) : `${inWords(one)} (${outcome(one)})`,
    numbers: numbersText(one),
    predicted: predictedText(one),
  }));
  const longest = (of: "quantity" | "numbers" | "predicted") =>
    Math.max(0, ...rows.map((row) => row[of].length));
  const [quantity, numbers] = [longest("quantity"), longest("numbers")];
  const all =
    INDENT.length + 2 + quantity + GAP.length + numbers + GAP.length + longest("predicted");
  return rows.flatMap((row) => {
    const start = { text: `${INDENT}${row.sign} `, dress: row.dress };
    if (all > width) {
      return [
        ...hanging(start, row.quantity, width),
        `${INDENT}  ${row.numbers}${GAP}${palette.dim(row.predicted)}`,
      ];
    }
    const words = `${row.quantity.padEnd(quantity)}${GAP}${row.numbers.padStart(numbers)}`;
    return [`${start.dress(start.text)}${words}${GAP}${palette.dim(row.predicted)}`];
  });
}

/** @param before the claim above, whose reason is not told again. */
function claimLines(
  claim: Claim,
  before: Claim | undefined,
  options: Required<TableOptions>,
): string[] {
  const { width, palette } = options;
  const { statement, verdict, measurement } = claim;
  const reason =
    claim.reason !== null && claim.reason === before?.reason ? "as above" : claim.reason;
  const text = `${VERDICT_LOOKS[verdict].sign} ${verdict}`.padEnd(VERDICT_WIDTH);
  return [
    "",
    ...hanging({ text, dress: dressOf(verdict, palette) }, statement, width, palette.bold),
    ...measurementLines(measurement, options),
    ...(reason === null
      ? []
      : hanging({ text: INDENT, dress: palette.dim }, reason, width, palette.dim)),
  ];
}

/** How many claims held, did not hold and cannot be told, each in its colour; for a last line. */
function countLines(
  { claims }: VerdictResult,
  { width, palette }: Required<TableOptions>,
): string[] {
  const parts = (["held", "did not hold", "cannot tell"] as const).map((verdict) => {
    const count = claims.filter((claim) => claim.verdict === verdict).length;
    return { text: `${count} ${verdict}`, dress: dressOf(verdict, palette) };
  });
  const start = `${claims.length} claims: `;
  const isShort = start.length + parts.map(({ text }) => text).join(", ").length <= width;
  const dressed = parts.map(({ text, dress }) => dress(text));
  return isShort ? [`${start}${dressed.join(", ")}`] : [start, ...dressed];
}

/**
 * The verdict as lines of text: whose it is, the heads, each claim with its measurements and intervals,
 * and the counts.
 */
export function renderVerdictText(
  result: VerdictResult,
  { width = 100, palette = PLAIN }: TableOptions = {},
): string {
  const options = { width, palette };
  const { model, comparisons, confidence, claims } = result;
  const about = `${whole(comparisons)} predictions share an error of 5%, so each interval is one of ${plain(confidence * 100)}%`;
  const lines = [
    ...wrapped(`The verdict on longer sequences: ${model.name}`, width).map(palette.bold),
    ...wrapped(`heads: ${rolesInWords(result).join("; ")}`, width),
    ...wrapped(about, width).map(palette.dim),
    ...claims.flatMap((claim, i) => claimLines(claim, claims[i - 1], options)),
    "",
    ...countLines(result, options),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}
