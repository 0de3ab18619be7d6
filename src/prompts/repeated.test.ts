import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokenRow } from "../model/tokens.ts";
import { promptsJson } from "./prompt.ts";
import { askedBothWays, type RepeatedSpec, repeatedPair, repeatedPrompts } from "./repeated.ts";

const POST = { d_vocab: 48262, bos: 1 };

/** Where each copy begins, and which sequence it is, from the spec alone. */
function copiesOf(spec: RepeatedSpec): { start: number; name: "first" | "second" }[] {
  const { length, order = "first-second", copies = 3, filler = [], bos } = spec;
  const alternating: ("first" | "second")[] =
    order === "first-second" ? ["first", "second"] : ["second", "first"];
  let start = bos === null ? 0 : 1;
  return Array.from({ length: copies }, (_, copy) => {
    start += filler[copy] ?? 0;
    const name = copy === copies - 1 ? "first" : (alternating[copy % 2] ?? "first");
    const placed = { start, name };
    start += length;
    return placed;
  });
}

const anySpec: fc.Arbitrary<RepeatedSpec> = fc
  .record({
    length: fc.integer({ min: 2, max: 7 }),
    batch: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer({ min: 0, max: 0xffffffff }),
    d_vocab: fc.integer({ min: 40, max: 5000 }),
    bos: fc.constantFrom(null, 0, 7),
    order: fc.constantFrom("first-second" as const, "second-first" as const),
    copies: fc.integer({ min: 3, max: 9 }),
    distinct: fc.constant(false),
    gaps: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 9, maxLength: 9 }),
  })
  .map(({ gaps, ...spec }) => ({ ...spec, filler: gaps.slice(0, spec.copies) }));

