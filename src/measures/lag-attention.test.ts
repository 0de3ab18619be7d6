import { expect, test } from "vitest";
import { LookbackError } from "../errors.ts";
import { bosAttention, lagAttention } from "./lag-attention.ts";
import { lagProfile } from "./lag-profile.ts";

/** Rows of two heads over 5 tokens: the first looks at the token before, the second at all alike. */
function twoHeads(length: number) {
  const data = new Float32Array(2 * length * length);
  for (let query = 0; query < length; query++) {
    data[query * length + Math.max(0, query - 1)] = 1;
    for (let key = 0; key <= query; key++) {
      data[(length + query) * length + key] = 1 / (query + 1);
    }
  }
  return { shape: [1, 2, length, length], data };
}

test("attention on a lag is that of the queries which have it behind BOS", () => {
  const [previous, uniform] = lagAttention(twoHeads(5), { from: 1, to: 1 });
  expect(previous).toEqual(Float64Array.of(1));
  expect(uniform?.[0]).toBeCloseTo((1 / 3 + 1 / 4 + 1 / 5) / 3, 6);
  const [none, some] = lagAttention(twoHeads(5), { from: 2, to: 3 });
  expect(none).toEqual(Float64Array.of(0));
  expect(some?.[0]).toBeCloseTo(2 / 5, 6); // from position 4 alone
});

test("attention on BOS leaves BOS itself out", () => {
  const [previous, uniform] = bosAttention(twoHeads(5));
  expect(previous?.[0]).toBeCloseTo(1 / 4, 6); // position 1 looks at it
  expect(uniform?.[0]).toBeCloseTo((1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 4, 6);
});

test("a range of lags from 0 on agrees with the lag profile", () => {
  const pattern = twoHeads(9);
  const uniform = { shape: [9, 9], data: pattern.data.slice(81) };
  const { byLag } = lagProfile(uniform, { maxLag: 4 });
  const [, measured] = lagAttention(pattern, { from: 0, to: 4 });
  expect(measured?.[0]).toBeCloseTo(
    byLag.reduce((sum, share) => sum + share, 0),
    6,
  );
});

test("says what cannot be", () => {
  expect(() => lagAttention(twoHeads(3), { from: 2, to: 5 })).toThrow("more than 6 tokens");
  expect(() => lagAttention(twoHeads(3), { from: 2, to: 1 })).toThrow(LookbackError);
});
