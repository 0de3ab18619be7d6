import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LookbackError } from "../../errors.ts";
import { type ListSourcesOptions, listSources } from "./list-sources.ts";
import { type ReadSourcesOptions, readSources } from "./read-sources.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookback-sources-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

async function listed(sources: readonly string[], options?: ListSourcesOptions): Promise<string[]> {
  const files = await listSources(
    sources.map((source) => join(folder, source)),
    options,
  );
  return files.map(({ path }) => relative(folder, path));
}

/** Every document, and every skip as `path: reason`. */
async function readAll(options: ReadSourcesOptions = {}) {
  const skips: string[] = [];
  const texts: string[] = [];
  const files = await listSources([folder]);
  const onSkip = (reason: string, path: string) =>
    skips.push(`${relative(folder, path)}: ${reason}`);
  for await (const { path, text } of readSources(files, { ...options, onSkip })) {
    texts.push(`${relative(folder, path)}: ${text}`);
  }
  return { texts, skips };
}

const NOBODY = 65534;

/** Root may read everything: what it may not is found out as somebody else. */
async function withoutPrivileges(use: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    await use();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe("listSources", () => {
  beforeEach(async () => {
    const names = [
      "b.txt",
      "B.MD",
      "a/z.txt.gz",
      "a/y.jsonl",
      "a.txt",
      "code.py",
      "code.py.gz",
      "README",
      ".git/x.txt",
      ".x.txt",
    ];
    for (const name of names) await put(name, "text");
  });

  it("takes texts in folders, in the order of their names", async () => {
    expect(await listed(["."])).toEqual(["B.MD", "a/y.jsonl", "a/z.txt.gz", "a.txt", "b.txt"]);
  });

  it("takes the extensions that are named, and files without one", async () => {
    expect(await listed(["."], { extensions: [".py", ""] })).toEqual([
      "README",
      "code.py",
      "code.py.gz",
    ]);
  });

  it("takes sources in the order given, and a file whatever its name", async () => {
    expect(await listed(["code.py", "a", "README"])).toEqual([
      "code.py",
      "a/y.jsonl",
      "a/z.txt.gz",
      "README",
    ]);
  });

  it("passes links over, except one that is a source", async () => {
    await symlink(folder, join(folder, "a", "loop"));
    await symlink(join(folder, "b.txt"), join(folder, "a", "link.txt"));
    await symlink(join(folder, "README"), join(folder, "a", "README"));
    await symlink(join(folder, "nowhere.txt"), join(folder, "a", "dangling.txt"));
    const links: string[] = [];
    const onLink = (path: string) => links.push(relative(folder, path));
    expect(await listed(["a"], { onLink })).toEqual(["a/y.jsonl", "a/z.txt.gz"]);
    expect(links).toEqual(["a/link.txt", "a/loop"]); // the others stand for no text
    expect(await listed(["a/link.txt"])).toEqual(["b.txt"]);
  });

  it("refuses a source that is not there", async () => {
    await expect(listed(["nowhere"])).rejects.toThrow(/no file or folder .*nowhere/);
  });
});

describe("readSources", () => {
  it("reads text, JSON lines, and both compressed", async () => {
    const lines = '{"text": "first\\r\\nrecord"}\n\n{"text": "second"}\r\n{"text": "third"}';
    await put("a.txt", "plain\r\n");
    await put("b.jsonl", lines);
    await put("c.jsonl.gz", gzipSync(lines));
    await put("d.md.gz", gzipSync("# packed"));
    const records = ["first\nrecord", "second", "third"];
    expect(await readAll()).toEqual({
      texts: [
        "a.txt: plain",
        ...records.map((text) => `b.jsonl: ${text}`),
        ...records.map((text) => `c.jsonl.gz: ${text}`),
        "d.md.gz: # packed",
      ],
      skips: [],
    });
  });

  it("skips and counts what is no text, and goes on", async () => {
    await put("a.txt", "");
    await put("b.txt", new Uint8Array(100));
    await put("c.txt.gz", "not compressed");
    await put("d.jsonl.gz", gzipSync(`{"text": "kept"}\n`.repeat(90_000)).subarray(0, -20));
    await put(
      "e.jsonl",
      '{"text": "before"}\nnonsense\n{"body": "x"}\n{"text": ""}\n{"text": "after"}\n',
    );
    await put("f.txt", Uint8Array.of(0x61, 0xff, 0xfe, 0x62));
    await put("z.txt", "the end");
    const { texts, skips } = await readAll();
    expect(texts.filter((text) => !text.startsWith("d."))).toEqual([
      "e.jsonl: before",
      "e.jsonl: after",
      "z.txt: the end",
    ]);
    expect(skips).toEqual([
      "a.txt: empty",
      "b.txt: binary",
      "c.txt.gz: unreadable",
      "d.jsonl.gz: unreadable",
      "e.jsonl: bad-json",
      "e.jsonl: bad-json",
      "e.jsonl: empty",
      "f.txt: not-utf-8",
    ]);
  });

  it("skips what is too large: a file, what it unpacks to, a line", async () => {
    const long = "words ".repeat(1000);
    await put("a.txt", long);
    await put("b.txt.gz", gzipSync(long));
    await put("c.jsonl", `{"text": "short"}\n{"text": "${long}"}\n{"text": "also short"}\n`);
    await put("d.txt", "short");
    expect(await readAll({ mostBytes: 1000 })).toEqual({
      texts: ["c.jsonl: short", "c.jsonl: also short", "d.txt: short"],
      skips: ["a.txt: too-large", "b.txt.gz: too-large", "c.jsonl: too-large"],
    });
  });

  it("skips files that have gone since they were listed", async () => {
    await put("a.txt", "gone");
    await put("b.txt", "there");
    const files = await listSources([folder]);
    await rm(join(folder, "a.txt"));
    const skips: string[] = [];
    const texts: string[] = [];
    for await (const { text } of readSources(files, { onSkip: (reason) => skips.push(reason) })) {
      texts.push(text);
    }
    expect({ texts, skips }).toEqual({ texts: ["there"], skips: ["unreadable"] });
  });

  it("skips files and folders that may not be read", async () => {
    await put("a.txt", "closed");
    await put("b/c.txt", "closed");
    await put("d.txt", "open");
    await chmod(folder, 0o755);
    await chmod(join(folder, "a.txt"), 0);
    await chmod(join(folder, "b"), 0);
    const unreadable: string[] = [];
    await withoutPrivileges(async () => {
      await listSources([folder], {
        onUnreadable: (path) => unreadable.push(relative(folder, path)),
      });
      expect(unreadable).toEqual(["b"]);
      expect(await readAll()).toEqual({ texts: ["d.txt: open"], skips: ["a.txt: unreadable"] });
    });
    await chmod(join(folder, "b"), 0o700);
  });

  it("does not swallow errors of those who read", async () => {
    await put("a.txt", "text");
    const reading = async () => {
      for await (const _ of readSources(await listSources([folder]))) {
        throw new LookbackError("cancelled", "cancelled");
      }
    };
    await expect(reading()).rejects.toThrow("cancelled");
  });
});
