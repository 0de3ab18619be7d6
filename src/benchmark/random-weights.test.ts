import { expect, it } from "vitest";
import { checkWeights, parameterCount } from "../model/weights.ts";
import { ATTN_ONLY_2L_SHAPE, randomWeights, SHAPES } from "./random-weights.ts";

it("has the size of attn-only-2l", () => {
  expect(parameterCount(ATTN_ONLY_2L_SHAPE)).toBe(52_097_158);
});

it("gives every weight of a shape, the same ones each time", () => {
  const config = SHAPES.get("tiny-shape");
  if (config === undefined) throw new Error("there is no tiny shape");
  const { name, weights } = randomWeights(config, "tiny-shape");
  expect(name).toBe("tiny-shape");
  expect(checkWeights(weights, config).size).toBe(weights.size);
  expect(randomWeights(config, "again").weights).toEqual(weights);
  expect(weights.get("ln_final.w")?.data[0]).toBe(1);
  expect(Math.abs(weights.get("unembed.W_U")?.data[0] ?? 0)).toBeGreaterThan(0);
});
