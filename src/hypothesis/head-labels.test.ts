import { describe, expect, test } from "vitest";
import type { LagProfile } from "../measures/lag-profile.ts";
import { estimate } from "../measures/statistics.ts";
import { headLabel } from "../model/heads.ts";
import type { HeadCard, HeadMeasures } from "./head-card.ts";
import { peakLag, ROLE_RULES, rolesOf, rolesOfHead } from "./head-labels.ts";

const exactly = (value: number) => estimate([value]);

function profile(byLag: readonly number[]): LagProfile {
  return { byLag, bos: 0, beyond: 0, meanLag: 0, meanSquaredLag: 0, reach: 0 };
}

/** A head that has nothing but a pattern by lag. */
function head(
  byLag: readonly number[],
  others: Partial<HeadMeasures> = {},
  [layer, number]: readonly [number, number] = [0, 0],
): HeadMeasures {
  const on = (from: number, to: number) =>
    exactly(byLag.slice(from, to + 1).reduce((sum, share) => sum + share, 0));
  return {
    layer,
    head: number,
    label: headLabel({ layer, head: number }),
    previousToken: on(1, 1),
    lookBack: on(2, 5),
    broadLookBack: on(1, 8),
    bos: exactly(0),
    lags: { total: profile(byLag), positionOnly: profile(byLag) },
    duplicateToken: exactly(0),
    induction: exactly(0),
    prefixMatching: exactly(0),
    copying: exactly(0),
    raisedShare: exactly(0),
    loweredShare: exactly(0),
    orderSensitivity: exactly(1),
    ...others,
  };
}

const card = (measures: HeadMeasures): HeadCard => ({
  ...measures,
  roles: rolesOfHead(measures),
});

/** What the post's heads attend to from position 8 of random tokens, by lag. */
const POST_L0H3 = [0.0745377, 0.502586, 0.0639284, 0.00585457, 0.00205272, 0.000980946];
const POST_L0H0 = [
  0.0868488, 0.19083, 0.234496, 0.157615, 0.0939986, 0.0576325, 0.0341215, 0.020748,
];

describe("the rules", () => {
  test("name the post's heads as the post does", () => {
    expect(rolesOfHead(head(POST_L0H3, { bos: exactly(0.346462) }))).toEqual(["previous-token"]);
    expect(rolesOfHead(head(POST_L0H0, { bos: exactly(0.12371) }))).toEqual(["look-back"]);
  });

  test("tell a head that peaks at the token before from a look-back head", () => {
    const wide = [0.1, 0.14, 0.12, 0.11, 0.09, 0.08, 0.06, 0.05, 0.04];
    expect(peakLag(head(wide))).toBe(1);
    expect(rolesOfHead(head(wide))).toEqual(["broad-look-back"]);
  });

  test("need a layer below for induction", () => {
    const matching = { prefixMatching: exactly(0.5) };
    expect(rolesOfHead(head([1], matching))).toEqual([]);
    expect(rolesOfHead(head([1], matching, [1, 0]))).toEqual(["induction"]);
  });

  test("give several roles, in the order of the table", () => {
    const many = head([1], {
      duplicateToken: exactly(0.3),
      copying: exactly(0.5),
      bos: exactly(0.6),
      orderSensitivity: exactly(0.49),
    });
    expect(rolesOfHead(many)).toEqual(["duplicate-token", "copying", "bos", "order-free"]);
    const order = ROLE_RULES.map(({ role }) => role);
    expect(order.indexOf("duplicate-token")).toBeLessThan(order.indexOf("copying"));
  });

  test("take the interval of order sensitivity, not its mean", () => {
    const unsure = estimate([0.2, 0.9, 0.1, 0.4]);
    expect(unsure.mean).toBeLessThan(0.5);
    expect(rolesOfHead(head([1], { orderSensitivity: unsure }))).toEqual([]);
    expect(rolesOfHead(head([1], { orderSensitivity: null }))).toEqual([]);
  });

  test("know anti-copying by its sign", () => {
    expect(rolesOfHead(head([1], { copying: exactly(-0.5) }))).toEqual(["anti-copying"]);
    expect(rolesOfHead(head([1], { copying: exactly(-0.4) }))).toEqual([]);
    expect(rolesOfHead(head([1], { copying: null }))).toEqual([]);
  });
});

describe("the roles of the circuit", () => {
  const heads = [
    card(head(POST_L0H0, {}, [0, 0])),
    card(head(POST_L0H3, {}, [0, 3])),
    card(head([0, 0.9, 0.1], {}, [0, 4])),
    card(head([1], { prefixMatching: exactly(0.3) }, [1, 6])),
    card(head([1], { prefixMatching: exactly(0.4) }, [1, 2])),
  ];

  test("list the strongest first", () => {
    const roles = rolesOf({ heads });
    expect(roles.previousToken.map(({ label }) => label)).toEqual(["L0H4", "L0H3"]);
    expect(roles.lookBack.map(({ label }) => label)).toEqual(["L0H0"]);
    expect(roles.induction.map(({ label }) => label)).toEqual(["L1H2", "L1H6"]);
    expect(roles.induction[0]).toEqual({ layer: 1, head: 2, label: "L1H2", score: 0.4 });
  });

  test("are empty where no head passes, and say which comes nearest", () => {
    const flat = Array.from({ length: 40 }, () => 0.02);
    const roles = rolesOf({
      heads: [
        card(head([...flat.with(1, 0.21)], {}, [0, 3])),
        card(head([...flat.with(3, 0.1)], {}, [0, 5])),
      ],
    });
    expect(roles).toMatchObject({ previousToken: [], lookBack: [], induction: [] });
    expect(roles.nearest.previousToken?.why).toBe(
      "L0H3 has 0.21 of its attention on the token before; a previous-token head has 0.40 or more",
    );
    expect(roles.nearest.lookBack).toMatchObject({ label: "L0H5", threshold: 0.35 });
    expect(roles.nearest.lookBack?.score).toBeCloseTo(0.16, 6);
    expect(roles.nearest.induction).toBeNull(); // no layer above the first
  });

  test("say where a head has the attention but not the peak", () => {
    const wide = card(head([0.1, 0.14, 0.12, 0.11, 0.09, 0.08, 0.06], {}, [0, 2]));
    expect(rolesOf({ heads: [wide] }).nearest.lookBack?.why).toBe(
      "L0H2 has 0.40 of its attention on lags 2 to 5 but attends more to another lag; a look-back head has 0.35 or more",
    );
  });
});
