import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ndarray } from "../engine/ndarray.ts";
import { tokenBatch } from "../model/tokens.ts";
import { type HeadKind, type HeadScoreOptions, headScores } from "./head-scores.ts";

const KINDS: HeadKind[] = ["previous-token", "duplicate-token", "induction", "look-back"];

/** Scores of one head on one prompt, whose pattern is given by the keys that each query looks at. */
function scoreOf(
  kind: HeadKind,
  ids: number[],
  looks: (query: number) => Record<number, number>,
  options?: HeadScoreOptions,
): number {
  const data = new Float32Array(ids.length ** 2);
  for (const query of ids.keys()) {
    for (const [key, attention] of Object.entries(looks(query))) {
      data[query * ids.length + Number(key)] = attention;
    }
  }
  const pattern = ndarray([1, 1, ids.length, ids.length], data);
  return headScores(pattern, tokenBatch([ids]), kind, options)[0]?.[0] ?? Number.NaN;
}

describe("headScores", () => {
  const repeated = [0, 5, 6, 7, 5, 6, 7];
  const back = (lag: number) => (query: number) => ({ [Math.max(0, query - lag)]: 1 });

  it("is 1 for a head of its kind where that kind can look, and 0 elsewhere", () => {
    // Of seven queries, six have a previous token, three a duplicate and so an induction target.
    expect(scoreOf("previous-token", repeated, back(1))).toBeCloseTo(6 / 7, 7);
    expect(scoreOf("duplicate-token", repeated, back(3))).toBeCloseTo(3 / 7, 7);
    expect(scoreOf("induction", repeated, back(2))).toBeCloseTo(3 / 7, 7);
    expect(scoreOf("look-back", repeated, back(2))).toBeCloseTo(5 / 7, 7);
    expect(scoreOf("induction", repeated, back(3))).toBe(0);
  });

  it("counts a token that repeats its neighbour as its own induction target", () => {
    expect(scoreOf("induction", [0, 5, 5], (query) => ({ [query]: 1 }))).toBeCloseTo(1 / 3, 7);
  });

  it("looks back two to five tokens", () => {
    const ids = Array.from({ length: 10 }, (_, i) => i);
    const at = (lag: number) =>
      scoreOf("look-back", ids, (query) => (query === 9 ? { [query - lag]: 1 } : {}));
    expect([0, 1, 2, 3, 4, 5, 6].map(at)).toEqual([0, 0, 1, 1, 1, 1, 0]);
  });

  it("leaves out BOS and the current token when asked", () => {
    const looks = (query: number) => ({ 0: 0.5, [query]: 0.2, [Math.max(1, query - 1)]: 0.3 });
    const ids = [0, 1, 2, 3];
    const share = (options: HeadScoreOptions) => scoreOf("previous-token", ids, looks, options);
    // Queries: 0 looks at itself .2 and 1 (a later key, never read); 1 at 0 .5, itself .3; 2, 3 at all.
    expect(share({})).toBeCloseTo((0.5 + 0.3 + 0.3) / (0.2 + 0.8 + 1 + 1), 6);
    expect(share({ excludeBos: true })).toBeCloseTo(0.6 / (0.3 + 0.5 + 0.5), 6);
    expect(share({ excludeBos: true, excludeCurrentToken: true })).toBeCloseTo(1, 6);
  });

  it("measures absolute differences as well", () => {
    const looks = (query: number) => (query === 0 ? { 0: 1 } : { [query - 1]: 0.6, [query]: 0.4 });
    // Differences: 1 for query 0, .4 + .4 for each of the others.
    const score = scoreOf("previous-token", [0, 1, 2, 3], looks, { measure: "abs" });
    expect(score).toBeCloseTo(1 - (1 + 3 * 0.8) / 4, 6);
  });

  it("scores a head without attention 0, and never divides by it", () => {
    for (const kind of KINDS) expect(scoreOf(kind, repeated, () => ({}))).toBe(0);
    const sink = scoreOf("previous-token", repeated, () => ({ 0: 1 }), { excludeBos: true });
    expect(sink).toBe(0);
  });

  it("keeps heads and prompts apart, and every score a share", () => {
    const shape = fc.record({
      batch: fc.integer({ min: 1, max: 3 }),
      heads: fc.integer({ min: 1, max: 3 }),
      length: fc.integer({ min: 2, max: 7 }),
      seed: fc.integer({ min: 0, max: 1000 }),
    });
    fc.assert(
      fc.property(shape, fc.constantFrom(...KINDS), ({ batch, heads, length, seed }, kind) => {
        const size = length * length;
        const noise = (i: number) => ((i + 1) * (seed + 7919) * 31) % 97;
        const data = Float32Array.from({ length: batch * heads * size }, (_, i) => {
          const [query, key] = [Math.floor((i % size) / length), i % length];
          return key <= query ? noise(i) : 0;
        });
        const rows = Array.from({ length: batch }, (_, row) =>
          Array.from({ length }, (_, position) => noise(row * length + position) % 3),
        );
        const all = headScores(
          ndarray([batch, heads, length, length], data),
          tokenBatch(rows),
          kind,
        );
        for (const [row, ids] of rows.entries()) {
          for (let head = 0; head < heads; head++) {
            const start = (row * heads + head) * size;
            const own = ndarray([1, 1, length, length], data.slice(start, start + size));
            const score = all[head]?.[row] ?? Number.NaN;
            expect(headScores(own, tokenBatch([ids]), kind)[0]?.[0]).toBe(score);
            expect(score).toBeGreaterThanOrEqual(0);
            expect(score).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  it("refuses a kind or a measure that there is not", () => {
    const [pattern, tokens] = [ndarray([1, 1, 2, 2], new Float32Array(4)), tokenBatch([[1, 2]])];
    expect(() => headScores(pattern, tokens, "prev" as HeadKind)).toThrow(
      'kind: "prev" is not one of previous-token, duplicate-token, induction, look-back; did you mean "previous-token"?',
    );
    const measure = "add" as "mul";
    expect(() => headScores(pattern, tokens, "induction", { measure })).toThrow(
      'measure: "add" is not one of mul, abs',
    );
  });

  it("refuses a pattern of other prompts", () => {
    const pattern = ndarray([1, 2, 3, 3], new Float32Array(18));
    expect(() => headScores(pattern, tokenBatch([[1, 2]]), "induction")).toThrow(
      "patterns of 1 prompts of 2 tokens must be [1, head, 2, 2], got [1, 2, 3, 3]",
    );
  });
});
