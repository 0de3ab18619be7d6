import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokenRow } from "../model/tokens.ts";
import { repeatedPrompts } from "../prompts/repeated.ts";
import { FILLERS, ORDERS, type SweepParameters } from "./parameters.ts";
import { drawnTokens, promptLength, type SweepPromptsSpec, sweepPrompts } from "./sweep-prompts.ts";
import { cellAt, DEFAULT_SWEEP } from "./sweep-spec.ts";

const PLAIN: SweepPromptsSpec = { ...cellAt(DEFAULT_SWEEP, 0), d_vocab: 4096, bos: 0, batch: 3 };

const anySpec: fc.Arbitrary<SweepPromptsSpec> = fc.record({
  length: fc.integer({ min: 2, max: 6 }),
  gap: fc.integer({ min: 0, max: 3 }),
  distance: fc.integer({ min: 0, max: 3 }),
  filler: fc.constantFrom(...FILLERS),
  order: fc.constantFrom(...ORDERS),
  copies: fc.integer({ min: 1, max: 4 }),
  distractors: fc.integer({ min: 0, max: 4 }),
  vocabulary: fc.constantFrom<SweepParameters["vocabulary"]>(
    null,
    { range: [3, 90] },
    { ids: Array.from({ length: 90 }, (_, i) => 2 * i) },
  ),
  offset: fc.integer({ min: 0, max: 3 }),
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  batch: fc.integer({ min: 1, max: 4 }),
  distinct: fc.boolean(),
  d_vocab: fc.constant(200),
  bos: fc.constantFrom(0, 7, 199),
});

const labelsOf = (change: Partial<SweepPromptsSpec>) =>
  sweepPrompts({ ...PLAIN, ...change }).labels.join(" ");

describe("sweepPrompts", () => {
  it("are token for token those of repeatedPrompts for one copy and one distractor", () => {
    fc.assert(
      fc.property(anySpec, (any) => {
        const spec = {
          ...any,
          copies: 1,
          distractors: 1,
          filler: "random",
          vocabulary: null,
        } as const;
        const { offset, gap, distance, length, order, seed, batch, distinct, d_vocab, bos } = spec;
        const filler = [offset, gap, distance];
        const expected = repeatedPrompts({
          length,
          order,
          seed,
          batch,
          distinct,
          d_vocab,
          bos,
          filler,
        });
        expect(sweepPrompts(spec)).toEqual(expected);
      }),
    );
    const post = { length: 3, batch: 40, seed: 120, d_vocab: 48262, bos: 1 };
    expect(sweepPrompts({ ...PLAIN, ...post })).toEqual(repeatedPrompts(post));
  });

  it("alternate copies and distractors in the order that is given", () => {
    expect(labelsOf({})).toBe("BOS A X B C X D A X B");
    expect(labelsOf({ order: "second-first" })).toBe("BOS C X D A X B A X B");
    expect(labelsOf({ length: 2, distractors: 3 })).toBe("BOS A B C1 D1 C2 D2 C3 D3 A B");
    expect(labelsOf({ length: 2, copies: 3 })).toBe("BOS A B C D A B A B A B");
    expect(labelsOf({ length: 2, copies: 2, distractors: 2, order: "second-first" })).toBe(
      "BOS C1 D1 A B C2 D2 A B A B",
    );
    expect(labelsOf({ length: 2, distractors: 0 })).toBe("BOS A B A B");
  });

  it("put filler where it belongs", () => {
    const where = { length: 2, offset: 1, gap: 2, distance: 3 };
    expect(labelsOf(where)).toBe("BOS R A B R R C D R R R A B");
    expect(labelsOf({ ...where, filler: "repeat" })).toBe("BOS R A B F F C D F F F A B");
    expect(labelsOf({ ...where, filler: "bos" })).toBe("BOS R A B BOS BOS C D BOS BOS BOS A B");
  });

  it("say one token through a gap of repeated filler, another in the next", () => {
    const spec = { ...PLAIN, filler: "repeat", gap: 3, distance: 2, copies: 2 } as const;
    const { tokens, labels } = sweepPrompts(spec);
    for (const row of [0, 1, 2]) {
      const ids = tokenRow(tokens, row).filter((_, i) => labels[i] === "F");
      const runs = [ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)];
      expect(runs.map((run) => new Set(run).size)).toEqual([1, 1, 1]);
      expect(new Set(ids).size).toBe(3);
    }
  });

  it("hold what the structure says, for any parameters", () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const { tokens, labels, read, answers } = sweepPrompts(spec);
        const { length, copies, distractors, vocabulary, bos } = spec;
        expect(tokens.length).toBe(promptLength(spec));
        expect(labels).toHaveLength(tokens.length);
        expect(read).toBe(tokens.length - 2);
        for (const [row, [right, wrong]] of answers.entries()) {
          const ids = tokenRow(tokens, row);
          expect(ids[0]).toBe(bos);
          const last = ids.slice(-length);
          expect(right).toBe(last.at(-1));
          const starts = labels.flatMap((label, i) => (/^[AC]\d*$/.test(label) ? [i] : []));
          expect(starts).toHaveLength(copies + distractors + 1);
          const sequences = starts.map((start) => ids.slice(start, start + length));
          for (const sequence of sequences) {
            expect(sequence.slice(1, -1)).toEqual(last.slice(1, -1));
          }
          const own = sequences.filter((_, i) => labels[starts[i] ?? 0] === "A");
          expect(own).toEqual(new Array(copies + 1).fill(last));
          const lastD = labels.findLastIndex((label) => label.startsWith("D"));
          if (distractors > 0) expect(wrong).toBe(ids[lastD]);
          const drawn = ids.filter((_, i) => labels[i] !== "BOS").concat(wrong);
          for (const id of drawn) {
            if (vocabulary === null) expect(id).toBeLessThan(200);
            else if ("ids" in vocabulary) expect(vocabulary.ids).toContain(id);
            else expect(id >= 3 && id < 90).toBe(true);
          }
          if (spec.distinct) {
            expect(drawn).not.toContain(bos);
            const ends = [...last, wrong];
            expect(new Set(ends).size).toBe(ends.length);
          }
        }
      }),
    );
  });

  it("need exactly as many distinct tokens as are counted", () => {
    fc.assert(
      fc.property(anySpec, (any) => {
        const spec = { ...any, distinct: true, bos: 199 };
        const size = drawnTokens(spec);
        const exact = { ...spec, vocabulary: { range: [0, size] as const } };
        expect(sweepPrompts(exact).answers).toHaveLength(spec.batch);
        const short = { ...spec, vocabulary: { range: [0, size - 1] as const } };
        expect(() => sweepPrompts(short)).toThrow(/distinct/);
      }),
    );
  });
});
