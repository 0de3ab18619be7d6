/** @file Figures as SVG for papers and slides: on white, in the colours of the light theme. */

import { colourOf, hatchingOf, inkOn } from "./colour.ts";
import type {
  BarFigure,
  Fact,
  Figure,
  LineFigure,
  Mark,
  MatrixFigure,
  PanelsFigure,
} from "./figure.ts";
import { holdsZero, shown, shownShare } from "./figure.ts";

const FONT = "system-ui, sans-serif";
const INK = "#1b1e22";
const QUIET = "#565c64";
const LINE = "#d6d6d0";
const RIGHT = "#0a62ab";
const WRONG = "#b84a0c";
const SERIES = [RIGHT, WRONG, "#3f7d2c"];

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => names[character] ?? "");
}

function text(
  x: number,
  y: number,
  content: string,
  { anchor = "start", size = 11, fill = INK, turn = 0 } = {},
): string {
  const turned = turn === 0 ? "" : ` transform="rotate(${turn} ${x} ${y})"`;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}" fill="${fill}"${turned}>${escaped(content)}</text>`;
}

/** A picture with room for what stands around it. */
interface Drawn {
  readonly width: number;
  readonly height: number;
  readonly body: string;
}

/** Width of a letter, about, and height of a line, in pixels. */
const [LETTER, LEADING] = [5.8, 15] as const;

/** Text in lines that fit; a word that does not is cut. */
function wrapped(content: string, width: number): string[] {
  const most = Math.floor((width - 24) / LETTER);
  const lines: string[] = [];
  for (const word of content.split(/\s+/).map((each) => each.slice(0, most))) {
    const line = `${lines.at(-1) ?? ""} ${word}`.trim();
    if (lines.length > 0 && line.length <= most) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}

function page({ width, height, body }: Drawn, title: string, caption: readonly string[]): string {
  const lines = caption.flatMap((line) => wrapped(line, width));
  const whole = height + lines.length * LEADING;
  const under = lines.map((line, i) => text(12, height + i * LEADING, line, { fill: QUIET }));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}" font-family="${FONT}" role="img"><title>${escaped(title)}</title><rect width="${width}" height="${whole}" fill="#ffffff"/>${text(12, 20, title, { size: 13 })}${body}${under.join("")}</svg>\n`;
}

/** A figure as a standalone SVG file, with lines on where it comes from under it. */
export function figureSvg(figure: Figure, caption: readonly string[] = []): string {
  return page(drawn(figure), figure.title, caption);
}

function drawn(figure: Figure): Drawn {
  switch (figure.kind) {
    case "matrix":
      return matrixSvg(figure);
    case "bars":
      return barsSvg(figure);
    case "lines":
      return linesSvg(figure);
    case "panels":
      return panelsSvg(figure);
  }
}

/** Panels in rows of four, each with its title; the axes are alike, and named once. */
function panelsSvg({ measure, panels }: PanelsFigure): Drawn {
  const [size, gap, top, across] = [120, 16, 56, 4];
  const parts = panels.map(({ title: name, rows, columns, values, scale, causal = false }, i) => {
    const x = 12 + (i % across) * (size + gap);
    const y = top + Math.floor(i / across) * (size + gap + 16);
    const [width, height] = [size / columns.length, size / rows.length];
    const cells = rows.flatMap((_, row) =>
      columns.flatMap((_, column) => {
        if (causal && column > row) return [];
        const fill = colourOf(values[row * columns.length + column] ?? 0, scale, "light");
        return `<rect x="${x + column * width}" y="${y + row * height}" width="${width}" height="${height}" fill="${fill}"/>`;
      }),
    );
    return `${text(x, y - 4, name)}${cells.join("")}`;
  });
  const bottom = top + Math.ceil(panels.length / across) * (size + gap + 16);
  const [first] = panels;
  const axes = first ? `${first.rowTitle} down, ${first.columnTitle} across: ` : "";
  parts.push(text(12, bottom + 8, `${axes}${measure}`, { fill: QUIET }));
  return { width: 12 + across * (size + gap), height: bottom + 24, body: parts.join("") };
}

