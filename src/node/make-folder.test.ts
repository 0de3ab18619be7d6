import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeFolder } from "./make-folder.ts";

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "lookback-folder-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe("makeFolder", () => {
  test("makes what is missing, and says where it began", () => {
    const root = temporary();
    expect(makeFolder(join(root, "a/b/c"))).toBe(join(root, "a"));
    expect(statSync(join(root, "a/b/c")).isDirectory()).toBe(true);
    expect(makeFolder(join(root, "a/b/c"))).toBeUndefined();
    expect(makeFolder(join(root, "a/b/d"))).toBe(join(root, "a/b/d"));
  });

  test("says what stands in the way", () => {
    const root = temporary();
    writeFileSync(join(root, "file"), "");
    expect(() => makeFolder(join(root, "file"))).toThrow(/EEXIST/);
    expect(() => makeFolder(join(root, "file/below"))).toThrow(/EEXIST|ENOTDIR/);
  });
});
