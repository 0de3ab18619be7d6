import { describe, expect, test } from "vitest";
import { SAMPLE_TIMES, sampleLook, sampleRecord } from "../../test/sample-development.ts";
import { development, eventKey } from "./across-runs.ts";
import { runDevelopment } from "./development.ts";

describe("one run", () => {
  const run = runDevelopment(sampleRecord());

  test("tells which heads came to a role and kept it, and when", () => {
    expect(run.heads.map(({ role, label, rank }) => [role, label, rank])).toEqual([
      ["previous-token", "L0H0", 1],
      ["look-back", "L0H1", 1],
      ["broad-look-back", "L0H2", 1],
      ["induction", "L1H1", 1],
      ["induction", "L1H2", 2],
    ]);
    for (const { tokens, after, by } of run.heads) {
      expect(tokens).toBeGreaterThan(after ?? Number.POSITIVE_INFINITY);
      expect(tokens).toBeLessThanOrEqual(by);
    }
    // 0.05 + 0.9 x passes 0.4 where x, which is one half at 9 M, is 0.39.
    expect(run.heads[0]?.tokens).toBeGreaterThan(8e6);
    expect(run.heads[0]?.tokens).toBeLessThan(9e6);
  });

  test("keeps in its history what a head was for a while", () => {
    const history = run.histories.find(({ label }) => label === "L0H1");
    const roles = new Set(history?.roles.flat());
    expect([...roles]).toEqual(["broad-look-back", "look-back"]);
    expect(history?.roles).toHaveLength(run.looks.length);
    expect(run.histories.map(({ label }) => label)).not.toContain("L0H3");
  });

  test("tells when lengths came clear of zero, and which never did", () => {
    const times = run.lengths.map(({ appeared }) => appeared?.tokens ?? null);
    expect(times.slice(0, 4)).toEqual(times.slice(0, 4).toSorted((a, b) => Number(a) - Number(b)));
    expect(times[0]).not.toBeNull();
    expect(times[4]).toBeNull();
  });

  test("puts everything in the order of its happening", () => {
    const times = run.order.map(({ tokens }) => tokens);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(run.order.map(eventKey)).toContain("phase change, second copy");
    expect(run.phaseChange.secondCopy?.fall.mean).toBeLessThan(0);
    expect(run.order).toHaveLength(5 + 4 + (run.phaseChange.inContext === null ? 1 : 2));
  });

  test("takes a fall that both copies share for no phase change", () => {
    const record = sampleRecord();
    const looks = record.looks.map((look) => {
      const { second } = look.repeated;
      return { ...look, repeated: { ...look.repeated, first: second } };
    });
    expect(runDevelopment({ ...record, looks }).phaseChange.secondCopy).toBeNull();
  });

  test("needs looks in rising order, and one at least", () => {
    const record = sampleRecord();
    const { looks } = record;
    expect(() => runDevelopment({ ...record, looks: [] })).toThrow(/has no look/);
    expect(() => runDevelopment({ ...record, looks: looks.toReversed() })).toThrow(
      /not in rising order/,
    );
  });

  test("does without text", () => {
    const record = sampleRecord();
    const looks = record.looks.map((look) => ({ ...look, heldOut: null }));
    expect(runDevelopment({ ...record, looks }).phaseChange.inContext).toBeNull();
  });
});

describe("several runs", () => {
  const later = { ...SAMPLE_TIMES, previousToken: 18e6, induction: 26e6 };
  const { across } = development([sampleRecord("a"), sampleRecord("b", later, 2)]);
  const of = (key: string) => across?.events.find((event) => event.key === key);

  test("match heads by role and rank, not by place", () => {
    const swapped = sampleRecord("b", later, 2);
    const renamed = swapped.looks.map((look) => ({
      ...look,
      heads: look.heads.map((head, i, all) => {
        const { label, layer, head: place } = all[i ^ 1] ?? head;
        return { ...head, label, layer, head: place };
      }),
    }));
    const { across: other } = development([sampleRecord("a"), { ...swapped, looks: renamed }]);
    const event = other?.events.find(({ key }) => key === "previous-token 1");
    expect(event?.labels).toEqual(["L0H0", "L0H1"]);
    expect(event?.tokens).toEqual(of("previous-token 1")?.tokens);
  });

  test("tell the spread of each event, and how often one comes before the next", () => {
    const event = of("previous-token 1");
    expect(event).toMatchObject({ count: 2, labels: ["L0H0", "L0H0"] });
    expect(event?.log2Tokens?.n).toBe(2);
    expect(event?.latest).toBeGreaterThan(1.8 * (event?.earliest ?? 0));
    const pairs = across?.order.map(({ before, after, holds, of: both }) => {
      return `${before} < ${after}: ${holds} of ${both}`;
    });
    // At 9 and 18 M tokens, at 15 in both, at 13 and 26, and at 28 and 60 in both.
    for (const pair of [
      "previous-token 1 < length 3: 1 of 2",
      "length 3 < induction 1: 1 of 2",
      "length 4 < length 5: 2 of 2",
    ]) {
      expect(pairs).toContain(pair);
    }
  });

  test("give no time and no order to what the first look has already", () => {
    const late = ["a", "b"].map((name) => {
      const record = sampleRecord(name);
      return { ...record, looks: record.looks.slice(-1) };
    });
    const { across: found, runs } = development(late);
    expect(runs[0]?.order.length).toBeGreaterThan(2);
    expect(runs[0]?.order.every(({ isEarlier }) => isEarlier)).toBe(true);
    expect(found?.events.map(({ earlier, log2Tokens }) => [earlier, log2Tokens])).toEqual(
      found?.events.map(() => [2, null]),
    );
    expect(found?.order.every(({ holds, of: both }) => holds === 0 && both === 2)).toBe(true);
  });

  test("count an event that one of them lacks, and leave a single run alone", () => {
    const without = { ...SAMPLE_TIMES, induction: 1e12 };
    const { across: other } = development([sampleRecord("a"), sampleRecord("b", without, 2)]);
    const event = other?.events.find(({ key }) => key === "induction 1");
    expect(event).toMatchObject({ count: 1, labels: ["L1H1", null] });
    expect(event?.tokens[1]).toBeNull();
    expect(development([sampleRecord()]).across).toBeNull();
  });

  test("must count the same", () => {
    const other = { ...sampleRecord("b"), counts: "checkpoint numbers" as const };
    expect(() => development([sampleRecord("a"), other])).toThrow(/cannot be compared/);
  });
});

test("the same looks give the same result", () => {
  const record = sampleRecord();
  expect(development([record])).toEqual(development([record]));
  expect(sampleLook(1e6)).toEqual(sampleLook(1e6));
});
