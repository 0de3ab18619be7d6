/**
 * @file Predictions and what came out: under its name each mean with its interval, the value that it was
 * held against as a line, and the side on which it was to lie shaded.
 */

import { type Format, whole } from "../format.ts";
import { escaped, type Markup } from "../page/markup.ts";
import { picture } from "./chart.ts";

/** One prediction. */
export interface ForestRow {
  readonly name: string;
  readonly mean: number;
  readonly interval: readonly [low: number, high: number];
  readonly n: number;
  readonly predicted: { readonly is: "above" | "below"; readonly value: number };
  /** What came out: a sign, a word for it, and their colour. */
  readonly sign: string;
  readonly word: string;
  readonly colour: string;
  /** Whether the row is set aside, and so drawn faintly and without a say in the scale. */
  readonly aside: boolean;
}

/** A chart of predictions of one unit. */
export interface ForestChart {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly ForestRow[];
  readonly format: Format;
}

const WIDTH = 400;
const LEFT = 22;
/** Between where the picture of an interval ends and its numbers. */
const GAP = 10;
/** Of the numbers, which are smaller than names. */
const DIGIT = 6.3;
const TOP = 42;
const ROW = 41;
/** Of the interval's line, below the top of its row. */
const LINE = 25;
const CHARACTER = 6.1;
const MARGIN = 0.12;

/** About four round numbers. */
function ticks([low, high]: readonly [number, number]): number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.8) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  // A multiple of a power of ten, not a sum of steps: 0.30000000000000004 is no label.
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

/** What the axis spans: whatever has a say, zero, and room for the shade on either side of a value. */
function domainOf(rows: readonly ForestRow[]): readonly [number, number] {
  const judged = rows.filter(({ aside }) => !aside);
  const ends = [
    0,
    ...rows.map(({ predicted }) => predicted.value),
    ...judged.flatMap((r) => r.interval),
  ];
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  const margin = MARGIN * (high - low || 1);
  return [low < 0 ? low - margin : low - margin / 2, high + margin];
}

function drawnRow(
  row: ForestRow,
  y: number,
  { x, right, format }: { x: (value: number) => number; right: number; format: Format },
): string {
  const { name, mean, interval, n, predicted, sign, word, colour, aside } = row;
  const [low, high] = interval.map(x) as [number, number];
  const at = x(predicted.value);
  const [from, to] = predicted.is === "above" ? [at, right] : [LEFT, at];
  const line = y + LINE;
  const inside = (place: number) => Math.min(right, Math.max(LEFT, place));
  const value = valueText(row, format);
  const tip = `${name}: ${value}, n = ${whole(n)}; predicted ${predicted.is} ${format(predicted.value)}: ${word}`;
  const fits = name.length * CHARACTER <= WIDTH - LEFT - 2;
  const squeezed = fits ? "" : ` textLength="${WIDTH - LEFT - 4}" lengthAdjust="spacingAndGlyphs"`;
  const ends = [
    low < LEFT ? `M${LEFT + 6} ${line - 4}l-6 4l6 4` : "",
    high > right ? `M${right - 6} ${line - 4}l6 4l-6 4` : "",
  ].join("");
  const dot = x(mean);
  const point =
    dot < LEFT || dot > right
      ? ""
      : `<circle cx="${r2(dot)}" cy="${line}" r="4.2" fill="${colour}"/>`;
  return `<path class="predicted" d="M${r2(from)} ${line - 9}H${r2(to)}v18H${r2(from)}z"/><path d="M${r2(at)} ${line - 9}v18" stroke="currentColor" stroke-opacity="0.75" stroke-width="1.4"/>
<text x="10" y="${y + 12}" fill="${colour}" font-weight="700">${escaped(sign)}</text><text x="${LEFT}" y="${y + 12}" text-anchor="start" fill-opacity="${aside ? 0.7 : 1}"${squeezed}>${escaped(name)}</text>
<g><title>${escaped(tip)}</title><path d="M${r2(inside(low))} ${line}H${r2(inside(high))}${ends}" fill="none" stroke="${colour}" stroke-width="2"${aside ? ' stroke-dasharray="3 3"' : ""}/>${point}</g>
<text x="${WIDTH - 2}" y="${line + 4}" text-anchor="end" font-size="11" fill-opacity="${aside ? 0.7 : 1}">${escaped(value)}</text>`;
}

function valueText({ mean, interval: [low, high] }: ForestRow, format: Format): string {
  return `${format(mean)} [${format(low)}, ${format(high)}]`;
}

/** To a hundredth of a pixel. */
function r2(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Draws the predictions under each other on one scale. */
export function forestChart({ title, unit, rows, format }: ForestChart): Markup {
  const domain = domainOf(rows);
  const [low, high] = domain;
  const longest = Math.max(0, ...rows.map((row) => valueText(row, format).length));
  const right = WIDTH - GAP - longest * DIGIT;
  const x = (value: number) => LEFT + ((value - low) / (high - low)) * (right - LEFT);
  const bottom = TOP + rows.length * ROW;
  const grid = ticks(domain).map(
    (tick) =>
      `<path d="M${r2(x(tick))} ${TOP + 16}V${bottom}" stroke="currentColor" stroke-opacity="${tick === 0 ? 0.4 : 0.12}"/><text x="${r2(x(tick))}" y="${bottom + 15}" font-size="11" fill-opacity="0.8">${format(tick)}</text>`,
  );
  const drawn = rows.map((row, i) => drawnRow(row, TOP + i * ROW, { x, right, format }));
  return picture(
    {
      title,
      yLabel: unit,
      description: rows
        .map((row) => {
          const { name, predicted, word } = row;
          return `${name}: ${valueText(row, format)}, predicted ${predicted.is} ${format(predicted.value)}: ${word}`;
        })
        .join("; "),
    },
    { width: WIDTH, height: bottom + 22, content: `${grid.join("")}${drawn.join("")}` },
  );
}
