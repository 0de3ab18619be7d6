import { expect, test } from "vitest";
import { parseScorecardSpec, scorecardSizes } from "./scorecard-spec.ts";

test("what is left out is filled in", () => {
  expect(parseScorecardSpec()).toEqual({ batch: 200, tokens: 48, seed: 0 });
  expect(parseScorecardSpec({ batch: 5 })).toEqual({ batch: 5, tokens: 48, seed: 0 });
});

test("what cannot be is named", () => {
  expect(() => parseScorecardSpec({ batch: 0 })).toThrow(/scorecard field "batch": .*got 0/);
  expect(() => parseScorecardSpec({ tokens: 14 })).toThrow(/"tokens"/);
  expect(() => parseScorecardSpec({ size: 3 })).toThrow(/size/);
  expect(() => parseScorecardSpec(3)).toThrow(/^scorecard: /);
});

test.each([
  [256, { tokens: 48, repeated: { tokens: 25, copies: 4, batch: 100 } }],
  [101, { tokens: 48, repeated: { tokens: 25, copies: 4, batch: 100 } }],
  [100, { tokens: 48, repeated: { tokens: 25, copies: 3, batch: 100 } }],
  [51, { tokens: 48, repeated: { tokens: 25, copies: 2, batch: 100 } }],
  [40, { tokens: 39, repeated: { tokens: 19, copies: 2, batch: 100 } }],
  [16, { tokens: 15, repeated: { tokens: 7, copies: 2, batch: 100 } }],
])("prompts fit into a context of %d tokens", (n_ctx, sizes) => {
  expect(scorecardSizes(parseScorecardSpec(), n_ctx)).toEqual(sizes);
  const { tokens, copies } = sizes.repeated;
  expect(1 + tokens * copies).toBeLessThanOrEqual(n_ctx);
});

test("a context of fewer than 16 tokens is refused", () => {
  expect(() => scorecardSizes(parseScorecardSpec(), 15)).toThrow("this model's context is 15");
});
