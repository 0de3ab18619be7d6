import { expect, test } from "vitest";
import type { HeadCard } from "../hypothesis/head-card.ts";
import { ROLE_RULES, rolesOf } from "../hypothesis/head-labels.ts";
import { estimate } from "../measures/statistics.ts";
import { headsTableText } from "./heads-table.ts";

const half = estimate([0.4, 0.6]);
const lags = {
  byLag: [0.2, 0.2, 0.3],
  bos: 0.1,
  beyond: 0.2,
  meanLag: 12.3,
  meanSquaredLag: 190,
  reach: 20,
};
const card: HeadCard = {
  layer: 1,
  head: 12,
  label: "L1H12",
  roles: ["broad-look-back", "duplicate-token", "anti-copying", "order-free"],
  previousToken: half,
  lookBack: half,
  broadLookBack: half,
  bos: half,
  lags: { total: lags, positionOnly: lags },
  duplicateToken: half,
  induction: half,
  prefixMatching: half,
  copying: estimate([-0.75]),
  raisedShare: null,
  loweredShare: half,
  orderSensitivity: null,
};
const result = {
  spec: { batch: 2, tokens: 48, seed: 0 },
  prompts: { tokens: 48, repeated: { tokens: 25, copies: 4, batch: 1 } },
  rules: ROLE_RULES,
  heads: [card],
};
const text = (width: number) => headsTableText(result, rolesOf(result), { width });

test.each([160, 100, 80, 60])("no line is wider than %d", (width) => {
  const widths = text(width)
    .split("\n")
    .map((line) => line.length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(width);
  for (const role of card.roles) expect(text(width)).toContain(role);
});

test("a narrow terminal has fewer columns, and keeps those of the circuit", () => {
  expect(text(160)).toContain("Mean lag");
  expect(text(60)).not.toContain("Mean lag  ");
  expect(text(60)).toMatch(/^Head +Prev +2–5 +Prefix/m);
});

test("what is not known is a dash, and roles go on below", () => {
  const lines = text(100).split("\n");
  const first = lines.findIndex((line) => line.startsWith("L1H12"));
  expect(lines[first]).toMatch(/−0\.75 +– +0\.50 +broad-look-back,$/);
  expect(lines[first + 1]?.trim()).toBe("duplicate-token,");
});
