import { mkdtemp, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSpool, SpoolWriter } from "./document-spool.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookback-spool-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("a spool", () => {
  it("gives back documents of any length, in order, as often as asked", () => {
    const path = join(folder, "documents");
    // Around the size of the buffer (4 MiB), and far beyond.
    const lengths = [0, 1, 5, 3_000_000, 1_500_000, 7, 4_194_292, 2, 9_000_000, 3];
    const documents = lengths.map((length, i) => ({
      text: "é".repeat(length % 2) + String.fromCharCode(97 + i).repeat(length),
      place: i / 7,
    }));
    const writer = new SpoolWriter(path);
    const sizes = documents.map((document) => writer.add(document));
    writer.close();
    expect(sizes).toEqual(documents.map(({ text }) => Buffer.byteLength(text)));
    for (let time = 0; time < 2; time++) {
      let i = 0;
      for (const { text, place } of readSpool(path)) {
        const expected = documents[i++];
        expect(place).toBe(expected?.place);
        expect(text === expected?.text).toBe(true);
      }
      expect(i).toBe(documents.length);
    }
  });

  it("does not give half a document for a whole one", async () => {
    const path = join(folder, "documents");
    const writer = new SpoolWriter(path);
    writer.add({ text: "whole", place: 0.5 });
    writer.add({ text: "cut off", place: 0.5 });
    writer.close();
    await truncate(path, (await stat(path)).size - 1);
    expect(() => [...readSpool(path)]).toThrow(/ends within/);
  });
});
