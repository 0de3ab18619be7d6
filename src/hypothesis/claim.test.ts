/** The rule by which claims are judged, on estimates made by hand; and claims of a made-up model. */

import { describe, expect, it } from "vitest";
import type { Estimate } from "../measures/statistics.ts";
import {
  type Claim,
  type Conjecture,
  inWords,
  judgeClaims,
  type Measurement,
  type Prediction,
} from "./claim.ts";

/** An estimate over ten prompts. Its 95% interval is 2.262 standard errors wide on either side. */
function of(mean: number, se = 1, n = 10): Estimate {
  return { mean, se, ci95: [mean - 2.262157162798205 * se, mean + 2.262157162798205 * se], n };
}

function prediction(estimate: Estimate, rest: Partial<Prediction> = {}): Prediction {
  return { quantity: "something", unit: "nats", estimate, is: "above", value: 0, ...rest };
}

function conjecture(predictions: readonly Prediction[], missing?: string): Conjecture {
  return {
    id: "claim",
    statement: "It is so.",
    test: "measured",
    prediction: "above zero",
    predictions,
    ...(missing !== undefined && { missing }),
  };
}

function judged(predictions: readonly Prediction[], missing?: string): Claim {
  const [claim] = judgeClaims([conjecture(predictions, missing)]).claims;
  if (claim === undefined) throw new Error("no claim");
  return claim;
}

describe("a prediction", () => {
  it.each([
    ["above", 2.3, "held"],
    ["above", 2.2, "cannot tell"],
    ["above", 0, "cannot tell"],
    ["above", -2.2, "cannot tell"],
    ["above", -2.3, "did not hold"],
    ["below", -2.3, "held"],
    ["below", -2.2, "cannot tell"],
    ["below", 2.2, "cannot tell"],
    ["below", 2.3, "did not hold"],
  ] as const)(
    "that a mean is %s a value, with the interval's middle %f over it: %s",
    (is, over, verdict) => {
      for (const value of [0, -5, 0.5]) {
        const { measurement } = judged([prediction(of(value + over), { is, value })]);
        expect(measurement[0]).toMatchObject({ verdict, predicted: { is, value }, applies: true });
      }
    },
  );

  it("of a single prompt says nothing", () => {
    expect(judged([prediction(of(5, 0, 1))])).toMatchObject({ verdict: "cannot tell" });
    expect(judged([prediction(of(5, 0, 2))])).toMatchObject({ verdict: "held" });
  });

  it("carries what was measured along", () => {
    const estimate = of(1);
    const { measurement } = judged([prediction(estimate, { aspect: "one" })]);
    expect(measurement[0]).toMatchObject({
      quantity: "something",
      unit: "nats",
      estimate,
      where: null,
      aspect: "one",
    });
  });

  it("names what it was measured on apart, and tells it in words", () => {
    const { measurement, reason } = judged([
      prediction(of(0), { quantity: "score", where: "L0H4", value: 0 }),
    ]);
    expect(measurement[0]).toMatchObject({ quantity: "score", where: "L0H4" });
    expect(inWords(measurement[0] as Measurement)).toBe("score (L0H4)");
    expect(reason).toContain("score (L0H4)");
  });
});

describe("intervals", () => {
  // scipy.stats.t.ppf(1 - 0.05 / m / 2, 9) for m comparisons
  it.each([
    [1, 2.262157162798205],
    [5, 3.249835541592126],
  ])("are as wide as %i comparisons ask for", (comparisons, t) => {
    // In two claims, however many a claim has.
    const first = Array.from({ length: comparisons - 1 }, () => prediction(of(0)));
    const result = judgeClaims([conjecture(first), conjecture([prediction(of(7, 2))])]);
    expect(result.comparisons).toBe(comparisons);
    expect(result.confidence).toBeCloseTo(1 - 0.05 / comparisons, 12);
    const [low, high] = result.claims[1]?.measurement[0]?.interval ?? [0, 0];
    expect(low).toBeCloseTo(7 - 2 * t, 6);
    expect(high).toBeCloseTo(7 + 2 * t, 6);
  });

  it("decide by their width: what holds alone may not among many", () => {
    const clear = prediction(of(2.5));
    expect(judged([clear]).verdict).toBe("held");
    const many = [clear, ...Array.from({ length: 4 }, () => prediction(of(100)))];
    expect(judged(many).verdict).toBe("cannot tell");
    // What a share is of is judged as strictly.
    const share = prediction(of(100), { shareOf: of(2.5) });
    expect(judged([share]).measurement[0]?.applies).toBe(true);
    expect(judged([...many.slice(1), share]).measurement[4]?.applies).toBe(false);
  });

  it("need no claim", () => {
    expect(judgeClaims([])).toEqual({ claims: [], comparisons: 0, confidence: 0.95 });
  });
});

