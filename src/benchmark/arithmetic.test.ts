import { describe, expect, it } from "vitest";
import {
  type Dimensions,
  layerAtOnePosition,
  patching,
  patternAtOnePosition,
  patternRows,
  patterns,
  patternsOfLayer,
  probabilities,
  wholeLayer,
} from "./arithmetic.ts";

/** W = 2 heads of 3 = 6, so a projection of one position is 2 * 5 * 6 = 60. */
const SMALL: Dimensions = { n_layers: 2, n_heads: 2, d_model: 5, d_head: 3, d_vocab: 7 };
const PROJECTION = 60;

describe("one layer", () => {
  it("is four projections a position, and attention to every position up to each", () => {
    // Three positions see 1, 2 and 3: six pairs; scores and values are each 2 * 6 a pair.
    expect(wholeLayer(SMALL, { from: 0, to: 3 })).toBe(4 * 3 * PROJECTION + 2 * 12 * 6);
  });

  it("from a later position looks back at what came before, without running it", () => {
    // The third position alone: one position, three pairs.
    expect(wholeLayer(SMALL, { from: 2, to: 3 })).toBe(4 * PROJECTION + 2 * 12 * 3);
    const parts = [
      { from: 0, to: 2 },
      { from: 2, to: 5 },
    ].map((span) => wholeLayer(SMALL, span));
    expect((parts[0] as number) + (parts[1] as number)).toBe(wholeLayer(SMALL, { from: 0, to: 5 }));
  });

  it("of which only patterns are wanted has neither values nor outputs", () => {
    expect(patternsOfLayer(SMALL, 3)).toBe(2 * 3 * PROJECTION + 12 * 6);
  });

  it("at one position reads the stream itself", () => {
    // Two heads, each one product of 5 with each of 3 positions.
    const products = 2 * 5 * 2 * 3;
    expect(patternAtOnePosition(SMALL, 3)).toBe(2 * PROJECTION + products);
    expect(layerAtOnePosition(SMALL, 3)).toBe(4 * PROJECTION + 2 * products);
  });
});

describe("a question", () => {
  const below = (from: number, to: number) => wholeLayer(SMALL, { from, to });
  const last = layerAtOnePosition(SMALL, 4);

  it("for probabilities takes every logit of one position", () => {
    expect(probabilities(SMALL, 4)).toBe(below(0, 4) + last + 2 * 5 * 7);
    expect(probabilities({ ...SMALL, n_layers: 1 }, 4)).toBe(last + 2 * 5 * 7);
    expect(probabilities({ ...SMALL, n_layers: 4 }, 4)).toBe(3 * below(0, 4) + last + 2 * 5 * 7);
  });

  it("for patterns ends at their layer", () => {
    expect(patterns(SMALL, 4, 0)).toBe(patternsOfLayer(SMALL, 4));
    expect(patterns(SMALL, 4, 1)).toBe(below(0, 4) + patternsOfLayer(SMALL, 4));
  });

  it("for rows of a pattern forms no keys there", () => {
    expect(patternRows(SMALL, { positions: 4, layer: 1, queries: [2, 3] })).toBe(
      below(0, 4) + patternAtOnePosition(SMALL, 3) + patternAtOnePosition(SMALL, 4),
    );
  });
});

describe("patching", () => {
  const difference = 2 * 5;
  const below = (from: number) => wholeLayer(SMALL, { from, to: 4 });
  const last = layerAtOnePosition(SMALL, 4) + difference;
  const runs = below(0) + last + below(2) + last;
  /** Two heads of the last layer, at the position that is read: O alone. */
  const lastPlaces = 2 * (PROJECTION + difference);

  it("of heads puts O of the positions that differ into two runs", () => {
    const question = { positions: 4, firstDifference: 2, by: "head" } as const;
    expect(patching(SMALL, question)).toBe(runs + 2 * (2 * PROJECTION + last) + lastPlaces);
  });

  it("of heads at positions puts O of one of them", () => {
    const question = { positions: 4, firstDifference: 2, by: "head-position" } as const;
    expect(patching(SMALL, question)).toBe(runs + 4 * (PROJECTION + last) + lastPlaces);
  });

  it("goes through the layers above from the exchanged position on", () => {
    const three = { ...SMALL, n_layers: 3 };
    const threeRuns = 2 * below(0) + last + 2 * below(2) + last;
    const layer0 = 2 * (PROJECTION + below(2) + last) + 2 * (PROJECTION + below(3) + last);
    const layer1 = 4 * (PROJECTION + last);
    const question = { positions: 4, firstDifference: 2, by: "head-position" } as const;
    expect(patching(three, question)).toBe(threeRuns + layer0 + layer1 + lastPlaces);
  });

  it("of one layer is that layer at one position", () => {
    const one = { ...SMALL, n_layers: 1 };
    const question = { positions: 4, firstDifference: 2, by: "head" } as const;
    expect(patching(one, question)).toBe(2 * last + lastPlaces);
  });
});