describe("repeatedPrompts", () => {
  it("draws the prompts of the post", () => {
    // Seed 120 at length 3 and 130 at length 4, from the published notebooks' generator.
    const table = repeatedPrompts({ ...POST, length: 3, batch: 4000, seed: 120 });
    const [a, x, b] = [5657, 12046, 29240];
    const [c, d] = [21885, 25343];
    expect(tokenRow(table.tokens, 0)).toEqual([1, a, x, b, c, x, d, a, x, b]);
    expect(table.labels).toEqual("BOS A X B C X D A X B".split(" "));
    expect(table.read).toBe(8);
    expect(table.answers[0]).toEqual([b, d]);
    expect(table.answers).toHaveLength(4000);

    const four = repeatedPrompts({ ...POST, length: 4, batch: 1000, seed: 130 });
    const first = [3121, 24847, 8911, 215];
    const second = [24022, 24847, 8911, 10192];
    expect(tokenRow(four.tokens, 0)).toEqual([1, ...first, ...second, ...first]);
  });

  it("has no X at length 2 and numbers several", () => {
    const labels = (length: number) =>
      repeatedPrompts({ ...POST, length, batch: 1, seed: 0 }).labels.join(" ");
    expect(labels(2)).toBe("BOS A B C D A B");
    expect(labels(5)).toBe("BOS A X1 X2 X3 B C X1 X2 X3 D A X1 X2 X3 B");
  });

  it("reverses the order, lengthens the context and fills gaps with random tokens", () => {
    const spec = { ...POST, length: 3, batch: 2, seed: 110 };
    expect(repeatedPrompts({ ...spec, order: "second-first" }).labels.join(" ")).toBe(
      "BOS C X D A X B A X B",
    );
    expect(repeatedPrompts({ ...spec, copies: 9 }).labels.join(" ")).toBe(
      "BOS A X B C X D A X B C X D A X B C X D A X B C X D A X B",
    );
    expect(repeatedPrompts({ ...spec, filler: [2, 0, 1] }).labels.join(" ")).toBe(
      "BOS R R A X B C X D R A X B",
    );
  });

  it("keeps copies, answers and read position in step for every spec", () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const { tokens, labels, read, answers } = repeatedPrompts(spec);
        const { length, filler = [], copies = 3, bos } = spec;
        const extra = filler.reduce((sum, count) => sum + count, bos === null ? 0 : 1);
        expect(tokens.length).toBe(copies * length + extra);
        expect(labels).toHaveLength(tokens.length);
        expect(read).toBe(tokens.length - 2);
        for (let row = 0; row < spec.batch; row++) {
          const ids = tokenRow(tokens, row);
          const placed = copiesOf(spec);
          const last = placed.at(-1)?.start ?? 0;
          const [right, wrong] = answers[row] ?? [];
          for (const { start, name } of placed) {
            const copy = ids.slice(start, start + length);
            expect(copy.slice(1, -1)).toEqual(ids.slice(last + 1, last + length - 1));
            expect(copy.at(-1)).toBe(name === "first" ? right : wrong);
            if (name === "first") expect(copy[0]).toBe(ids[last]);
          }
          if (bos !== null) expect(ids[0]).toBe(bos);
          expect(Math.max(...ids)).toBeLessThan(spec.d_vocab);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("draws distinct tokens when asked: as many different ones as labels, none of them BOS", () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const d_vocab = 60; // small, so that collisions would be common
        const { tokens, labels } = repeatedPrompts({ ...spec, d_vocab, distinct: true });
        const random = labels.filter((label) => label === "R").length;
        const named = new Set(labels.filter((label) => label !== "R")).size;
        for (let row = 0; row < tokens.batch; row++) {
          expect(new Set(tokenRow(tokens, row)).size).toBe(named + random);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is collided and special by default, as in the post", () => {
    const { tokens } = repeatedPrompts({ length: 6, batch: 50, seed: 1, d_vocab: 8, bos: 0 });
    const rows = Array.from({ length: 50 }, (_, row) => tokenRow(tokens, row));
    expect(rows.some((row) => row.slice(1).includes(0))).toBe(true);
    expect(rows.some((row) => new Set(row.slice(1, 7)).size < 6)).toBe(true);
  });

  it("draws the same sequences whatever stands between them", () => {
    const spec = { ...POST, length: 4, batch: 3, seed: 9 };
    const { answers } = repeatedPrompts(spec);
    expect(repeatedPrompts({ ...spec, filler: [5, 0, 2], copies: 3 }).answers).toEqual(answers);
    expect(repeatedPrompts({ ...spec, order: "second-first", copies: 5 }).answers).toEqual(answers);
  });

  it("says which field cannot be, and what can", () => {
    const spec: RepeatedSpec = { ...POST, length: 3, batch: 2, seed: 0 };
    const failing = (change: Record<string, unknown>) => () =>
      repeatedPrompts({ ...spec, ...change });
    expect(failing({ length: 1 })).toThrow(
      "length must be an integer from 2 to 65536 (A and B are the shortest sequence), got 1",
    );
    expect(() => repeatedPair({ ...spec, length: 1 })).toThrow("length must be");
    expect(() => repeatedPair(spec, "key" as "keys")).toThrow(
      'side: "key" is not one of query, keys; did you mean "keys"?',
    );
    expect(failing({ length: 2.5 })).toThrow("length must be");
    expect(failing({ batch: 0 })).toThrow("batch must be an integer from 1 to 2147483647, got 0");
    expect(failing({ batch: 2 ** 30 })).toThrow("batch must be smaller");
    expect(failing({ length: 60_000 })).toThrow("at most 65536 tokens; this spec asks for 180001");
    expect(failing({ seed: -1 })).toThrow("seed must be");
    expect(failing({ d_vocab: 1 })).toThrow("d_vocab must be");
    expect(failing({ bos: 48262 })).toThrow("bos must be an integer from 0 to 48261");
    expect(failing({ copies: 2 })).toThrow("copies must be");
    expect(failing({ order: "third" })).toThrow(
      'order must be "first-second" or "second-first", got "third"',
    );
    expect(failing({ filler: [1, 2] })).toThrow("filler must be 3 numbers");
    expect(failing({ filler: [1, -2, 0] })).toThrow("filler must be an integer from 0");
    expect(failing({ distinct: "yes" })).toThrow("distinct must be true or false");
    expect(failing({ d_vocab: 6, distinct: true })).toThrow(
      "d_vocab must be at least 7 for distinct tokens in these prompts, got 6",
    );
    expect(failing({ batch: 0 })).toThrowError(
      expect.objectContaining({ code: "bad-spec", details: { field: "batch", value: 0 } }),
    );
  });
});

describe("repeatedPair", () => {
  it("replaces the A that opens the last copy by C, and nothing else", () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const { clean, corrupted, changed } = repeatedPair(spec);
        expect(clean).toEqual(repeatedPrompts(spec));
        expect(corrupted.answers).toEqual(clean.answers);
        expect(corrupted.read).toBe(clean.read);
        expect(clean.labels[changed]).toBe("A");
        expect(corrupted.labels).toEqual(clean.labels.with(changed, "C"));
        const position = clean.labels.indexOf("C");
        for (let row = 0; row < spec.batch; row++) {
          const before = tokenRow(clean.tokens, row);
          const c = before[position] ?? -1;
          expect(tokenRow(corrupted.tokens, row)).toEqual(before.with(changed, c));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("changes position 2 * length + 1 of the post's prompts", () => {
    const spec = { ...POST, batch: 1, seed: 110 };
    expect([2, 3, 6].map((length) => repeatedPair({ ...spec, length }).changed)).toEqual([
      5, 7, 13,
    ]);
  });
});

describe("repeatedPair, keys", () => {
  it("lets A and C trade places before the last copy, and leaves the last copy", () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const { clean, corrupted, changed } = repeatedPair(spec, "keys");
        const last = clean.labels.length - spec.length;
        const traded = clean.labels.map((label, p) =>
          p >= last ? label : ({ A: "C", C: "A" }[label] ?? label),
        );
        expect(corrupted.labels).toEqual(traded);
        expect(changed).toBe(clean.labels.findIndex((label) => label === "A" || label === "C"));
        const place = (name: string) => clean.labels.indexOf(name);
        for (let row = 0; row < spec.batch; row++) {
          const before = tokenRow(clean.tokens, row);
          const of = { A: before[place("A")] ?? -1, C: before[place("C")] ?? -1 };
          const expected = before.map((id, p) =>
            traded[p] === "A" || traded[p] === "C" ? of[traded[p]] : id,
          );
          expect(tokenRow(corrupted.tokens, row)).toEqual(expected);
        }
        expect(corrupted.answers).toEqual(clean.answers);
      }),
      { numRuns: 40 },
    );
  });
});

describe("askedBothWays", () => {
  it("asks about the first sequence and, in the same prompts, about the second", () => {
    const spec = { length: 4, batch: 5, seed: 1, ...POST };
    const { first, second } = askedBothWays(spec);
    expect(first).toEqual(repeatedPrompts(spec));
    expect(second.labels.join(" ")).toBe("BOS A X1 X2 B C X1 X2 D C X1 X2 B");
    expect(second.answers).toEqual(first.answers.map(([b, d]) => [d, b]));
  });
});

describe("promptsJson", () => {
  it("is what `lookback prompts --json` prints", () => {
    const prompts = repeatedPrompts({ length: 2, batch: 1, seed: 0, d_vocab: 257, bos: 0 });
    expect(JSON.parse(JSON.stringify(promptsJson(prompts)))).toEqual({
      tokens: [[0, 149, 179, 47, 62, 149, 179]],
      labels: ["BOS", "A", "B", "C", "D", "A", "B"],
      read: 5,
      answers: [[179, 62]],
    });
  });
});
