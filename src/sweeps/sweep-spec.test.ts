import { describe, expect, it } from "vitest";
import type { LookbackError } from "../errors.ts";
import { PARAMETERS } from "./parameters.ts";
import {
  axesOf,
  cellAt,
  cellCount,
  cellName,
  DEFAULT_SWEEP,
  parseSweepSpec,
} from "./sweep-spec.ts";

function messageOf(json: unknown): string {
  try {
    parseSweepSpec(json);
  } catch (error) {
    expect((error as LookbackError).code).toBe("bad-spec");
    return (error as LookbackError).message;
  }
  throw new Error("the spec was taken");
}

describe("parseSweepSpec", () => {
  it("takes one value or a list, and fills up the rest", () => {
    const spec = parseSweepSpec({ length: [2, 3], gap: 8, vocabulary: { range: [0, 9] } });
    expect(spec).toEqual({
      ...DEFAULT_SWEEP,
      length: [2, 3],
      gap: [8],
      vocabulary: [{ range: [0, 9] }],
    });
    expect(parseSweepSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });

  it.each([
    [{ length: 1 }, /^spec field "length": .*>=2, got 1$/],
    [{ length: [2, "3"] }, /^spec field "length\.1": .*number.*, got "3"$/],
    [{ gap: [] }, /^spec field "gap": a list needs at least one value, got \[\]$/],
    [{ gap: [0, 8, 0] }, /^spec field "gap": holds 0 twice/],
    [{ filler: "noise" }, /^spec field "filler": .*"random"\|"repeat"\|"bos", got "noise"$/],
    [{ order: null }, /^spec field "order": .*"first-second"\|"second-first", got null$/],
    [{ seed: 2 ** 32 }, /^spec field "seed": .*<=4294967295, got 4294967296$/],
    [{ distinct: "yes" }, /^spec field "distinct": .*boolean.*, got "yes"$/],
    [
      { vocabulary: [0, 100] },
      /^spec field "vocabulary\.0": expected null, \{"range": .*\{"ids": .*, got 0$/,
    ],
    [{ vocabulary: { ids: [5, 5] } }, /"vocabulary": .*none of them twice, got \{"ids":\[5,5\]\}$/],
    [{ vocabulary: { range: [5, 6] } }, /of two tokens or more.*got \{"range":\[5,6\]\}$/],
    [{ lenght: 3 }, /^spec field "lenght": there is no such field; .*did you mean "length"\?$/],
    [{ bos: -1 }, /^spec field "bos": .*>=0, got -1$/],
    [{ draw: { x: "size" } }, /^spec field "draw\.x": .*, got "size"$/],
    [{ draw: { x: "gap", facets: ["gap"] } }, /^spec field "draw": "gap" can be one of/],
    [
      {
        length: Array.from({ length: 400 }, (_, i) => i + 2),
        batch: [1, 2],
        seed: Array.from({ length: 130 }, (_, i) => i),
      },
      /104000 cells \(400 of length × 130 of seed × 2 of batch\); at most 100000/,
    ],
    [[], /a spec is a JSON object/],
  ])("refuses %j", (json, message) => {
    expect(messageOf(json)).toMatch(message);
  });
});

describe("the grid", () => {
  const spec = parseSweepSpec({
    length: [2, 4],
    order: ["first-second", "second-first"],
    seed: [1, 2, 3],
  });

  it("is the product of the lists, each combination once", () => {
    expect(cellCount(spec)).toBe(12);
    const cells = Array.from({ length: 12 }, (_, i) => cellAt(spec, i));
    expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(12);
    expect(cells.map(({ seed }) => seed).slice(0, 4)).toEqual([1, 2, 3, 1]);
    expect(cells.map(({ length }) => length)).toEqual([2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4]);
    expect(Object.keys(cells[0] ?? {})).toEqual(PARAMETERS);
  });

  it("names cells by what varies", () => {
    expect(axesOf(spec)).toEqual(["length", "order", "seed"]);
    expect(cellName(spec, 11)).toBe("cell 11 (length 4, order second-first, seed 3)");
    expect(cellName(DEFAULT_SWEEP, 0)).toBe("cell 0 (length 3)");
  });
});