describe("a share", () => {
  const share = (whole: Estimate, estimate = of(100)) => prediction(estimate, { shareOf: whole });

  it.each([
    ["clearly above zero", of(10), true],
    ["not clearly above zero", of(2), false],
    ["clearly above zero, and too little to notice", of(0.05, 0.001), false],
    ["below zero", of(-10), false],
    ["known from one prompt", of(10, 0, 1), false],
  ])("of something %s", (_, whole, applies) => {
    const claim = judged([share(whole)]);
    expect(claim.measurement[0]).toMatchObject({
      applies,
      verdict: applies ? "held" : "cannot tell",
    });
    expect(claim.verdict).toBe(applies ? "held" : "cannot tell");
  });

  it("of nothing is set aside where another of its aspect is left", () => {
    expect(judged([share(of(0)), share(of(10))]).verdict).toBe("held");
    expect(judged([share(of(0), of(-100)), share(of(10))]).verdict).toBe("held");
    expect(judged([share(of(0)), share(of(10), of(-100))]).verdict).toBe("did not hold");
  });

  it("of nothing leaves an aspect open where none is left", () => {
    const needed = { ...share(of(0)), quantity: "lost", aspect: "needed" };
    const not = { ...share(of(10)), aspect: "not needed" };
    const claim = judged([needed, not]);
    expect(claim.verdict).toBe("cannot tell");
    expect(claim.reason).toBe("there is nothing to take a share of: lost");
    expect(judged([needed, { ...not, is: "below" }]).verdict).toBe("did not hold");
    expect(judged([needed, { ...needed, shareOf: of(10) }, not]).verdict).toBe("held");
  });
});

describe("a claim", () => {
  const [yes, no, open] = [of(10), of(-10), of(0)].map((estimate) => prediction(estimate));

  it.each([
    ["held", [yes, yes]],
    ["did not hold", [yes, no]],
    ["did not hold", [open, no]],
    ["cannot tell", [yes, open]],
    ["cannot tell", []],
  ] as const)("%s by its predictions (%#)", (verdict, predictions) => {
    const claim = judged(predictions.flatMap((one) => one ?? []));
    expect(claim.verdict).toBe(verdict);
    expect(claim.reason === null).toBe(verdict !== "cannot tell");
  });

  it("names the quantities that it cannot tell of", () => {
    const named = (quantity: string, mean: number) => prediction(of(mean), { quantity });
    expect(judged([named("one", 0), named("two", 10), named("three", 0.1)]).reason).toBe(
      "the value lies inside of the interval: one; three",
    );
    expect(judged([]).reason).toBe("nothing of it was measured");
    expect(judged([], "no such head").reason).toBe("no such head");
  });

  it("that lacks something does not hold for what is left of it", () => {
    const claim = judged(
      [yes, yes].flatMap((one) => one ?? []),
      "no head could be induction",
    );
    expect(claim).toMatchObject({ verdict: "cannot tell", reason: "no head could be induction" });
    expect(judged(no === undefined ? [] : [no], "no head").verdict).toBe("did not hold");
  });

  it("is plain JSON", () => {
    const result = judgeClaims([conjecture([prediction(of(1))]), conjecture([], "why")]);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });
});
