/** @file What the workbench says beside its numbers. */

import { describe, expect, it } from "vitest";
import type { Estimate } from "../../src/measures/statistics.ts";
import { answerFacts, fullProbability } from "../../workbench/src/views/answer-figure.ts";
import { lagWords, tellingMeanLag } from "../../workbench/src/views/lag-words.ts";
import {
  hasGap,
  noGapWords,
  plusMinus,
  startWords,
} from "../../workbench/src/views/patch-words.ts";

function estimateOf(mean: number, margin: number, n = 64): Estimate {
  return { mean, se: margin / 2, ci95: [mean - margin, mean + margin], n };
}

describe("patches", () => {
  it("are shares of a difference that is there", () => {
    expect(plusMinus(estimateOf(-3.8, 0.3))).toBe("−3.80 ± 0.30");
    expect(plusMinus(estimateOf(3.25, 0, 1))).toBe("3.25");
    expect(hasGap({ gap: estimateOf(7, 0.5) })).toBe(true);
    expect(hasGap({ gap: estimateOf(-7, 0.5) })).toBe(true);
    expect(hasGap({ gap: estimateOf(0.01, 0, 1) })).toBe(true); // of one prompt nothing speaks against it
    const gap = estimateOf(0.02, 0.11);
    expect(hasGap({ gap })).toBe(false);
    expect(noGapWords({ gap })).toContain("clean − corrupted is 0.020 (−0.090 to 0.130)");
  });

  it("count from where the run is", () => {
    expect(startWords({ before: estimateOf(1, 0) }, 0)).toBe("");
    expect(startWords({ before: estimateOf(0.4, 0.1) }, 2)).toContain("at .40 (.30 to .50)");
  });
});

describe("lags", () => {
  const profile = { bos: 0, beyond: 0, meanLag: 1.5, meanSquaredLag: 3, reach: 2 };

  it("have a mean where most of the attention is, which says of how much it is", () => {
    const words = lagWords({ ...profile, byLag: [0.1, 0.3, 0.4, 0, 0.12], beyond: 0.08 });
    expect(words).toBe("of the 92% on lags 0 to 4: mean lag 1.500, 90% within 2");
  });

  it("have none where most of it is elsewhere", () => {
    const words = lagWords({ ...profile, byLag: [0.01, 0.03, 0.04], beyond: 0.92 });
    expect(words).toBe("only 8% on lags 0 to 2, too little for a mean lag");
    expect(tellingMeanLag({ ...profile, byLag: [0.01, 0.03, 0.04] })).toBeNaN();
    expect(tellingMeanLag({ ...profile, byLag: [0.1, 0.5] })).toBe(1.5);
    expect(lagWords({ ...profile, byLag: [], bos: 1 })).toBe("no token to look back at");
  });
});

describe("the answer", () => {
  it("has bars that hold all that is drawn, whichever list it is in", () => {
    const [likeliest, label, before] = [0.04, 0.3, 0.6].map((mean) => estimateOf(mean, 0.01));
    expect(fullProbability([likeliest])).toBe(0.05);
    expect(fullProbability([likeliest, label])).toBe(0.5);
    expect(fullProbability([likeliest, label, before, undefined])).toBe(1);
    expect(fullProbability([])).toBe(0.01);
  });

  it("has its headline as data", () => {
    const texts = ["B", "D"] as const;
    const answers = {
      from: "prompts",
      tokens: null,
      texts,
      right: estimateOf(0, 0),
      wrong: estimateOf(0, 0),
    } as const;
    const [now, before, change] = [
      estimateOf(2, 1),
      estimateOf(3, 1),
      estimateOf(-1, 0.5),
    ] as const;
    const facts = answerFacts(
      { answers, logitDifference: now },
      { logitDifference: before },
      change,
    );
    expect(facts.map(({ label, value, low, high }) => [label, value, low, high])).toEqual([
      ["B − D", 2, 1, 3],
      ["B − D before", 3, 2, 4],
      ["B − D changed by", -1, -1.5, -0.5],
    ]);
    expect(answerFacts({ answers, logitDifference: now }, null, null)).toHaveLength(1);
  });
});
