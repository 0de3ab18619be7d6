import { describe, expect, it } from "vitest";
import { oneAhead } from "./one-ahead.ts";

/** Pieces of work that tell when they start and when they end. */
function pieces(count: number, log: string[]) {
  return Array.from({ length: count }, (_, i) => async () => {
    log.push(`start ${i}`);
    await null;
    log.push(`end ${i}`);
    return i;
  });
}

describe("oneAhead", () => {
  it("starts each piece before the one before it is taken, and gives all in order", async () => {
    const log: string[] = [];
    for await (const i of oneAhead(pieces(3, log))) log.push(`take ${i}`);
    expect(log.filter((line) => line.startsWith("take"))).toEqual(["take 0", "take 1", "take 2"]);
    expect(log.indexOf("start 1")).toBeLessThan(log.indexOf("take 0"));
    expect(log.indexOf("start 2")).toBeLessThan(log.indexOf("take 1"));
    expect(log.indexOf("start 2")).toBeGreaterThan(log.indexOf("take 0"));
  });

  it("has nothing to give of no work", async () => {
    for await (const _ of oneAhead([])) throw new Error("nothing was asked");
  });

  it("disposes what is under way when the caller stops", async () => {
    const disposed: number[] = [];
    for await (const i of oneAhead(pieces(5, []), (result) => disposed.push(result))) {
      if (i === 1) break;
    }
    await new Promise((resolve) => setTimeout(resolve));
    expect(disposed).toEqual([2]);
  });

  it("fails with the first piece that fails, though the next may fail too", async () => {
    const failing = [0, 1, 2].map((i) => async () => {
      await null;
      if (i > 0) throw new Error(`piece ${i}`);
      return i;
    });
    const taken: number[] = [];
    const all = async () => {
      for await (const i of oneAhead(failing)) taken.push(i);
    };
    await expect(all()).rejects.toThrow("piece 1");
    expect(taken).toEqual([0]);
  });
});
