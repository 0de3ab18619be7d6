/**
 * @file Predictions and what came out: under its name each mean with its interval, the value that it was
 * held against as a line, and the side on which it was to lie shaded.
 */

import type { Format } from "../format.ts";
import { escaped, type Markup } from "../page/markup.ts";
import { picture } from "./chart.ts";
import { forestDomain, forestGrid, intervalPath, r2 } from "./forest-axis.ts";
import { type Outcome, outcomeInWords, outcomeNumbers, spannedBy } from "./outcome.ts";

/** One prediction. */
export interface ForestRow extends Outcome {
  readonly name: string;
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

function drawnRow(
  row: ForestRow,
  y: number,
  { x, right, format }: { x: (value: number) => number; right: number; format: Format },
): string {
  const { name, mean, interval, predicted, sign, colour, aside } = row;
  const at = x(predicted.value);
  const [from, to] = predicted.is === "above" ? [at, right] : [LEFT, at];
  const line = y + LINE;
  const [low, high] = interval;
  const value = outcomeNumbers(row, format);
  const tip = `${name}: ${outcomeInWords(row, format)}`;
  const fits = name.length * CHARACTER <= WIDTH - LEFT - 2;
  const squeezed = fits ? "" : ` textLength="${WIDTH - LEFT - 4}" lengthAdjust="spacingAndGlyphs"`;
  const drawn = intervalPath([x(low), x(high)], [LEFT, right], line);
  const dot = x(mean);
  const point =
    dot < LEFT || dot > right
      ? ""
      : `<circle cx="${r2(dot)}" cy="${line}" r="4.2" fill="${colour}"/>`;
  return `<path class="predicted" d="M${r2(from)} ${line - 9}H${r2(to)}v18H${r2(from)}z"/><path d="M${r2(at)} ${line - 9}v18" stroke="currentColor" stroke-opacity="0.75" stroke-width="1.4"/>
<text x="10" y="${y + 12}" fill="${colour}" font-weight="700">${escaped(sign)}</text><text x="${LEFT}" y="${y + 12}" text-anchor="start" fill-opacity="${aside ? 0.7 : 1}"${squeezed}>${escaped(name)}</text>
<g><title>${escaped(tip)}</title><path d="${drawn}" fill="none" stroke="${colour}" stroke-width="2"${aside ? ' stroke-dasharray="3 3"' : ""}/>${point}</g>
<text x="${WIDTH - 2}" y="${line + 4}" text-anchor="end" font-size="11" fill-opacity="${aside ? 0.7 : 1}">${escaped(value)}</text>`;
}

/** Draws the predictions under each other on one scale. */
export function forestChart({ title, unit, rows, format }: ForestChart): Markup {
  const domain = forestDomain(spannedBy(rows));
  const [low, high] = domain;
  const longest = Math.max(0, ...rows.map((row) => outcomeNumbers(row, format).length));
  const right = WIDTH - GAP - longest * DIGIT;
  const x = (value: number) => LEFT + ((value - low) / (high - low)) * (right - LEFT);
  const bottom = TOP + rows.length * ROW;
  const grid = forestGrid(domain, { top: TOP + 16, bottom, x, format });
  const drawn = rows.map((row, i) => drawnRow(row, TOP + i * ROW, { x, right, format }));
  return picture(
    {
      title,
      yLabel: unit,
      description: rows
        .map((row) => {
          const { name, predicted, word } = row;
          return `${name}: ${outcomeNumbers(row, format)}, predicted ${predicted.is} ${format(predicted.value)}: ${word}`;
        })
        .join("; "),
    },
    { width: WIDTH, height: bottom + 22, content: `${grid}${drawn.join("")}` },
  );
}
