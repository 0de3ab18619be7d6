import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openOutFile, openOutFolder, WriteError } from "./out-file.ts";
import { UsageError } from "./usage-error.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lookback-out-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("openOutFile", () => {
  it("shows nothing under the name until everything is written", async () => {
    const path = join(folder, "result.json");
    const out = openOutFile(path);
    expect(readdirSync(folder)).not.toContain("result.json");
    await out.write("text");
    expect(readdirSync(folder)).toEqual(["result.json"]);
    expect(readFileSync(path, "utf8")).toBe("text");
  });

  it("writes pieces one behind the other", async () => {
    const out = openOutFile(join(folder, "bytes"));
    await out.write([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect([...readFileSync(join(folder, "bytes"))]).toEqual([1, 2, 3]);
  });

  it("replaces a file, through a link too", async () => {
    writeFileSync(join(folder, "real"), "old");
    symlinkSync(join(folder, "real"), join(folder, "link"));
    await openOutFile(join(folder, "link")).write("new");
    expect(readFileSync(join(folder, "real"), "utf8")).toBe("new");
    expect(readdirSync(folder).sort()).toEqual(["link", "real"]);
  });

  it("refuses a folder, and a file in a folder that is not there", () => {
    expect(() => openOutFile(folder)).toThrow(UsageError);
    expect(() => openOutFile(folder)).toThrow("it is a folder");
    expect(() => openOutFile(join(folder, "none", "x"))).toThrow("the folder does not exist");
    writeFileSync(join(folder, "file"), "");
    expect(() => openOutFile(join(folder, "file", "x"))).toThrow("a file, not a folder");
    expect(() => openOutFile(folder)).toThrow("cannot write --out");
    expect(() => openOutFile(folder, "--svg")).toThrow("cannot write --svg");
  });

  it("says that the disk is full, and leaves the device alone", async () => {
    const full = openOutFile("/dev/full");
    await expect(full.write("text")).rejects.toThrow(WriteError);
    await expect(full.write("text")).rejects.toThrow("no space left");
  });

  it("keeps the old file when writing fails", async () => {
    const path = join(folder, "kept");
    writeFileSync(path, "old");
    const out = openOutFile(path);
    const failing = {
      get length(): number {
        throw new Error("broken");
      },
    };
    await expect(out.write([failing as Uint8Array])).rejects.toThrow(WriteError);
    expect(readdirSync(folder)).toEqual(["kept"]);
    expect(readFileSync(path, "utf8")).toBe("old");
  });
});

describe("openOutFolder", () => {
  it("makes the folder and puts all files in it", async () => {
    const out = openOutFolder(join(folder, "a", "b"));
    await out.write(
      new Map([
        ["one", "1"],
        ["c/two", "2"],
      ]),
    );
    const files = readdirSync(join(folder, "a", "b"), { recursive: true });
    expect(files.sort()).toEqual(["c", "c/two", "one"]);
  });

  it("leaves other files alone and replaces its own", async () => {
    mkdirSync(join(folder, "r"));
    writeFileSync(join(folder, "r", "other"), "kept");
    writeFileSync(join(folder, "r", "one"), "old");
    await openOutFolder(join(folder, "r")).write(new Map([["one", "new"]]));
    expect(readFileSync(join(folder, "r", "other"), "utf8")).toBe("kept");
    expect(readFileSync(join(folder, "r", "one"), "utf8")).toBe("new");
  });

  it("refuses a file", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => openOutFolder(join(folder, "file"))).toThrow("it is a file");
  });

  it("takes a folder that it made away again when writing fails", async () => {
    const out = openOutFolder(join(folder, "new"));
    const files = new Map([
      ["one", "1"],
      ["one/two", "2"], // below a file
    ]);
    await expect(out.write(files)).rejects.toThrow(WriteError);
    expect(readdirSync(folder)).toEqual([]);
  });
});
