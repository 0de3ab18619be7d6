import { describe, expect, it } from "vitest";
import { nearest } from "./nearest.ts";

describe("nearest", () => {
  it.each([
    [
      "blocks.2.attn.hook_z",
      ["blocks.1.attn.hook_z", "blocks.1.attn.hook_q"],
      "blocks.1.attn.hook_z",
    ],
    ["Attn-Only-2L", ["attn-only-1l", "attn-only-2l"], "attn-only-2l"],
    ["kitten", ["sitting", "mitten"], "mitten"],
    ["zz", ["q", "z"], "z"],
  ])("of %s in %j is %s", (given, candidates, expected) => {
    expect(nearest(given, candidates)).toBe(expected);
  });

  it("is the last of equally near ones", () => {
    expect(nearest("blocks.2.hook", ["blocks.0.hook", "blocks.1.hook"])).toBe("blocks.1.hook");
  });

  it("is the first that begins so, where none is as short", () => {
    const kinds = ["duplicate-token", "previous-token", "previous-head"];
    expect(nearest("prev", kinds)).toBe("previous-token");
    expect(nearest("pr", kinds)).toBeUndefined();
  });

  it.each([
    ["hook_z", ["W_E", "unembedding of the model"]],
    ["a", []],
    ["", ["abc"]],
  ])("has nothing near %s in %j", (given, candidates) => {
    expect(nearest(given, candidates)).toBeUndefined();
  });
});
