/**
 * @file The words of byte-level BPE, as GPT-2 and Hugging Face's ByteLevel pre-tokenizer define them:
 * where a text is cut before anything is merged, and the order of bytes in a vocabulary. The cutting is
 * a scanner and not the regular expression that defines it, since it runs over every character of a
 * corpus twice.
 */

import { BYTE_CHARACTERS } from "../loading/byte-alphabet.ts";

/** The bytes in the order of the characters that spell them: a trained vocabulary has them in it. */
export const BYTES_BY_CHARACTER: readonly number[] = Array.from(
  { length: 256 },
  (_, byte) => byte,
).sort((a, b) => spelling(a) - spelling(b));

function spelling(byte: number): number {
  return (BYTE_CHARACTERS[byte] as string).charCodeAt(0);
}

/**
 * What a word is. White space is JavaScript's, as in `@huggingface/tokenizers`; the Rust library has
 * U+0085 among it and U+FEFF not.
 */
export const WORD = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

const UNKNOWN = 0;
const LETTER = 1;
const NUMBER = 2;
const SPACE = 3;
const OTHER = 4;

function classify(character: string): number {
  if (/\p{L}/u.test(character)) return LETTER;
  if (/\p{N}/u.test(character)) return NUMBER;
  return /\s/u.test(character) ? SPACE : OTHER;
}

/**
 * Classes of the code units met so far; asking the regular expressions for each is slow. Halves of a
 * character of two units have none here.
 */
const CLASSES = new Uint8Array(0x10000);
/** Classes of the characters of two units. */
const ASTRAL_CLASSES = new Map<number, number>();

/** Class of the character at a position, which may be one or two units long. */
function classAt(text: string, position: number): number {
  const unit = text.charCodeAt(position);
  return (CLASSES[unit] as number) || slowClassAt(text, position);
}

function slowClassAt(text: string, position: number): number {
  const point = text.codePointAt(position) as number;
  const isUnit = point <= 0xffff;
  const known = isUnit ? undefined : ASTRAL_CLASSES.get(point);
  if (known !== undefined) return known;
  const found = classify(String.fromCodePoint(point));
  if (!isUnit) ASTRAL_CLASSES.set(point, found);
  else if (point < 0xd800 || point > 0xdfff) CLASSES[point] = found;
  return found;
}

/** End of the run of characters of one class that goes on at `position`. */
function runEnd(text: string, position: number, kind: number): number {
  let end = position;
  while (end < text.length) {
    const known = CLASSES[text.charCodeAt(end)];
    if (known === kind) end += 1;
    else if (known !== UNKNOWN || slowClassAt(text, end) !== kind) break;
    else end += (text.codePointAt(end) as number) > 0xffff ? 2 : 1;
  }
  return end;
}

const APOSTROPHE = 0x27;
const BLANK = 0x20;

/** Length of an English ending (`'s`, `'re`) at a position, or 0. */
function endingLength(text: string, position: number): number {
  if (text.charCodeAt(position) !== APOSTROPHE) return 0;
  switch (text.charCodeAt(position + 1)) {
    case 0x73: // s
    case 0x74: // t
    case 0x6d: // m
    case 0x64: // d
      return 2;
    case 0x72: // re
    case 0x76: // ve
      return text.charCodeAt(position + 2) === 0x65 ? 3 : 0;
    case 0x6c: // ll
      return text.charCodeAt(position + 2) === 0x6c ? 3 : 0;
    default:
      return 0;
  }
}

/**
 * End of the word that begins at a position: what {@link WORD} matches there. Words follow one
 * another without a gap.
 */
export function wordEnd(text: string, start: number): number {
  const ending = endingLength(text, start);
  if (ending > 0) return start + ending;
  // A word takes one blank before it along.
  const first = text.charCodeAt(start) === BLANK && start + 1 < text.length ? start + 1 : start;
  const kind = classAt(text, first);
  if (kind !== SPACE) return runEnd(text, first, kind);
  const end = runEnd(text, start, SPACE);
  // The last of several blanks belongs to the word behind them.
  return end < text.length && end - start > 1 ? end - 1 : end;
}
