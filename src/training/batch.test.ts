import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { tokenBatch } from "../model/tokens.ts";
import { batchLayout, checkContexts, inputTokens, targetTokens } from "./batch.ts";

const CONTEXTS = tokenBatch([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("a batch of contexts", () => {
  const layout = batchLayout(2, 3, 64);

  it("has a row for each prediction, and at least one that counts for nothing", () => {
    expect(layout).toMatchObject({ contexts: 2, positions: 2, predictions: 4 });
    expect(layout.rows).toBeGreaterThan(layout.predictions);
    expect(layout.summedRows).toBeGreaterThanOrEqual(layout.predictions);
    expect(layout.rows).toBeGreaterThanOrEqual(layout.summedRows);
  });

  it("predicts each token from those before it", () => {
    const used = (rows: Int32Array) => [...rows.subarray(0, layout.predictions)];
    expect(used(inputTokens(CONTEXTS, layout))).toEqual([1, 2, 4, 5]);
    expect(used(targetTokens(CONTEXTS, layout))).toEqual([2, 3, 5, 6]);
    expect(inputTokens(CONTEXTS, layout)).toHaveLength(layout.rows);
  });

  it("has at least two tokens a context", () => {
    const { config } = randomModel();
    expect(() => checkContexts(CONTEXTS, config)).not.toThrow();
    expect(() => checkContexts(tokenBatch([[1], [2]]), config)).toThrow(/at least two tokens/);
  });
});
