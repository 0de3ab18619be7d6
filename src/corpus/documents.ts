/**
 * @file What a document is: text that a person or a program wrote to be read. Everything else that
 * lies in folders of text (binary data under a text's name, tables of numbers, minified code) would
 * teach a model nothing but itself; it is turned away with a reason, and the reasons are counted.
 */

/** Why something in the sources did not become a document. */
export type SkipReason =
  /** Nothing but white space. */
  | "empty"
  /** Has NUL bytes, or more than 1% control characters. */
  | "binary"
  /** More than 0.1% of it is not UTF-8. */
  | "not-utf-8"
  /** Less than 40% of what is visible are letters: tables of numbers, hexadecimal dumps, drawings. */
  | "few-letters"
  /** Most of it stands in long lines with hardly a space in them. */
  | "minified"
  /** The same text as a document before it. */
  | "duplicate"
  /** All of its text stood in blocks that had come before. */
  | "all-repeated"
  /** A line of JSON lines that is no JSON object with a "text" field that is a string. */
  | "bad-json"
  /** More bytes than the limit. */
  | "too-large"
  /** The system would not let us read it, or its compressed data are damaged. */
  | "unreadable"
  /** A link in a folder, to a folder or by the name of a text: what it points to may be there twice. */
  | "link";

/** A text fit to be a document, or why it is not. */
export type Judgement =
  | { readonly text: string; readonly skipped?: undefined }
  | { readonly text?: undefined; readonly skipped: SkipReason };

const MOST_CONTROLS = 0.01;
const MOST_REPLACED = 0.001;
const LEAST_LETTERS = 0.4;
/** In UTF-16 units; no one writes code like that, but some write prose with a line a paragraph. */
const LONG_LINE = 1000;
/** Prose has one space in six characters, minified code one in thirty. */
const LEAST_SPACE = 0.08;

/** Judges the bytes of a file; the text has `\n` for line breaks and no white space at its end. */
export function judgeBytes(bytes: Uint8Array): Judgement {
  if (bytes.includes(0)) return { skipped: "binary" };
  return judgeText(new TextDecoder().decode(bytes));
}

/** Judges a text that was decoded already; invalid UTF-8 must stand in it as U+FFFD. */
export function judgeText(raw: string): Judgement {
  const text = raw
    .toWellFormed()
    .replace(/\r\n?/g, "\n")
    .replace(/^\s*\n/, "")
    .trimEnd();
  if (text === "") return { skipped: "empty" };
  const seen = survey(text);
  if (seen.nul || seen.controls > MOST_CONTROLS * text.length) return { skipped: "binary" };
  if (seen.replaced > MOST_REPLACED * text.length) return { skipped: "not-utf-8" };
  if (seen.letters < LEAST_LETTERS * seen.visible) return { skipped: "few-letters" };
  const { inLongLines, spacesInLongLines } = seen;
  if (inLongLines > text.length / 2 && spacesInLongLines < LEAST_SPACE * inLongLines) {
    return { skipped: "minified" };
  }
  return { text };
}

/** Counts of UTF-16 units. */
interface Survey {
  readonly nul: boolean;
  readonly controls: number;
  readonly replaced: number;
  readonly letters: number;
  readonly visible: number;
  /** Of long lines, only ASCII: scripts without spaces are not minified. */
  readonly inLongLines: number;
  readonly spacesInLongLines: number;
}

function survey(text: string): Survey {
  let [nul, controls, replaced, letters, visible] = [false, 0, 0, 0, 0];
  let [inLongLines, spacesInLongLines] = [0, 0];
  let [lineStart, ascii, spaces] = [0, 0, 0];
  for (let i = 0; i <= text.length; i++) {
    const unit = i < text.length ? text.charCodeAt(i) : 0x0a;
    if (unit === 0x0a) {
      if (i - lineStart > LONG_LINE) {
        inLongLines += ascii;
        spacesInLongLines += spaces;
      }
      [lineStart, ascii, spaces] = [i + 1, 0, 0];
    } else if (unit > 0x7f) {
      visible += 1;
      if (unit === 0xfffd) replaced += 1;
      else letters += 1;
    } else {
      ascii += 1;
      if (unit === 0x20 || unit === 0x09) spaces += 1;
      else if (unit >= 0x20 && unit < 0x7f) {
        visible += 1;
        if ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a) letters += 1;
      } else if (unit === 0) nul = true;
      else if (unit !== 0x0c && unit !== 0x0b) controls += 1;
    }
  }
  return { nul, controls, replaced, letters, visible, inLongLines, spacesInLongLines };
}

/** The text of a line of JSON lines, not yet judged; undefined when it has none. */
export function textOfJsonLine(line: string): string | undefined {
  try {
    const record: unknown = JSON.parse(line);
    if (typeof record !== "object" || record === null || !("text" in record)) return undefined;
    return typeof record.text === "string" ? record.text : undefined;
  } catch {
    return undefined;
  }
}
