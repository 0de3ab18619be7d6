import { expect, test } from "vitest";
import { numberAtEnd } from "./checkpoint-number.ts";

test("a checkpoint's number stands at the end of its name", () => {
  expect(numberAtEnd("step-00000200")).toBe(200);
  expect(numberAtEnd("attn_only_2L_000123.pth")).toBe(123);
  expect(numberAtEnd("40")).toBe(40);
});

test("a number elsewhere in a name is no checkpoint's", () => {
  for (const name of ["final", "standard-2l", "v2-at-5k"]) {
    expect(numberAtEnd(name)).toBeUndefined();
  }
});
