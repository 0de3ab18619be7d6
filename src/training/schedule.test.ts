import { describe, expect, it } from "vitest";
import { keptSteps, rateFactor } from "./schedule.ts";

describe("rateFactor", () => {
  it("rises, stays, and falls to nothing", () => {
    const at = (step: number) => rateFactor({ warmup: 4, decay: 0.5 }, step, 20);
    expect([0, 1, 3, 4, 10].map(at)).toEqual([0.25, 0.5, 1, 1, 1]);
    expect([11, 15, 19].map(at)).toEqual([0.9, 0.5, 0.1]);
  });

  it("is constant without warm-up and decay", () => {
    for (const step of [0, 5, 9]) expect(rateFactor({ warmup: 0, decay: 0 }, step, 10)).toBe(1);
  });
});

describe("keptSteps", () => {
  it("begins with the start and ends with the end, close together early", () => {
    const steps = keptSteps({ first: 10, count: 8 }, 1280);
    expect(steps).toEqual([0, 10, 20, 40, 80, 160, 320, 640, 1280]);
  });

  it("has none twice, and none beyond the end", () => {
    expect(keptSteps({ first: 10, count: 5 }, 4)).toEqual([0, 4]);
    const many = keptSteps({ first: 1, count: 30 }, 12);
    expect(new Set(many).size).toBe(many.length);
    expect(Math.max(...many)).toBe(12);
  });
});
