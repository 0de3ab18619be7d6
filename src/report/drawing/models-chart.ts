/**
 * @file Predictions and what came out in several models: under its name each prediction has a line for
 * every model, its mean with its interval before the predicted side, and below them the mean over models.
 */

import type { Estimate } from "../../measures/statistics.ts";
import { type Format, hasInterval, withInterval } from "../format.ts";
import { escaped, type Markup } from "../page/markup.ts";
import { picture } from "./chart.ts";
import { forestDomain, forestGrid, intervalPath, r2 } from "./forest-axis.ts";
import type { LineLook } from "./line-looks.ts";
import { type Outcome, outcomeInWords, spannedBy } from "./outcome.ts";
import { symbolAt } from "./symbol.ts";

/** One prediction. */
export interface ModelsRow {
  readonly name: string;
  /** Model by model; null where a model has none. */
  readonly lines: readonly (Outcome | null)[];
  /** Over models; null where there is none. */
  readonly mean: Estimate | null;
}

/** A chart of predictions of one unit. */
export interface ModelsChart {
  readonly title: string;
  readonly unit: string;
  readonly models: readonly { readonly name: string; readonly look: LineLook }[];
  readonly rows: readonly ModelsRow[];
  readonly format: Format;
}

const WIDTH = 400;
const LEFT = 10;
/** Of the numbers at the right. */
const NUMBERS = 62;
const RIGHT = WIDTH - NUMBERS;
const TOP = 46;
/** From the top of a row to its first line, from line to line, and below the last. */
const NAME = 24;
const LINE = 14;
const BELOW = 10;

const rowHeight = ({ lines }: ModelsRow): number =>
  NAME + (lines.length + 1) * LINE + BELOW - LINE / 2;

function lineText(line: Outcome | null, format: Format): string {
  return line === null ? "not measured" : outcomeInWords(line, format);
}

/** Over how many models, with the interval where there is one. */
function meanText(mean: Estimate, format: Format): string {
  return `${withInterval(mean, format)} over ${mean.n} model${mean.n === 1 ? "" : "s"}`;
}

type Scale = (value: number) => number;

function drawnLine(
  line: Outcome,
  y: number,
  { name, look, x, format }: { name: string; look: LineLook; x: Scale; format: Format },
): string {
  const { mean, interval, predicted, sign, colour, aside } = line;
  const [low, high] = interval;
  const threshold = r2(x(predicted.value));
  const [from, to] = predicted.is === "above" ? [threshold, RIGHT] : [LEFT, threshold];
  const half = LINE / 2;
  const at = x(mean);
  const isInside = at >= LEFT && at <= RIGHT;
  const point = isInside ? symbolAt(look.symbol, r2(at), y, `fill="${look.colour}"`) : "";
  const drawn = intervalPath([x(low), x(high)], [LEFT, RIGHT], y);
  const dashed = aside ? ' stroke-dasharray="3 3"' : "";
  return `<path class="predicted" d="M${from} ${y - half}H${to}v${LINE}H${from}z"/><path d="M${threshold} ${y - half}v${LINE}" stroke="currentColor" stroke-opacity="0.75" stroke-width="1.4"/><g><title>${escaped(`${name}: ${lineText(line, format)}`)}</title><path d="${drawn}" fill="none" stroke="${look.colour}" stroke-width="1.8"${dashed}/>${point}</g><text x="${RIGHT + 14}" y="${y + 4}" font-size="11" font-weight="700" fill="${colour}">${escaped(sign)}</text><text x="${WIDTH - 2}" y="${y + 4}" text-anchor="end" font-size="11" fill-opacity="${aside ? 0.7 : 1}">${escaped(format(mean))}</text>`;
}

/** The mean over models: its interval as a band, and a hollow dot. */
function drawnMean(mean: Estimate, y: number, x: Scale, format: Format): string {
  const inside = (value: number) => r2(Math.min(RIGHT, Math.max(LEFT, x(value))));
  const [low, high] = mean.ci95.map(inside) as [number, number];
  const band = hasInterval(mean)
    ? `<path d="M${low} ${y}H${high}" stroke="currentColor" stroke-width="7" stroke-opacity="0.16"/>`
    : "";
  return `<g><title>${escaped(`mean: ${meanText(mean, format)}`)}</title>${band}<circle cx="${inside(mean.mean)}" cy="${y}" r="4" fill="var(--paper)" stroke="currentColor" stroke-width="1.6"/></g><text x="${WIDTH - 2}" y="${y + 4}" text-anchor="end" font-size="11" font-weight="600">${escaped(format(mean.mean))}</text>`;
}

function drawnRow(
  { name, lines, mean }: ModelsRow,
  top: number,
  { models, x, format }: Pick<ModelsChart, "models" | "format"> & { readonly x: Scale },
): string {
  const at = (i: number) => top + NAME + i * LINE;
  const drawn = lines.map((line, i) => {
    const model = models[i];
    if (model === undefined) throw new Error("internal: more lines than models");
    if (line !== null) return drawnLine(line, at(i), { ...model, x, format });
    return `<text x="${WIDTH - 2}" y="${at(i) + 4}" text-anchor="end" font-size="11" fill-opacity="0.7">none</text>`;
  });
  const over = mean === null ? "" : drawnMean(mean, at(lines.length), x, format);
  return `<text x="${LEFT - 6}" y="${top + 10}" text-anchor="start">${escaped(name)}</text>${drawn.join("")}${over}`;
}

/** Draws the predictions under each other on one scale. */
export function modelsChart({ title, unit, models, rows, format }: ModelsChart): Markup {
  const domain = forestDomain([
    ...spannedBy(rows.flatMap(({ lines }) => lines.filter((line) => line !== null))),
    ...rows.flatMap(({ mean }) => mean?.ci95 ?? []),
  ]);
  const [low, high] = domain;
  const x = (value: number) => LEFT + ((value - low) / (high - low)) * (RIGHT - LEFT);
  const tops: number[] = [];
  let bottom = TOP;
  for (const row of rows) {
    tops.push(bottom);
    bottom += rowHeight(row);
  }
  const grid = forestGrid(domain, { top: TOP + 15, bottom, x, format });
  const drawn = rows.map((row, i) => drawnRow(row, tops[i] as number, { models, x, format }));
  const description = rows.map(({ name, lines, mean }) => {
    const told = lines.map((line, i) => `${models[i]?.name} ${lineText(line, format)}`);
    return `${name}: ${[...told, ...(mean === null ? [] : [`mean ${meanText(mean, format)}`])].join("; ")}`;
  });
  return picture(
    { title, yLabel: unit, description: description.join(". ") },
    { width: WIDTH, height: bottom + 22, content: `${grid}${drawn.join("")}` },
  );
}
