import { expect, it } from "vitest";
import { estimate } from "../measures/statistics.ts";
import { patchHeading } from "./heading.ts";

it("says where effects are shares of what may be nothing", () => {
  const clean = estimate([1, 2, 3]);
  const heading = (gap: number[]) =>
    patchHeading("x", { clean, corrupted: clean, gap: estimate(gap) }, 200);
  expect(heading([-1, 0, 1.5])).toContain("mind: clean less corrupted is 0.17");
  expect(heading([1, 1.1, 1.2])).not.toContain("mind");
  expect(heading([1])).not.toContain("mind");
});
