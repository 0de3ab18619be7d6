import { describe, expect, test } from "vitest";
import { estimate } from "../measures/statistics.ts";
import { interval, logits, plain, probability, share, withInterval } from "./format.ts";

describe("numbers", () => {
  test.each([
    [probability, 0.0649, "0.0649"],
    [probability, 7.2567e-6, "7.3 × 10⁻⁶"],
    [probability, 0, "0.0000"],
    [probability, -0.0062, "−0.0062"],
    [share, 0.325871, "0.326"],
    [share, 6.1e-10, "6.1 × 10⁻¹⁰"],
    [logits, -0.1406, "−0.14"],
    [logits, -0.001, "0.00"],
    [plain, 47.7123, "47.7"],
    [plain, 123.9, "124"],
    [plain, 0.00271, "0.00271"],
    [plain, -12345678, "−1.2 × 10⁷"],
  ])("are written as %o does %d", (format, value, text) => {
    expect(format(value)).toBe(text);
  });

  test("have an interval where there are prompts enough for one", () => {
    expect(withInterval(estimate([1, 2, 3]), logits)).toBe("2.00 [−0.48, 4.48]");
    expect(interval(estimate([1]), logits)).toBe("");
    expect(withInterval(estimate([1]), logits)).toBe("1.00");
  });
});
