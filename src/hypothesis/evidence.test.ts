import { describe, expect, it } from "vitest";
import { estimate } from "../measures/statistics.ts";
import type { CircuitHeads } from "./context.ts";
import {
  above,
  below,
  type Candidate,
  type Evidence,
  ifMeasured,
  isIn,
  ofRoles,
  unmeasured,
} from "./evidence.ts";

const head = { layer: 0, head: 1 };
const some = estimate([1, 2, 3]);

/** Evidence of which nothing but the heads is looked at. */
function evidence(
  circuit: Partial<CircuitHeads>,
  candidates: Partial<Evidence["candidates"]> = {},
): Evidence {
  return {
    circuit: { previousToken: [], lookBack: [], induction: [], ...circuit },
    candidates: { previousToken: null, lookBack: null, induction: null, ...candidates },
  } as Evidence;
}

const candidate: Candidate = {
  label: "L0H3",
  estimate: some,
  playsRole: true,
  threshold: 0.4,
  why: "L0H3 has 0.21 of its attention on the token before; a previous-token head has 0.40 or more",
};

const claim = {
  id: "reads",
  requires: ["previousToken", "induction"],
  statement: "It reads.",
  test: "patched",
  prediction: "above",
  predictions: [above(0, { quantity: "path", unit: "share", estimate: some })],
} as const;

describe("ofRoles", () => {
  it("is the claim itself where every role is played", () => {
    const { requires: _, ...conjecture } = claim;
    expect(ofRoles(evidence({ previousToken: [head], induction: [head] }), claim)).toEqual(
      conjecture,
    );
  });

  it("predicts nothing without a role, and says what comes nearest to it", () => {
    const lacking = ofRoles(evidence({ induction: [head] }, { previousToken: candidate }), claim);
    expect(lacking.predictions).toEqual([]);
    expect(lacking.missing).toBe(
      "there is no previous-token head below the induction heads (L0H3 has 0.21 of its attention on the token before; a previous-token head has 0.40 or more)",
    );
    expect(ofRoles(evidence({ lookBack: [head] }), claim).missing).toBe(
      "this model has no previous-token head; this model has no induction head",
    );
  });
});

describe("unmeasured", () => {
  it("names the lengths that a claim is about and that were not asked for", () => {
    const rows = [2, 3, 5].map((length) => ({ length }));
    expect(unmeasured(rows, [2, 5])).toEqual({});
    expect(unmeasured(rows, [3, 4])).toEqual({ missing: "length 4 was not measured" });
    expect(unmeasured(rows, [4, 5, 6])).toEqual({ missing: "lengths 4, 6 were not measured" });
  });
});

describe("predictions", () => {
  it("are put as they are said", () => {
    const quantity = { quantity: "share", unit: "share", estimate: some };
    expect(above(0.5, quantity)).toEqual({ ...quantity, is: "above", value: 0.5 });
    expect(below(0.1, quantity)).toEqual({ ...quantity, is: "below", value: 0.1 });
  });

  it("are none where nothing was measured", () => {
    const put = (found: Parameters<typeof ifMeasured>[0]) =>
      ifMeasured(found, (one) => above(0, { quantity: "it", unit: "nats", estimate: one }));
    expect(put(null)).toEqual([]);
    expect(put(undefined)).toEqual([]);
    expect(put(some)).toHaveLength(1);
    expect([1, 2, 3].map((length) => ({ length })).filter(isIn([2, 3, 4]))).toEqual([
      { length: 2 },
      { length: 3 },
    ]);
  });
});
