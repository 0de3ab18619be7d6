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
  it("copies one span of each context over a later place, and leaves the rest", () => {
    const { ids } = withCopies(TOKENS, COPIES, 1, 3);
    const lengths = new Set<number>();
    for (const row of rowsOf(ids)) {
      const found = copiesIn(row);
      expect(found).toHaveLength(1);
      const [from, to, tokens] = found[0] as [number, number, number];
      expect(to).toBeGreaterThanOrEqual(from + tokens);
      expect(from).toBeGreaterThanOrEqual(1); // BOS stands at position 0 alone
      lengths.add(tokens);
    }
    expect(Math.min(...lengths)).toBe(4);
    expect(Math.max(...lengths)).toBe(10);
  });

  it("lets phrases of the span stand elsewhere, in front of the copy", () => {
    const { ids } = withCopies(TOKENS, { ...COPIES, rivals: 1 }, 1, 3);
    const withRivals = rowsOf(ids).filter((row) => {
      const counts = new Map<number, number>();
      for (const token of row) counts.set(token, 1 + (counts.get(token) ?? 0));
      return [...counts.values()].some((count) => count > 2);
    });
    expect(withRivals.length).toBeGreaterThan(BATCH / 2);
    for (const row of rowsOf(ids)) expect(row[0]).toBe(0);
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