function matrixSvg(figure: MatrixFigure): Drawn {
  const { rows, columns, values, scale, causal = false } = figure;
  const cell = Math.max(4, Math.min(32, Math.floor(560 / Math.max(rows.length, columns.length))));
  const left = 84;
  const top = 88;
  const parts: string[] = [];
  for (let row = 0; row < rows.length; row++) {
    for (let column = 0; column < columns.length; column++) {
      if (causal && column > row) continue;
      const at = row * columns.length + column;
      const value = values[at] ?? 0;
      const [x, y] = [left + column * cell, top + row * cell];
      const hatching = holdsZero(figure, at) ? hatchingOf(value, scale, "light") : undefined;
      const fill = hatching?.ground ?? colourOf(value, scale, "light");
      parts.push(`<rect x="${x}" y="${y}" width="${cell}" height="${cell}" fill="${fill}"/>`);
      if (hatching) parts.push(stripes(x, y, cell, hatching.stripe));
      if (cell < 28) continue;
      const ink = hatching?.ink ?? inkOn(value, scale, "light");
      const place = { anchor: "middle", size: 9, fill: ink };
      parts.push(text(x + cell / 2, y + cell / 2 + 3, shownShare(value), place));
    }
  }
  const every = Math.ceil(12 / cell);
  for (const [row, label] of rows.entries()) {
    if (row % every > 0) continue;
    parts.push(text(left - 6, top + (row + 0.5) * cell + 4, label, { anchor: "end" }));
  }
  for (const [column, label] of columns.entries()) {
    if (column % every > 0) continue;
    parts.push(text(left + (column + 0.5) * cell + 4, top - 6, label, { turn: -60 }));
  }
  const right = left + columns.length * cell;
  const bottom = top + rows.length * cell;
  parts.push(
    text(
      12,
      bottom + 24,
      `${figure.rowTitle} down, ${figure.columnTitle} across: ${figure.measure}`,
      { fill: QUIET },
    ),
  );
  const words = [...(figure.low ? [HATCHED] : []), ...(figure.facts ?? []).map(factWords)];
  for (const [i, line] of words.entries()) {
    parts.push(text(12, bottom + 24 + (i + 1) * LEADING, line, { fill: QUIET }));
  }
  const height = 40 + words.length * LEADING;
  return { width: Math.max(right + 40, 320), height: bottom + height, body: parts.join("") };
}

const HATCHED = "hatched: the 95% interval holds 0";

/** Three stripes across a square, corner to corner and halfway on either side. */
function stripes(x: number, y: number, size: number, colour: string): string {
  const [half, right, bottom] = [size / 2, x + size, y + size];
  const path = `M${x} ${y + half}L${x + half} ${y}M${x} ${bottom}L${right} ${y}M${x + half} ${bottom}L${right} ${y + half}`;
  return `<path d="${path}" stroke="${colour}" stroke-width="${size / 8}"/>`;
}

/** Where a value lies between two places. */
function along(value: number, [low, high]: readonly [number, number], from: number, to: number) {
  return from + ((value - low) / (high - low || 1)) * (to - from);
}

function extentOf(marks: readonly Mark[]): [number, number] {
  const numbers = marks
    .flatMap(({ value, low = value, high = value, other = value }) => [value, low, high, other])
    .filter(Number.isFinite);
  return [Math.min(0, ...numbers), Math.max(0, ...numbers)];
}

