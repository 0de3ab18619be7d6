import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { equalChunks, goodLength, rowsPerChunk, rowsPerUnembedding } from "./chunks.ts";

const { config: tiny } = randomModel();
/** attn-only-2l's size. */
const config = { ...tiny, n_heads: 8, d_model: 512, d_head: 64, n_ctx: 1024, d_vocab: 48262 };

describe("rowsPerChunk", () => {
  it("holds no more rows the longer they are, and always one", () => {
    let before = Number.POSITIVE_INFINITY;
    for (const length of [1, 9, 13, 100, 512, 1024]) {
      const rows = rowsPerChunk(config, length);
      expect(Number.isInteger(rows)).toBe(true);
      expect(rows).toBeGreaterThanOrEqual(1);
      expect(rows).toBeLessThanOrEqual(before);
      before = rows;
    }
    expect(rowsPerChunk({ ...config, n_layers: 100, n_heads: 500 }, 1024)).toBe(1);
  });

  it("keeps what a chunk holds in bounds: the stream of one layer stays under 64 MB", () => {
    for (const length of [1, 9, 37, 1024]) {
      const numbers = rowsPerChunk(config, length) * length * config.d_model;
      expect(numbers * 4).toBeLessThan(64 * 2 ** 20);
    }
  });
});

describe("equalChunks", () => {
  it.each([
    [1, 200, 9],
    [15, 200, 9],
    [200, 200, 9],
    [1000, 133, 18],
    [1000, 200, 12],
    [4000, 240, 10],
    [4000, 341, 7],
    [37, 5, 100],
  ])(
    "cuts %i rows, at most %i at a time, into as few chunks of one size",
    (batch, most, length) => {
      const rows = equalChunks(batch, most, length);
      const count = Math.ceil(batch / rows);
      expect(count).toBe(Math.ceil(batch / most));
      expect(count * rows - batch, "rows that fill up").toBeLessThan(4 * count);
      if (length % 4 !== 0 && rows >= 16) expect((rows * length) % 4).toBe(2);
    },
  );
});

describe("goodLength", () => {
  it("is one more where four divides it and there is one more", () => {
    expect(goodLength(12, 13)).toBe(13);
    expect(goodLength(12, 12)).toBe(12);
    expect(goodLength(10, 13)).toBe(10);
  });
});

describe("rowsPerUnembedding", () => {
  it("is at least one, keeps a block of logits in bounds, and is good for a matmul", () => {
    expect(rowsPerUnembedding(48320, 1000)).toBe(254);
    expect(rowsPerUnembedding(48320, 254)).toBe(254);
    expect(rowsPerUnembedding(48320, 100)).toBe(126);
    expect(rowsPerUnembedding(48320, 1)).toBe(2);
    expect(rowsPerUnembedding(4096, 4000)).toBe(2046);
    expect(rowsPerUnembedding(1e9, 1000)).toBe(1);
  });
});
