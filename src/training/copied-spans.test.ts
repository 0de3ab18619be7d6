import { describe, expect, it } from "vitest";
import { type CopiedSpans, withCopies } from "./copied-spans.ts";

const COPIES: CopiedSpans = { share: 1, shortest: 4, longest: 10, from: 3, rivals: 0 };
const [BATCH, LENGTH] = [40, 50];

/** All tokens of the batch different, BOS first in each context. */
const TOKENS = {
  batch: BATCH,
  length: LENGTH,
  ids: Int32Array.from({ length: BATCH * LENGTH }, (_, i) => (i % LENGTH === 0 ? 0 : i)),
};

/** Of one context: runs of tokens that stand earlier in it, as [from, to, length]. */
function copiesIn(row: Int32Array): [from: number, to: number, tokens: number][] {
  const found: [number, number, number][] = [];
  for (let to = 1; to < row.length; to++) {
    const from = row.indexOf(row[to] as number);
    const last = found.at(-1);
    if (from >= to) continue;
    if (last !== undefined && last[0] + last[2] === from && last[1] + last[2] === to) last[2]++;
    else found.push([from, to, 1]);
  }
  return found;
}

const rowsOf = (ids: Int32Array) =>
  Array.from({ length: BATCH }, (_, row) => ids.subarray(row * LENGTH, (row + 1) * LENGTH));

describe("withCopies", () => {
  it("copies spans one after the other, and leaves the rest", () => {
    const { ids } = withCopies(TOKENS, COPIES, 1, 3);
    const all = rowsOf(ids).map(copiesIn);
    for (const found of all) {
      for (const [i, [from, to, tokens]] of found.entries()) {
        const [, before, longBefore] = found[i - 1] ?? [0, 0, 1]; // BOS stands at position 0 alone
        expect(from).toBeGreaterThanOrEqual(before + longBefore);
        expect(to).toBeGreaterThanOrEqual(from + tokens);
      }
    }
    const lengths = all.flat().map(([, , tokens]) => tokens);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([4, 10]);
    expect(Math.min(...all.map((found) => found.length))).toBe(1);
    expect(Math.max(...all.map((found) => found.length))).toBeGreaterThan(2);
    expect(Math.min(...all.flat().map(([from]) => from))).toBe(1);
  });

  it("lets variations of a span, which go on differently, stand in front of its copy", () => {
    const copies = { ...COPIES, shortest: 6, longest: 16, rivals: 1 };
    const { ids } = withCopies(TOKENS, copies, 1, 3);
    const rivalFirst: boolean[] = [];
    let decided = 0;
    for (const [row, context] of rowsOf(ids).entries()) {
      const places = new Map<number, number[]>();
      for (const [at, token] of context.entries()) {
        places.set(token, [...(places.get(token) ?? []), at]);
      }
      const shared = [...places.values()].filter((at) => at.length > 1);
      const thrice = shared.filter((at) => at.length === 3) as [number, number, number][];
      expect(thrice.length).toBeGreaterThan(0);
      expect(thrice.length).toBeLessThan(shared.length); // the rival lacks some
      for (const [first, second, copy] of thrice) {
        // where a token was never moved it is where the batch has it: this is the original
        const isHere = context[first] === TOKENS.ids[row * LENGTH + first];
        rivalFirst.push(!isHere);
        const [original, rival] = isHere ? [first, second] : [second, first];
        expect(context[original]).toBe(context[copy]);
        const phraseGoesOn = thrice.some(([place]) => place === first + 1);
        const spanGoesOn = context[original + 1] === context[copy + 1];
        if (phraseGoesOn || !spanGoesOn) continue;
        expect(context[rival + 1]).not.toBe(context[original + 1]);
        decided++;
      }
    }
    expect(decided).toBeGreaterThan(BATCH);
    expect(rivalFirst).toContain(true);
    expect(rivalFirst).toContain(false);
  });

  it("copies in so many contexts, from the step on that it is told", () => {
    const changed = (copies: CopiedSpans, step: number) =>
      rowsOf(withCopies(TOKENS, copies, 1, step).ids).filter((row) => copiesIn(row).length > 0)
        .length;
    expect(changed(COPIES, 2)).toBe(0);
    expect(changed({ ...COPIES, share: 0 }, 3)).toBe(0);
    const some = changed({ ...COPIES, share: 0.5 }, 3);
    expect(some).toBeGreaterThan(BATCH / 5);
    expect(some).toBeLessThan((4 * BATCH) / 5);
  });

  it("hangs on seed and step alone, and changes no batch in place", () => {
    const before = [...TOKENS.ids];
    expect(withCopies(TOKENS, COPIES, 1, 7)).toEqual(withCopies(TOKENS, COPIES, 1, 7));
    expect(withCopies(TOKENS, COPIES, 1, 7)).not.toEqual(withCopies(TOKENS, COPIES, 1, 8));
    expect(withCopies(TOKENS, COPIES, 1, 7)).not.toEqual(withCopies(TOKENS, COPIES, 2, 7));
    expect([...TOKENS.ids]).toEqual(before);
  });
});