function barsSvg({ facts = [], measure, marks, otherName }: BarFigure): Drawn {
  const [left, right, row] = [96, 420, 20];
  const top = 40 + facts.length * LEADING + (facts.length > 0 ? 4 : 0);
  const extent = extentOf(marks);
  const zero = along(0, extent, left, right);
  const parts = marks.map(({ label, value, low, high, other = Number.NaN }, i) => {
    const y = top + i * row;
    const end = along(value, extent, left, right);
    const interval =
      low === undefined || high === undefined
        ? ""
        : `<path d="M${along(low, extent, left, right)} ${y + 8}H${along(high, extent, left, right)}" stroke="${INK}"/>`;
    const tick = Number.isFinite(other)
      ? `<path d="M${along(other, extent, left, right)} ${y}V${y + 16}" stroke="${INK}" stroke-width="2"/>`
      : "";
    return `${text(left - 8, y + 12, label, { anchor: "end" })}<rect x="${Math.min(zero, end)}" y="${y + 2}" width="${Math.abs(end - zero)}" height="12" fill="${value < 0 ? WRONG : RIGHT}"/>${interval}${tick}${text(right + 10, y + 12, shown(value))}`;
  });
  for (const [i, fact] of facts.entries()) parts.push(text(12, 40 + i * LEADING, factWords(fact)));
  const bottom = top + marks.length * row;
  parts.push(`<path d="M${zero} ${top}V${bottom}" stroke="${QUIET}"/>`);
  const words = otherName === undefined ? measure : `${measure}; ticks: ${otherName}`;
  parts.push(text(12, bottom + 24, words, { fill: QUIET }));
  return { width: 500, height: bottom + 40, body: parts.join("") };
}

/** `logit difference B − D: 3.245 (3.051 to 3.439)` */
function factWords({ label, measure, value, low, high }: Fact): string {
  const interval =
    low === undefined || high === undefined ? "" : ` (${shown(low)} to ${shown(high)})`;
  return `${`${measure} ${label}`.trim()}: ${shown(value)}${interval}`;
}

function linesSvg({ measure, xTitle, x, axis, series }: LineFigure): Drawn {
  const [left, right, top, bottom] = [56, 520, 40, 300];
  const extent = extentOf(series.flatMap(({ marks }) => marks));
  const across = (place: number) => along(place, [0, 1], left + 12, right - 12);
  const evenly = (i: number) => i / Math.max(1, x.length - 1);
  const xOf = (i: number) => across(axis?.places[i] ?? evenly(i));
  const yOf = (value: number) => along(value, extent, bottom, top);
  const parts = [`<path d="M${left} ${yOf(0)}H${right}" stroke="${LINE}"/>`];
  for (const value of new Set([...extent, 0])) {
    parts.push(text(left - 6, yOf(value) + 4, shown(value), { anchor: "end", fill: QUIET }));
  }
  const every = Math.ceil(x.length / 16);
  const labels = x.map((label, i) => ({ place: evenly(i), label }));
  for (const { place, label } of axis?.ticks ?? labels.filter((_, i) => i % every === 0)) {
    parts.push(text(across(place), bottom + 18, label, { anchor: "middle", fill: QUIET }));
  }
  for (const [s, { name, marks }] of series.entries()) {
    const stroke = SERIES[s % SERIES.length];
    const known = marks.flatMap(({ value }, i) =>
      Number.isFinite(value) ? [`${xOf(i)} ${yOf(value)}`] : [],
    );
    if (known.length > 0) {
      const path = `M${known.join("L")}`;
      parts.push(`<path d="${path}" fill="none" stroke="${stroke}" stroke-width="1.5"/>`);
    }
    for (const [i, { value, low, high }] of marks.entries()) {
      if (!Number.isFinite(value)) continue;
      parts.push(`<circle cx="${xOf(i)}" cy="${yOf(value)}" r="3" fill="${stroke}"/>`);
      if (low === undefined || high === undefined) continue;
      parts.push(`<path d="M${xOf(i)} ${yOf(low)}V${yOf(high)}" stroke="${stroke}"/>`);
    }
    parts.push(text(right + 8, top + 12 + s * 18, name, { fill: stroke ?? INK }));
  }
  parts.push(text(12, bottom + 44, `${measure}, by ${xTitle}`, { fill: QUIET }));
  return { width: 640, height: bottom + 60, body: parts.join("") };
}
