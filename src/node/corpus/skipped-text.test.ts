import { describe, expect, it } from "vitest";
import { missedText, skippedText } from "./skipped-text.ts";

describe("what was skipped", () => {
  it("is said with its count and what to do, but for what the corpus has all the same", () => {
    const skipped = { "bad-json": 900, duplicate: 7, "all-repeated": 2, "too-large": 3, link: 1 };
    expect(missedText(skipped)).toBe(
      'lines of JSON lines without text: 900 (each is an object with its text in the field "text"); ' +
        "too large: 3 (the recipe's corpus.mostBytes allows up to 500000000 bytes; put more into JSON lines, or into several files); " +
        "links in folders: 1 (name what they point to as a source)",
    );
    expect(missedText({ duplicate: 7, "all-repeated": 2 })).toBeUndefined();
    expect(missedText({})).toBeUndefined();
    expect(skippedText({ duplicate: 7, empty: 1 })).toBe("the same as others: 7; empty: 1");
  });
});
