import { expect, test } from "vitest";
import { inSixDigits, jsonInSixDigits, sixDigits } from "./six-digits.ts";

test("fractions keep six significant digits, whole numbers all of theirs", () => {
  expect(sixDigits(0.123456789)).toBe(0.123457);
  expect(sixDigits(123456789)).toBe(123456789);
});

test("values keep their form", () => {
  const value = { list: [1 / 3, 2 ** 40], text: "0.123456789", none: null };
  const kept = { list: [0.333333, 2 ** 40], text: "0.123456789", none: null };
  expect(inSixDigits(value)).toEqual(kept);
  expect(JSON.parse(jsonInSixDigits(value, 2))).toEqual(kept);
});
