import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import {
  batchRows,
  checkTokens,
  rowsFilledUp,
  type TokenBatch,
  tokenBatch,
  tokenRow,
  tokensFrom,
  truncateTokens,
} from "./tokens.ts";

const tokens = tokenBatch([
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
]);

describe("tokenBatch", () => {
  it("is row-major", () => {
    expect(tokens).toEqual({ batch: 3, length: 3, ids: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8) });
  });

  it.each([
    ["no row", "bad-shape", []],
    ["empty rows", "bad-shape", [[], []]],
    ["rows of different lengths", "bad-shape", [[1, 2], [3]]],
    ["a negative id", "token-out-of-range", [[-1]]],
    ["half an id", "token-out-of-range", [[1, 0.5]]],
    ["NaN", "token-out-of-range", [[Number.NaN]]],
    ["an id beyond 32 bits", "token-out-of-range", [[2 ** 31]]],
  ])("refuses %s", (_, code, rows) => {
    expect(() => tokenBatch(rows)).toThrow(expect.objectContaining({ code }));
  });
});

describe("parts of a batch", () => {
  it("are rows, beginnings of rows, and single rows", () => {
    expect(batchRows(tokens, 1, 3)).toEqual(tokenBatch([[3, 4, 5], [6, 7, 8]])); // biome-ignore format: rows
    expect(truncateTokens(tokens, 2)).toEqual(tokenBatch([[0, 1], [3, 4], [6, 7]])); // biome-ignore format: rows
    expect(truncateTokens(tokens, 3)).toBe(tokens);
    expect(tokenRow(tokens, 1)).toEqual([3, 4, 5]);
  });
});

describe("checkTokens", () => {
  const { config } = randomModel({ d_vocab: 9, n_ctx: 3 });

  it("lets through what the model can read", () => {
    expect(() => checkTokens(tokens, config)).not.toThrow();
  });

  it("says where a token is out of range", () => {
    expect(() => checkTokens(tokens, { ...config, d_vocab: 8 })).toThrow(
      "tokens: row 2, position 2 holds 8; this model's vocabulary is 0 to 7",
    );
    const negative = { batch: 1, length: 2, ids: Int32Array.of(0, -1) };
    expect(() => checkTokens(negative, config)).toThrow(
      expect.objectContaining({ code: "token-out-of-range" }),
    );
  });

  it.each<[unknown, string]>([
    [[[0, 1]], "tokens: got an array; tokenBatch([[0, 17, 4], …]) makes a batch"],
    ["the cat", "tokens: got text; textBatch([text], { tokenizer, bos })"],
    [undefined, "tokens: need { batch, length, ids: Int32Array }"],
    [{ batch: 1, length: 1, ids: [1] }, "tokens: need { batch, length, ids: Int32Array }"],
  ])("says what to give instead of %j", (given, message) => {
    expect(() => checkTokens(given as TokenBatch, config)).toThrow(
      expect.objectContaining({ code: "bad-shape", message: expect.stringContaining(message) }),
    );
  });

  it("says when prompts are too long", () => {
    expect(() => checkTokens(tokens, { ...config, n_ctx: 2 })).toThrow(
      expect.objectContaining({
        code: "sequence-too-long",
        message: "prompts of 3 tokens do not fit this model's context of 2 (n_ctx)",
      }),
    );
  });

  it.each([
    { batch: 0, length: 3, ids: new Int32Array() },
    { batch: 2, length: 0, ids: new Int32Array() },
    { batch: 2, length: 2, ids: new Int32Array(3) },
  ])("refuses ids that fill no batch: %j", (given) => {
    expect(() => checkTokens(given, config)).toThrow(
      expect.objectContaining({ code: "bad-shape" }),
    );
  });
});

describe("rowsFilledUp", () => {
  it("has the last row again where the batch has ended", () => {
    expect(rowsFilledUp(tokens, 1, 3)).toEqual(batchRows(tokens, 1, 3));
    const filled = rowsFilledUp(tokens, 1, 5);
    expect([0, 1, 2, 3].map((row) => tokenRow(filled, row))).toEqual([
      [3, 4, 5],
      [6, 7, 8],
      [6, 7, 8],
      [6, 7, 8],
    ]);
  });
});

describe("tokensFrom", () => {
  it("leaves out what comes before a position", () => {
    expect(tokensFrom(tokens, 0)).toBe(tokens);
    expect(tokensFrom(tokens, 1)).toEqual(
      tokenBatch([
        [1, 2],
        [4, 5],
        [7, 8],
      ]),
    );
  });
});
