/** The log of a run: what a killed run leaves of it is harmless, what is wrong with it is said. */

import {
  appendFileSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openLog, readLog } from "./run-log.ts";

let run: string;
let path: string;

beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), "lookback-log-"));
  path = join(run, "log.jsonl");
  const folder = run;
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

const step = (number: number) => ({ kind: "step", step: number }) as const;

describe("a log", () => {
  it("is empty before there is one, and holds what is added", async () => {
    expect(await readLog(run)).toEqual([]);
    const log = await openLog(run, -1);
    log.append(step(1));
    log.append(step(2));
    expect(await readLog(run)).toEqual([step(1), step(2)]);
  });

  it("loses a last line that was cut off, and what comes after the step gone on from", async () => {
    const log = await openLog(run, -1);
    for (const number of [1, 2, 3]) log.append(step(number));
    appendFileSync(path, '{"kind":"st');
    expect(await readLog(run)).toEqual([step(1), step(2), step(3)]);
    (await openLog(run, 2)).append(step(3));
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(4);
    expect(await readLog(run)).toEqual([step(1), step(2), step(3)]);
  });

  it("loses what is no JSON behind the step gone on from, as a power cut leaves it", async () => {
    const log = await openLog(run, -1);
    for (const number of [1, 2, 3]) log.append(step(number));
    appendFileSync(path, `${"\0".repeat(50)}\n${JSON.stringify(step(5))}\n\0\0`);
    const text = readFileSync(path, "utf8");
    await expect(openLog(run, 4)).rejects.toMatchObject({ code: "bad-file" }); // lines of it are lost
    expect(readFileSync(path, "utf8")).toBe(text);
    (await openLog(run, 2)).append(step(3));
    expect(await readLog(run)).toEqual([step(1), step(2), step(3)]);
  });

  it("with a line that is no JSON is refused by the line's number, and left as it is", async () => {
    const text = `${JSON.stringify(step(1))}\n\n{"kind":\n${JSON.stringify(step(2))}\n`;
    writeFileSync(path, text);
    const refused = {
      code: "bad-file",
      message: expect.stringContaining(`line 3 of ${path} is no`),
    };
    await expect(readLog(run)).rejects.toMatchObject(refused);
    await expect(openLog(run, 2)).rejects.toMatchObject(refused);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("that cannot be read is not taken for an empty one, and left as it is", async () => {
    symlinkSync("log.jsonl", path); // which nobody can read, whatever their rights
    const refused = {
      code: "bad-file",
      message: expect.stringContaining(`cannot read ${path}: ELOOP`),
    };
    await expect(readLog(run)).rejects.toMatchObject(refused);
    await expect(openLog(run, 2)).rejects.toMatchObject(refused);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });
});
