import { expect, test } from "vitest";
import { contrast } from "../../../test/contrast.ts";
import { COLOUR_STYLE } from "./colour.ts";
import { LINE_LOOKS, LINE_STYLE, lineKeys, lookAmong, lookOf } from "./line-looks.ts";

/** What a name such as `var(--right)` stands for. */
function shades(colour: string): readonly [light: string, dark: string] {
  const name = /var\((--\w+)\)/.exec(colour)?.[1];
  const found = new RegExp(`${name}:light-dark\\((#\\w{6}),(#\\w{6})\\)`).exec(
    `${COLOUR_STYLE}${LINE_STYLE}`,
  );
  if (found === null) throw new Error(`no colour ${colour}`);
  return [found[1] as string, found[2] as string];
}

test("every line stands out from the paper, light and dark", () => {
  const paper = shades("var(--paper)");
  for (const { colour } of LINE_LOOKS) {
    const [light, dark] = shades(colour);
    expect(contrast(light, paper[0]), colour).toBeGreaterThan(4.5);
    expect(contrast(dark, paper[1]), colour).toBeGreaterThan(4.5);
  }
});

test("no two lines are alike", () => {
  const all = LINE_LOOKS.map(({ colour }) => shades(colour).join());
  expect(new Set(all).size).toBe(LINE_LOOKS.length);
});

test("as many have looks and keys of their own, and of more none has", () => {
  const names = LINE_LOOKS.map((_, i) => `model ${i}`);
  expect(lineKeys(names, "a model").map(({ text }) => />(model \d)/.exec(text)?.[1])).toEqual(
    names,
  );
  expect(lookAmong(7, names.length)).toEqual(lookOf(7));
  const more = [...names, "one more"];
  expect(lineKeys(more, "a model")).toHaveLength(1);
  expect(new Set(more.map((_, i) => lookAmong(i, more.length).colour)).size).toBe(1);
});
