import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { parseTokenizer } from "../loading/tokenizer.ts";
import { tokenRow } from "../model/tokens.ts";
import { patternPrompts } from "../prompts/pattern-prompts.ts";
import { repeatedPair } from "../prompts/repeated.ts";
import { promptTokens, sessionPrompts } from "./prompts.ts";

const model = randomModel({ d_vocab: 4096 });
const path = new URL("../../models/standard-2l/tokenizer.json", import.meta.url);
const tokenizer = parseTokenizer(JSON.parse(readFileSync(path, "utf8")));
const draw = { batch: 5, seed: 7 };

describe("sessionPrompts", () => {
  it("draws the post's pairs, with gaps and orders", () => {
    const drawn = { ...draw, length: 4, d_vocab: 4096, bos: 0 };
    const pair = repeatedPair(drawn, "keys");
    const prompt = { kind: "repeated", ...draw, length: 4, side: "keys" } as const;
    const given = sessionPrompts(model, null, 0, prompt);
    expect(given).toMatchObject({
      clean: pair.clean.tokens,
      corrupted: pair.corrupted.tokens,
      labels: pair.clean.labels,
      corruptedLabels: pair.corrupted.labels,
      changed: [1, 5],
      read: 11,
      answers: pair.clean.answers,
    });
    const far = sessionPrompts(model, null, 0, {
      ...prompt,
      ...{ order: "second-first", gap: 2, distance: 1 },
    });
    expect(far.labels.join(" ")).toBe("BOS C X1 X2 D R R A X1 X2 B R A X1 X2 B");
    expect(far.answers).toEqual(given.answers);
  });

  it("draws a pattern and another with the same names as the same tokens", () => {
    const pattern = "BOS A X*2 B C X*2 D A X*2 ? B D";
    const alone = patternPrompts({ ...draw, pattern, d_vocab: 4096, bos: 0 });
    const given = sessionPrompts(model, null, 0, {
      ...{ kind: "pattern", ...draw, pattern },
      corrupted: "BOS A X*2 B C X*2 D C X*2",
    });
    expect(given.clean).toEqual(alone.tokens);
    expect(given).toMatchObject({ changed: [9], read: 11, answers: alone.answers });
    expect(given.corruptedLabels?.[9]).toBe("C");
    for (let row = 0; row < 5; row++) {
      const tokens = tokenRow(alone.tokens, row);
      if (given.corrupted === null) throw new Error("there is one");
      expect(tokenRow(given.corrupted, row)).toEqual(tokens.with(9, tokens[5] as number));
    }
  });

  it("reads text behind BOS, one token a label", () => {
    const prompt = { kind: "text", text: "the cat sat", corrupted: "the dog sat" } as const;
    const { clean, corrupted, labels, changed, read, answers } = sessionPrompts(
      ...([model, tokenizer, 0] as const),
      prompt,
    );
    const ids = [0, ...tokenizer.encode("the cat sat")];
    expect(tokenRow(clean, 0)).toEqual(ids);
    expect(labels).toEqual(["BOS", ...ids.slice(1).map((id) => tokenizer.tokenText(id))]);
    expect([corrupted?.length, read, answers]).toEqual([ids.length, ids.length - 1, null]);
    expect(changed.length).toBeGreaterThan(0);
    expect(promptTokens(clean, labels, tokenizer, 0)[1]).toEqual({
      ...{ id: ids[1], label: labels[1], text: labels[1] },
    });
    expect(promptTokens(clean, labels, null, 0)[1]?.text).toBe(`#${ids[1]}`);
  });

  it.each([
    [{ kind: "pattern", ...draw, pattern: "BOS A A", corrupted: "BOS A" }, /2 tokens.* 3/],
    [{ kind: "pattern", ...draw, pattern: "BOS A ? A A", corrupted: "BOS A ? A A" }, /ask nothing/],
    [{ kind: "pattern", ...draw, pattern: "BOS A", corrupted: "BOS a*" }, /pattern, column 7/],
    [{ kind: "text", text: "the cat", corrupted: "the" }, /the corrupted text "the" is/],
    [{ kind: "repeated", ...draw, length: 1, side: "query" }, /length must be/],
    [{ kind: "repeated", ...draw, length: 6, side: "query" }, /19 tokens do not fit.* 16/],
  ] as const)("refuses %o", (prompt, message) => {
    expect(() => sessionPrompts(model, tokenizer, 0, prompt)).toThrow(message);
  });

  it("says that text needs a tokenizer", () => {
    const prompt = { kind: "text", text: "a", corrupted: null } as const;
    expect(() => sessionPrompts(model, null, 0, prompt)).toThrow(/without tokenizer\.json/);
  });
});
