import { expect, test } from "vitest";
import { sampleRecord } from "../../../test/sample-development.ts";
import { thinned } from "./looks.ts";
import { tokenAxis } from "./token-axis.ts";
import { copiesText, eventText, placeText, tokensText, whenText } from "./words.ts";

test.each([
  [0, "0"],
  [61_440, "61.4 k"],
  [999_600, "1 M"],
  [12_345_678, "12.3 M"],
  [2.5e9, "2.5 B"],
])("%d tokens are %s", (tokens, text) => {
  expect(tokensText(tokens)).toBe(text);
});

test("places say what is counted", () => {
  expect(placeText(0, { counts: "tokens" })).toBe("the start");
  expect(placeText(2e6, { counts: "tokens" })).toBe("2 M tokens");
  expect(placeText(0, { counts: "checkpoint numbers" })).toBe("checkpoint 0");
});

test("what a first look has already came by then", () => {
  const counts = { counts: "tokens" } as const;
  expect(whenText({ tokens: 2e6, isEarlier: false }, counts)).toBe("2 M tokens");
  expect(whenText({ tokens: 2e6, isEarlier: true }, counts)).toBe("2 M tokens or earlier");
  expect(whenText({ tokens: 0, isEarlier: true }, counts)).toBe("the start");
});

test("events are told with their heads or without", () => {
  const place = { tokens: 1, isEarlier: false };
  const event = { kind: "head", ...place, role: "induction", rank: 2, label: "L1H3" } as const;
  expect(eventText(event)).toBe("second induction head, L1H3");
  expect(eventText(event, false)).toBe("second induction head");
});

test("what is copied is told, and what in an extension", () => {
  const { about } = sampleRecord();
  if (about.recipe === null) throw new Error("the sample has a recipe");
  const of = (parts: Partial<typeof about.recipe>) =>
    copiesText({
      about: { ...about, recipe: { ...about.recipe, ...parts } as typeof about.recipe },
    });
  const spans = { share: 0.8, shortest: 2, longest: 48 };
  const copies = { ...spans, from: 1800 };
  const first = "copied spans of 2 to 48 tokens in 80% of contexts from step 1,800 on";
  expect(of({})).toBe("natural text");
  expect(of({ copies: { ...copies, from: 0 } })).toBe(first.replace(" from step 1,800 on", ""));
  expect(of({ copies, extension: { from: 5000, copies: { ...spans, longest: 64 } } })).toBe(
    `${first}, copied spans of 2 to 64 tokens in 80% of contexts from step 5,000 on`,
  );
  expect(of({ copies, extension: { from: 5000, copies: null } })).toBe(
    `${first}, natural text from step 5,000 on`,
  );
  expect(of({ copies: null, extension: { from: 5000, copies: null } })).toBe("natural text");
  expect(copiesText({ about: { ...about, recipe: null } })).toBeNull();
});

test("thinned looks are spread over the axis, with the first and the last among them", () => {
  const { looks } = sampleRecord();
  expect(thinned(looks, 30)).toEqual(looks);
  const some = thinned(looks, 6);
  expect(some.length).toBeLessThanOrEqual(6);
  expect(some[0]).toBe(looks[0]);
  expect(some.at(-1)).toBe(looks.at(-1));
});

test("the axis has round numbers, and a place for the start", () => {
  const axis = tokenAxis([sampleRecord()]);
  expect(axis.ticks.map(axis.tickText)).toEqual(["0", "1 M", "3 M", "10 M", "30 M"]);
  expect(axis.place(0)).toBeLessThan(axis.place(4e5));
  expect(axis.place(0)).toBeGreaterThan(axis.domain[0]);
  const without = { ...sampleRecord(), looks: sampleRecord().looks.slice(1) };
  expect(tokenAxis([without]).ticks.map(axis.tickText)).not.toContain("0");
  // What came before has no place: at the start it would be drawn where nothing has been learned.
  const [first = 0] = without.looks.map(({ tokens }) => tokens);
  expect(tokenAxis([without]).least).toBe(first);
  expect(axis.least).toBeLessThan(first);
  expect(axis.place(axis.least)).toBe(axis.place(0));
});
