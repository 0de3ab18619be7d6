import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { LookbackError } from "../errors.ts";
import { parseTokenizer } from "./tokenizer.ts";

const file: Record<string, unknown> = JSON.parse(
  await readFile(new URL("../../models/standard-2l/tokenizer.json", import.meta.url), "utf8"),
);
const tokenizer = parseTokenizer(file);

/** Ids from the Python package tokenizers 0.23.3, `Tokenizer.encode(text, add_special_tokens=False)`. */
const ENCODED: readonly (readonly [string, readonly number[]])[] = [
  ["", []],
  ["the cat sat on the mat", [835, 273, 266, 3252, 383, 268, 853]],
  [
    "  two  spaces and a tab\tand\r\nlines\n\n\n",
    [221, 1159, 221, 990, 2146, 315, 261, 3212, 198, 405, 202, 199, 3897, 586, 199],
  ],
  [
    "naïve café, “quotes” – 日本語 Привет",
    [
      78, 65, 128, 108, 353, 273, 1011, 128, 103, 12, 3249, 415, 336, 274, 3089, 1726, 242, 221,
      163, 246, 99, 163, 251, 106, 165, 104, 253, 221, 141, 254, 142, 223, 141, 117, 141, 111, 141,
      114, 142, 225,
    ],
  ],
  [
    "🙂👍🏽 e\u0301 \ufeffx \u0085",
    [
      173, 254, 248, 225, 173, 254, 240, 236, 173, 254, 238, 122, 385, 137, 224, 221, 172, 120, 124,
      88, 221, 127, 228,
    ],
  ],
  [
    "for (int i = 0; i < n; ++i) { a[i] += b[i]; } // don't",
    [
      1013, 332, 445, 330, 323, 463, 27, 330, 481, 302, 27, 1373, 73, 9, 357, 261, 59, 73, 61, 2063,
      287, 59, 73, 1644, 462, 438, 2037, 953,
    ],
  ],
  ["<|BOS|>def f(x):\n    return x ** 2", [0, 745, 279, 8, 88, 615, 291, 465, 742, 1033, 509]],
  [
    "1234567890 3.14 ٣٤ Ⅻ",
    [1136, 2417, 2687, 23, 3235, 16, 689, 14, 1784, 221, 150, 97, 150, 98, 3493, 228, 105],
  ],
  ["a\u0000b", [65, 189, 66]],
];

const codeOf = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error instanceof LookbackError ? error.code : error;
  }
  return undefined;
};

describe("encode and decode", () => {
  it.each(ENCODED)("%j as the Python package", (text, ids) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(text);
  });

  it("splits digits one by one where the file says so, as the tokenizer of attn-only-2l", () => {
    // Ids from the Python package tokenizers 0.23.3 with the same two changes to the file.
    const digits = parseTokenizer({
      ...file,
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [{ type: "Digits", individual_digits: true }, file.pre_tokenizer],
      },
      post_processor: {
        type: "TemplateProcessing",
        single: [
          { SpecialToken: { id: "<|BOS|>", type_id: 0 } },
          { Sequence: { id: "A", type_id: 0 } },
        ],
        pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
        special_tokens: { "<|BOS|>": { id: "<|BOS|>", ids: [0], tokens: ["<|BOS|>"] } },
      },
    });
    const ids = [260, 221, 17, 25, 24, 20, 434, 221, 18, 16, 221, 16, 16, 16];
    expect(digits.encode("in 1984 or 20 000")).toEqual(ids);
    expect(digits.encode("in 1984 or 20 000", { specialTokens: true })).toEqual([0, ...ids]);
    expect(tokenizer.encode("x2y33")).toEqual([88, 18, 89, 2181]);
    expect(digits.encode("x2y33")).toEqual([88, 18, 89, 19, 19]);
  });

  it("leaves spaces before punctuation as they are", () => {
    const text = "a , b . don 't";
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it("decodes typed arrays, and bytes that are no character as U+FFFD", () => {
    expect(tokenizer.decode(Int32Array.of(835, 273))).toBe("the c");
    expect(tokenizer.decode([778])).toBe("\ufffd");
  });

  it("refuses ids outside the vocabulary", () => {
    for (const id of [4096, -1, 1.5, Number.NaN]) {
      expect(codeOf(() => tokenizer.decode([1, id]))).toBe("token-out-of-range");
      expect(codeOf(() => tokenizer.tokenText(id))).toBe("token-out-of-range");
    }
  });
});

describe("tokenText", () => {
  it.each([
    [0, "<|BOS|>"],
    [33, "A"],
    [259, "␣t"],
    [258, "␣␣␣␣"],
    [291, "↵␣␣␣"],
    [455, "↵⇥"],
    [189, "\\u{0}"],
    [2691, "\\u{a0}"],
    [4004, "␣│"],
    [778, "\\xe2\\x94"],
    [1726, "␣\\xe2\\x80"],
    [95, "\\xa1"],
  ])("token %i is %s", (id, text) => {
    expect(tokenizer.tokenText(id)).toBe(text);
  });

  it("has a text for every token, of visible characters only", () => {
    for (let id = 0; id < 4096; id++) {
      expect(tokenizer.tokenText(id)).toMatch(/^[^\p{Separator}\p{Other}]+$/u);
    }
  });
});

describe("files that are no tokenizer", () => {
  it.each([
    ["null", null],
    ["a list", []],
    ["no model", { added_tokens: [] }],
    ["a model without a vocabulary", { model: { type: "BPE", merges: [] } }],
    ["an unknown model", { model: { type: "Oracle", vocab: {} } }],
    ["an unknown pre-tokenizer", { ...file, pre_tokenizer: { type: "Oracle" } }],
  ])("%s is refused", (_, json) => {
    expect(codeOf(() => parseTokenizer(json))).toBe("bad-file");
  });
});
