/**
 * @file Texts as they go into a corpus: what is packed is unpacked, what is marked up for a browser
 * becomes plain lines, and a text of many megabytes becomes several.
 */

import { gunzipSync } from "node:zlib";
import { parseHTML } from "linkedom";
import { judgeText } from "../../../src/corpus/documents.ts";

/** A file of the corpus, under its name there. */
export interface CorpusText {
  readonly name: string;
  readonly text: string;
}

/** How the suffix of a file's name changes with what is done to it; the first that fits is taken. */
const PACKED: readonly (readonly [suffix: string, unpacked: string])[] = [
  [".dict.dz", ".txt"],
  [".gz", ""],
];

const CONVERSIONS: readonly (readonly [
  suffix: string,
  convert: (source: string, dropElements: string) => string,
])[] = [
  [".html", textOfHtml],
  [".jsonl", textOfJsonLines],
  [".json", (source) => proseOfJson(JSON.parse(source)).join("\n\n")],
];

/** What is no part of a page's text. */
const FURNITURE = "head, script, style, svg, nav, noscript, button, .navheader, .navfooter, .toc";

const BLOCKS = new Set(
  "address article aside blockquote dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table tr ul".split(
    " ",
  ),
);

/** The text of a page, one line a paragraph; preformatted text keeps its lines. */
export function textOfHtml(source: string, dropElements = ""): string {
  const { document } = parseHTML(source);
  const drop = dropElements === "" ? FURNITURE : `${FURNITURE}, ${dropElements}`;
  for (const element of document.querySelectorAll(drop)) element.remove();
  const parts: string[] = [];
  const walk = (node: Node, preformatted: boolean): void => {
    if (node.nodeType === node.TEXT_NODE) {
      const text = node.textContent ?? "";
      const line = text.replace(/\s+/g, " ");
      const starts = parts.at(-1)?.endsWith("\n") ?? true;
      parts.push(preformatted ? text : starts ? line.trimStart() : line);
      return;
    }
    if (node.nodeType !== node.ELEMENT_NODE) return;
    const tag = node.nodeName.toLowerCase();
    const block = BLOCKS.has(tag);
    if (block || tag === "br") parts.push("\n");
    if (tag === "li") parts.push("* ");
    if (tag === "p" || tag === "pre" || /^h\d$/.test(tag)) parts.push("\n");
    for (const child of node.childNodes) walk(child, preformatted || tag === "pre");
    if (tag === "td" || tag === "th") parts.push("  ");
    if (block) parts.push("\n");
  };
  for (const node of document.childNodes) walk(node, false);
  return parts
    .join("")
    .replaceAll("\u00a0", " ")
    .replace(/[ \t]+\n/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** Shorter strings of a JSON document are names, numbers and dates. In UTF-16 units. */
const SHORTEST_PROSE = 60;

/** The strings of a JSON document that are long enough to be prose, in their order. */
export function proseOfJson(value: unknown): string[] {
  if (typeof value === "string") return value.length < SHORTEST_PROSE ? [] : [value];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(proseOfJson);
}

/** The `text` of each line. */
function textOfJsonLines(source: string): string {
  const lines = source.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => String((JSON.parse(line) as { text: unknown }).text)).join("\n");
}

/** In UTF-16 units: far below what the reader of a corpus takes, and enough for every context. */
const LONGEST_TEXT = 400_000;

/** Pieces of at most `longest` UTF-16 units, cut between paragraphs where there is a place to cut. */
export function pieces(text: string, longest = LONGEST_TEXT): string[] {
  const found: string[] = [];
  let rest = text;
  while (rest.length > longest) {
    const cut = [rest.lastIndexOf("\n\n", longest), rest.lastIndexOf("\n", longest), longest].find(
      (at) => at > 0,
    );
    found.push(rest.slice(0, cut));
    rest = rest.slice(cut).replace(/^\n+/, "");
  }
  return [...found, rest];
}

/** More of a text than this outside ASCII: another language than English, or a table of characters. */
const MOST_FOREIGN = 0.05;

/** Where a file says so itself, whatever its package says; licences are stated at the top. */
const COPYLEFT =
  /GNU (?:Affero |Lesser |Library )?General Public|GNU Free Documentation|Mozilla Public License|Creative Commons|\bCC[- ]BY\b|non-?commercial/i;
const TOP = 2500;

/** In UTF-16 units. Shorter files are stubs: a heading, and a line that makes a tool fill in the rest. */
const SHORTEST_TEXT = 250;

/** Why a file of a package is no text of the corpus. */
export type LeftOut =
  | "copyleft"
  | "foreign"
  | "short"
  | NonNullable<ReturnType<typeof judgeText>["skipped"]>;

/**
 * The texts that a file makes, or why it makes none.
 *
 * @param name its path in the package; the texts' names follow from it.
 */
export function textsOfFile(
  name: string,
  bytes: Uint8Array,
  dropElements = "",
): CorpusText[] | LeftOut {
  const packed = PACKED.find(([suffix]) => name.endsWith(suffix));
  const plainName = packed === undefined ? name : name.slice(0, -packed[0].length) + packed[1];
  const plain = packed === undefined ? bytes : gunzipSync(bytes);
  if (plain.includes(0)) return "binary";
  const source = new TextDecoder().decode(plain);

  const conversion = CONVERSIONS.find(([suffix]) => plainName.endsWith(suffix));
  const judged = judgeText(conversion === undefined ? source : conversion[1](source, dropElements));
  if (judged.text === undefined) return judged.skipped;
  const { text } = judged;
  if (text.length < SHORTEST_TEXT) return "short";
  if (COPYLEFT.test(text.slice(0, TOP))) return "copyleft";
  const foreign = text.length - text.replace(/[^\0-\x7f]/g, "").length;
  if (foreign > MOST_FOREIGN * text.length) return "foreign";

  const stem = conversion === undefined ? plainName : plainName.slice(0, -conversion[0].length);
  const suffix = conversion === undefined ? "" : ".txt";
  const parts = pieces(text);
  if (parts.length === 1) return [{ name: stem + suffix, text: `${text}\n` }];
  const [, base = stem, extension = suffix] = /^(.*?)(\.\w+)$/.exec(stem + suffix) ?? [];
  return parts.map((part, i) => ({ name: `${base}.${i + 1}${extension}`, text: `${part}\n` }));
}
