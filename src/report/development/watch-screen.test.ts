import { expect, test } from "vitest";
import { sampleLook } from "../../../test/sample-development.ts";
import { lookLine } from "./watch-screen.ts";

const LATE = sampleLook(1e8);

test("a look in a line has the best head of each role", () => {
  expect(lookLine(LATE)).toMatch(
    /previous token L0H0 0\.9\d; look-back L0H1 0\.\d\d; broad look-back L0H2 0\.\d\d; induction L1H1/,
  );
});

test("a head of another role is not the best of one that nobody plays", () => {
  const heads = LATE.heads.filter(({ label }) => label !== "L0H2"); // the only one that looks back broadly
  expect(lookLine({ ...LATE, heads })).toMatch(/broad look-back L(0H3|1H\d) 0\.\d\d;/);
});
