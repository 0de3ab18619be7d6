import { describe, expect, it } from "vitest";
import { estimate } from "../../measures/statistics.ts";
import type { ParameterName } from "../../sweeps/parameters.ts";
import type { SweepResult } from "../../sweeps/result.ts";
import { cellAt, cellCount, parseSweepSpec } from "../../sweeps/sweep-spec.ts";
import { sharedDomain, xAxis } from "./panel.ts";
import { layoutOf, sweepView } from "./view.ts";

const layout = (json: object) => layoutOf(parseSweepSpec(json));

describe("layoutOf", () => {
  it("puts the longest numeric axis along the horizontal, the next one into colours", () => {
    const spec = { length: [2, 3, 4], gap: [0, 8], order: ["first-second", "second-first"] };
    expect(layout(spec)).toEqual({ x: "length", series: "gap", facets: ["order"], seeds: 1 });
    expect(layout({ ...spec, gap: [0, 1, 2, 3] })).toMatchObject({ x: "gap", series: "length" });
    expect(layout({})).toEqual({ x: "length", series: null, facets: [], seeds: 1 });
    expect(layout({ filler: ["random", "bos"] })).toMatchObject({ x: "filler", series: null });
  });

  it("pools seeds, unless they are to be seen", () => {
    expect(layout({ gap: [0, 1], seed: [1, 2, 3] })).toMatchObject({ series: null, seeds: 3 });
    const draw = { series: "seed" };
    expect(layout({ gap: [0, 1], seed: [1, 2, 3], draw })).toMatchObject({
      series: "seed",
      seeds: 1,
    });
  });

  it("gives panels to what has more values than there are colours", () => {
    const eight = [0, 1, 2, 3, 4, 5, 6, 7];
    const spec = { length: [2, 3, 4, 5, 6, 7, 8, 9], gap: eight, copies: [1, 2] };
    expect(layout(spec)).toMatchObject({ x: "length", series: "copies", facets: ["gap"] });
    expect(() => layout({ ...spec, draw: { series: "gap" } })).toThrow(
      /"draw\.series": gap has 8 values; at most 6/,
    );
  });

  it("does as it is told, and finds a place for the rest", () => {
    const spec = { length: [2, 3, 4], gap: [0, 8], copies: [1, 2], offset: [0, 1] };
    const draw = { x: "gap", series: null, facets: ["offset"] };
    expect(layout({ ...spec, draw })).toMatchObject({
      x: "gap",
      series: null,
      facets: ["offset", "length", "copies"],
    });
  });
});

describe("sweepView", () => {
  it("has every cell in its place, with the mean of its seeds", () => {
    const spec = parseSweepSpec({
      length: [2, 3, 4],
      gap: [0, 8],
      filler: ["random", "bos"],
      copies: [2, 1],
      seed: [1, 2],
      batch: 2,
    });
    // Values that tell where they are from.
    const placeValue = (parameters: ReturnType<typeof cellAt>) =>
      1000 * parameters.length +
      100 * parameters.gap +
      (parameters.filler === "bos" ? 50 : 0) +
      10 * parameters.copies;
    const cells = Array.from({ length: cellCount(spec) }, (_, cell) => {
      const parameters = cellAt(spec, cell);
      const value = placeValue(parameters) + (parameters.seed === 1 ? -1 : 1);
      const means = estimate([value - 2, value + 2]);
      return { cell, parameters, pB: means, pD: means, logitDiff: means };
    });
    const result: SweepResult = {
      spec,
      model: { name: "m", hash: "0", processing: "none" },
      device: "wasm",
      bos: 0,
      cells: cells.toReversed(),
    };
    const { panels, xTexts, lineNames } = sweepView(result);
    expect(xTexts).toEqual(["2", "3", "4"]);
    expect(lineNames).toEqual(["gap 0", "gap 8"]);
    const points = panels.flatMap(({ names, lines }) =>
      lines.flatMap(({ index, points }) => points.map((point) => ({ names, index, point }))),
    );
    expect(points).toHaveLength(3 * 2 * 4);
    for (const { names, index, point } of points) {
      const { parameters, at, logitDiff } = point;
      expect(parameters.length).toBe(spec.length[at]);
      expect(parameters.gap).toBe(spec.gap[index]);
      expect(names).toEqual([`filler ${parameters.filler}`, `copies ${parameters.copies}`]);
      expect(logitDiff.mean).toBeCloseTo(placeValue(parameters), 9);
      expect(logitDiff.n).toBe(4);
    }
  });
});

describe("the axes", () => {
  const texts = (values: readonly number[]) => values.map(String);
  const axis = (values: readonly number[], name: ParameterName = "gap") =>
    xAxis(name, texts(values), values);

  it("are to scale where there is room for it", () => {
    expect(axis([0, 8, 16])).toMatchObject({ places: [0, 8, 16], toScale: true });
    expect(axis([0, 1, 2, 128])).toMatchObject({ places: [0, 1, 2, 3], toScale: false });
    expect(axis([8, 0])).toMatchObject({ toScale: false });
    expect(axis([5])).toMatchObject({ places: [5], toScale: true });
  });

  it("hold all intervals and zero", () => {
    const point = (y: number, ci95: [number, number]) => ({ x: 0, y, ci95, tip: "" });
    expect(sharedDomain([point(2, [1, 3]), point(4, [3.5, 4.5])])).toEqual([0, 4.5]);
    expect(sharedDomain([point(-2, [-3, -1])])).toEqual([-3, 0]);
  });
});
