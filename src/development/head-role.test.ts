import { expect, test } from "vitest";
import { sampleLook } from "../../test/sample-development.ts";
import { bestHeads, type FollowedRole } from "./head-role.ts";

const { heads } = sampleLook(1e8);

const labels = (role: FollowedRole, of = heads) => bestHeads(of, role).map(({ label }) => label);

test("the best head of each role comes first", () => {
  expect(labels("previous-token")[0]).toBe("L0H0");
  expect(labels("look-back")[0]).toBe("L0H1");
  expect(labels("broad-look-back")[0]).toBe("L0H2");
  expect(labels("induction").slice(0, 2)).toEqual(["L1H1", "L1H2"]);
});

test("a head of another role is not the best of one that nobody plays", () => {
  const others = heads.filter(({ label }) => label !== "L0H2"); // the only one that looks back broadly
  const found = labels("broad-look-back", others);
  expect(found[0]).toMatch(/^(L0H3|L1H\d)$/);
  expect(found.slice(-2).toSorted()).toEqual(["L0H0", "L0H1"]); // higher scores, of other roles
});

test("no head of the first layer is an induction head", () => {
  expect(labels("induction").filter((label) => label.startsWith("L0"))).toEqual([]);
});
