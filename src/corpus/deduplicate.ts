/**
 * @file What has come before. A corpus of packages holds the same file many times over, and the same
 * licence at the head of every other file; a model that sees them hundreds of times learns them by
 * heart. Both are decided as the documents come, in one pass: what came first stays.
 */

/** A Set or a Map holds 2^24 entries and no more, so there are several, of which a hash chooses one. */
const PARTS = 64;

/** Documents seen so far, by the first half of their SHA-256. */
export class SeenDocuments {
  readonly #seen = Array.from({ length: PARTS }, () => new Set<string>());

  /** Whether a document is new; from then on it is not. */
  add(digest: Uint8Array): boolean {
    const seen = this.#seen[(digest[0] as number) % PARTS] as Set<string>;
    const before = seen.size;
    seen.add(String.fromCharCode(...digest.subarray(0, 16)));
    return seen.size > before;
  }
}

export interface RepeatedBlocksOptions {
  /** How often a block may come before it is dropped. Default: 2. */
  readonly copies?: number | undefined;
  /** Letters and digits that a block must have to be dropped. Default: 100. */
  readonly leastLetters?: number | undefined;
}

/**
 * Drops blocks of lines that have come before: licence headers, copied functions, boilerplate. A block
 * is a run of lines that each have a letter or a digit, so that an empty line ends it, and a line of
 * comment marks or brackets too. Two blocks are the same when their letters and digits are, whatever
 * stands between these: a licence is known again in another language's comments and wrapped anew.
 */
export class RepeatedBlocks {
  readonly #copies: number;
  readonly #leastLetters: number;
  /** Times that each block has come, by hash. */
  readonly #times = Array.from({ length: PARTS }, () => new Map<number, number>());
  /** Blocks dropped so far. */
  dropped = 0;

  constructor(options: RepeatedBlocksOptions = {}) {
    this.#copies = options.copies ?? 2;
    this.#leastLetters = options.leastLetters ?? 100;
  }

  /**
   * A document without the blocks that have come before often enough; where nothing is dropped, the
   * text as it is. The lines between two dropped blocks go with them. Empty when no letter is left.
   */
  strip(text: string): string {
    let kept = "";
    let keptTo = 0; // end of what is in `kept`, or was dropped
    let afterDropped = false; // whether the block before was dropped
    for (const block of blocksOf(text)) {
      if (!this.#isRepeated(block)) {
        afterDropped = false;
        continue;
      }
      this.dropped += 1;
      // Between two dropped blocks nothing stands that means anything.
      if (!afterDropped) kept += text.slice(keptTo, block.start);
      keptTo = block.end;
      afterDropped = true;
    }
    if (keptTo === 0) return text;
    const rest = kept + text.slice(keptTo);
    return /[\p{L}\p{N}]/u.test(rest) ? rest.replace(/^\s*\n/, "").trimEnd() : "";
  }

  #isRepeated({ letters, hash }: Block): boolean {
    if (letters < this.#leastLetters) return false;
    const times = this.#times[hash % PARTS] as Map<number, number>;
    const before = times.get(hash) ?? 0;
    times.set(hash, before + 1);
    return before >= this.#copies;
  }
}

/** A block of lines, `[start, end)`, its last line break included. */
interface Block {
  readonly start: number;
  readonly end: number;
  /** How many letters and digits there are. */
  readonly letters: number;
  /** Of the letters and digits; 53 bits, so that two of a million blocks do not meet by chance. */
  readonly hash: number;
}

function* blocksOf(text: string): Generator<Block> {
  let [start, lineStart, letters, lettersBefore, low, high] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i <= text.length; i++) {
    const unit = i < text.length ? text.charCodeAt(i) : 0x0a;
    if (unit === 0x0a) {
      const end = Math.min(i + 1, text.length);
      const bare = letters === lettersBefore;
      if (letters > 0 && (bare || i === text.length)) {
        yield {
          start,
          end: bare ? lineStart : end,
          letters,
          hash: (high & 0x1fffff) * 2 ** 32 + (low >>> 0),
        };
      }
      if (bare) [start, letters, low, high] = [i + 1, 0, 0, 0];
      lettersBefore = letters;
      lineStart = i + 1;
    } else if (isLetter(unit)) {
      letters += 1;
      low = Math.imul(low ^ unit, 0x01000193) + 0x9e3779b9;
      high = Math.imul(high ^ unit, 0x85ebca6b) + (low >>> 13);
    }
  }
}

/** Letters and digits of ASCII, and everything beyond it. */
function isLetter(unit: number): boolean {
  const lower = unit | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit > 0x7f;
}
