import { describe, expect, it } from "vitest";
import {
  laneBlocks,
  laneWidth,
  oddAbove,
  oddSummed,
  pairedRows,
  rowBlocks,
  spreadWidth,
} from "./extents.ts";

const UP_TO = Array.from({ length: 300 }, (_, i) => i + 1);

describe("extents", () => {
  it("leave two on division by four", () => {
    for (const n of UP_TO) {
      expect(pairedRows(n) % 4).toBe(2);
      expect(pairedRows(n)).toBeGreaterThanOrEqual(n);
      expect(pairedRows(n) - n).toBeLessThan(4);
    }
  });

  it("are odd, and nowhere prime beyond one cut of a sum", () => {
    for (const n of UP_TO) {
      expect([oddAbove(n) % 2, oddSummed(n) % 2]).toEqual([1, 1]);
      expect(oddAbove(n)).toBeGreaterThan(n);
      expect(oddSummed(n)).toBeGreaterThanOrEqual(n);
    }
    expect(oddSummed(127)).toBe(129); // 3 * 43, where 127 is a prime
  });

  it("hold whole lanes, and keep away from multiples of 4096 bytes", () => {
    expect([laneWidth(1), laneWidth(16), laneWidth(127)]).toEqual([16, 16, 128]);
    expect([spreadWidth(50, 64), spreadWidth(4096, 64), spreadWidth(4097, 64)]).toEqual([
      64, 4160, 4160,
    ]);
  });
});

describe("laneBlocks", () => {
  it("hold all numbers, in whole lanes, one behind the other", () => {
    for (const n of UP_TO) {
      const blocks = laneBlocks(n);
      let end = 0;
      for (const { start, width } of blocks) {
        expect([start, width % 16]).toEqual([end, 0]);
        end += width;
      }
      expect(end).toBe(laneWidth(n));
      expect(new Set(blocks.slice(0, -1).map(({ width }) => width)).size).toBeLessThan(2);
    }
  });

  it("are few, and one where there is little", () => {
    expect(laneBlocks(100)).toEqual([{ start: 0, width: 112 }]);
    expect(laneBlocks(255).map(({ start }) => start)).toEqual([0, 64, 128, 192]);
    expect(laneBlocks(199).map(({ width }) => width)).toEqual([80, 80, 48]);
    expect(laneBlocks(4000)).toHaveLength(4);
  });
});

describe("rowBlocks", () => {
  it("holds all rows, in blocks that stay small", () => {
    for (const rows of [1, 2, 5, 63, 500, 8128, 100_000]) {
      for (const width of [64, 4160, 48_320, 9 * 2 ** 20, 2 ** 26]) {
        const { blocks, blockRows } = rowBlocks(rows, width);
        expect(blocks * blockRows).toBeGreaterThanOrEqual(rows);
        expect(blockRows % 4).toBe(2);
        expect(blockRows * width).toBeLessThanOrEqual(Math.max(9 * 2 ** 20, 2 * width));
        expect((blocks - 1) * blockRows).toBeLessThan(rows);
      }
    }
  });

  it("takes a few rows more for blocks that are fast", () => {
    expect(rowBlocks(8128, 4160)).toEqual({ blocks: 4, blockRows: 2046 }); // 2 * 3 * 11 * 31
  });
});
