/**
 * @file A circuit as a picture: heads that send below, the heads that read them above with what they read
 * with, and the logits on top; lines are as wide as what goes along them matters.
 */

import type { Format } from "../format.ts";
import { escaped, type Markup } from "../page/markup.ts";
import { picture } from "./chart.ts";
import { COLOURS } from "./colour.ts";

/** Heads of one role. */
export interface CircuitNode {
  readonly name: string;
  /** Labels of its heads; none where no head plays the role. */
  readonly heads: readonly string[];
  readonly colour: string;
}

/** Where lines of senders end. */
export type CircuitEnd = "q" | "k" | "v" | "logits";

/** What goes from a sender to a place. */
export interface CircuitLine {
  readonly from: 0 | 1;
  readonly to: CircuitEnd;
  readonly effect: number;
  readonly tip: string;
}

/** A diagram. */
export interface CircuitDiagram {
  readonly title: string;
  /** Under the title. */
  readonly subtitle: string;
  readonly description: string;
  readonly senders: readonly [CircuitNode, CircuitNode];
  readonly reader: CircuitNode;
  readonly lines: readonly CircuitLine[];
  /** Of the reader's whole output, to the logits. */
  readonly output: { readonly effect: number; readonly tip: string } | null;
  readonly format: Format;
}

const WIDTH = 200;
const HEIGHT = 252;
const LOGITS = { x: 100, y: 56 };
const READER = { x: 25, y: 96, width: 150, height: 44 };
const SENDERS = { y: 208, width: 92, height: 40, x: [4, 104] } as const;
const PORTS = { q: 56, k: 100, v: 144 } as const;
/** Wider than this is no line. */
const FULL = 9;
/** Effects below this are drawn as a hair and get no number. */
const LEAST = 0.05;
/** What a label and the comma behind it take of a node's width. */
const LABEL_WIDTH = 36;

function node(
  { name, heads, colour }: CircuitNode,
  box: { x: number; y: number; width: number; height: number },
): string {
  const { x, y, width, height } = box;
  const most = Math.floor(width / LABEL_WIDTH);
  const labels =
    heads.length > most
      ? `${heads.slice(0, most - 1).join(", ")}, +${heads.length - most + 1}`
      : heads.join(", ");
  const dashes = heads.length === 0 ? ' stroke-dasharray="4 3"' : "";
  const middle = x + width / 2;
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="7" fill="var(--paper)" stroke="${colour}" stroke-width="1.5"${dashes}/><text x="${middle}" y="${y + 17}" font-size="11">${escaped(name)}</text><text x="${middle}" y="${y + 31}" font-size="11" font-weight="700">${escaped(heads.length === 0 ? "none" : labels)}</text>`;
}

function widthOf(effect: number): number {
  return Math.round((0.7 + Math.min(1.3, Math.abs(effect)) * FULL) * 10) / 10;
}

function start(from: 0 | 1): { x: number; y: number } {
  return { x: SENDERS.x[from] + SENDERS.width / 2, y: SENDERS.y };
}

/** How far along a line its number stands, so that no two of them meet. */
const LABELS: readonly [
  Readonly<Record<"q" | "k" | "v", number>>,
  Readonly<Record<"q" | "k" | "v", number>>,
] = [
  { q: 0.2, k: 0.5, v: 0.8 },
  { q: 0.8, k: 0.2, v: 0.5 },
];

/** The way of a line; the direct one to the logits goes around the reader. */
function way({ from, to }: CircuitLine): { d: string; label: { x: number; y: number } } {
  const { x, y } = start(from);
  if (to === "logits") {
    const side = from === 0 ? 10 : WIDTH - 10;
    return {
      d: `M${x} ${y}C${side} ${y - 40} ${side} ${LOGITS.y + 40} ${LOGITS.x + (from === 0 ? -26 : 26)} ${LOGITS.y}`,
      label: { x: from === 0 ? 16 : WIDTH - 16, y: READER.y - 8 },
    };
  }
  const end = { x: PORTS[to], y: READER.y + READER.height };
  const bend = (y + end.y) / 2;
  const t = LABELS[from][to];
  // The curve's own point, its handles being level with its middle.
  const along = 3 * t ** 2 - 2 * t ** 3;
  const up = (1 - t) ** 3 * y + 3 * t * (1 - t) * bend + t ** 3 * end.y;
  return {
    d: `M${x} ${y}C${x} ${bend} ${end.x} ${bend} ${end.x} ${end.y}`,
    label: { x: Math.round(x + (end.x - x) * along), y: Math.round(up + 4) },
  };
}

function number(text: string, x: number, y: number): string {
  return `<text x="${x}" y="${y}" font-size="11" font-weight="600" stroke="var(--paper)" stroke-width="4" stroke-linejoin="round" paint-order="stroke" pointer-events="none">${escaped(text)}</text>`;
}

function drawn(line: CircuitLine, colour: string): string {
  const isHair = Math.abs(line.effect) < LEAST;
  const { d } = way(line);
  const dashes = line.effect <= -LEAST ? ' stroke-dasharray="5 3"' : "";
  return `<path d="${d}" fill="none" stroke="${isHair ? COLOURS.other : colour}" stroke-width="${isHair ? 0.7 : widthOf(line.effect)}" stroke-opacity="${isHair ? 0.5 : 0.75}"${dashes}><title>${escaped(line.tip)}</title></path>`;
}

/** Draws the diagram. */
export function circuitDiagram(options: CircuitDiagram): Markup {
  const { title, subtitle, description, senders, reader, lines, output, format } = options;
  const sorted = lines.toSorted((a, b) => Math.abs(a.effect) - Math.abs(b.effect));
  const paths = sorted
    .filter(({ to, effect }) => to !== "logits" || Math.abs(effect) >= LEAST)
    .map((line) => drawn(line, senders[line.from].colour));
  const numbers = sorted
    .filter(({ effect }) => Math.abs(effect) >= LEAST)
    .map((line) => {
      const { label } = way(line);
      return number(format(line.effect), label.x, label.y);
    });
  const top = READER.y;
  const out =
    output === null
      ? ""
      : `<path d="M${LOGITS.x} ${top}V${LOGITS.y + 4}" fill="none" stroke="${reader.colour}" stroke-width="${widthOf(output.effect)}" stroke-opacity="0.75"><title>${escaped(output.tip)}</title></path>${number(format(output.effect), LOGITS.x, (top + LOGITS.y) / 2 + 6)}`;
  const ports = (["q", "k", "v"] as const).map(
    (port) =>
      `<circle cx="${PORTS[port]}" cy="${READER.y + READER.height}" r="7" fill="var(--paper)" stroke="${reader.colour}" stroke-width="1.3"/><text x="${PORTS[port]}" y="${READER.y + READER.height + 3.8}" font-size="11" font-weight="600">${port}</text>`,
  );
  const boxes = senders.map((sender, i) => node(sender, { ...SENDERS, x: SENDERS.x[i as 0 | 1] }));
  return picture(
    { title, description, yLabel: subtitle },
    {
      width: WIDTH,
      height: HEIGHT,
      content: `${paths.join("")}${out}${boxes.join("")}${node(reader, READER)}${ports.join("")}<text x="${LOGITS.x}" y="${LOGITS.y}" font-size="11" font-weight="700">logits</text>${numbers.join("")}`,
    },
  );
}
