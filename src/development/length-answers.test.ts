import { expect, test } from "vitest";
import { sampleEstimate, sampleRecord } from "../../test/sample-development.ts";
import { runDevelopment } from "./development.ts";
import { isAskedBothWays, lengthAnswers } from "./length-answers.ts";
import type { PlacedLook } from "./training-record.ts";

const { looks } = sampleRecord();

/** Looks that did not ask both ways where `lacks` says so. */
const without = (lacks: (index: number) => boolean): PlacedLook[] =>
  looks.map((look, i) =>
    lacks(i) ? { ...look, lengths: look.lengths.map((row) => ({ ...row, bothWays: null })) } : look,
  );

const means = (of: readonly PlacedLook[]) =>
  lengthAnswers(of, 3).map(({ estimate }) => estimate.mean);
const ofRows = (of: readonly PlacedLook[], quantity: "logitDiff" | "bothWays") =>
  of.map(({ lengths }) => lengths.find(({ length }) => length === 3)?.[quantity]?.mean);

test("are those asked both ways, and looks in between that did not ask so are left out", () => {
  expect(means(looks)).toEqual(ofRows(looks, "bothWays"));
  const mixed = without((i) => i % 2 === 1 && i < looks.length - 1);
  const kept = mixed.filter((look) => isAskedBothWays([look]));
  expect(kept.length).toBeLessThan(mixed.length);
  expect(means(mixed)).toEqual(ofRows(kept, "bothWays"));
  expect(isAskedBothWays(mixed)).toBe(true);
});

test("are those of the post's order where the first look or the last has no others", () => {
  const last = looks.length - 1;
  for (const lacks of [() => true, (i: number) => i === 0, (i: number) => i === last]) {
    const some = without(lacks);
    expect(means(some)).toEqual(ofRows(looks, "logitDiff"));
    expect(isAskedBothWays(some)).toBe(false);
  }
  expect(lengthAnswers(looks, 99)).toEqual([]);
});

test("are what a length appears by", () => {
  const record = sampleRecord();
  const hidden = record.looks.map((look) => ({
    ...look,
    lengths: look.lengths.map((row) => ({ ...row, bothWays: sampleEstimate(-1, 0.1) })),
  }));
  const { lengths } = runDevelopment({ ...record, looks: hidden });
  expect(lengths.map(({ appeared }) => appeared)).toEqual(lengths.map(() => null));
});
