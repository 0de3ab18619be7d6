import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { sha256Of } from "./clients.ts";
import {
  addPackage,
  archivePlace,
  checkCorpusFolder,
  doneBefore,
  proseBytes,
  removeOthers,
  writeSources,
} from "./corpus-folder.ts";
import type { CorpusPackage, CorpusRecipe } from "./recipe.ts";

const SENTENCE = `${"A head that looks back one token lets another find what came next. ".repeat(5).trim()}\n`;
const { signal } = new AbortController();

let folder = "";
let out = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "corpus-"));
  out = join(folder, "out");
});
afterEach(() => rm(folder, { recursive: true }));

/** An archive as npm and PyPI have them, where a run that was killed left it: no client is asked. */
async function archived(
  more: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<CorpusPackage> {
  const top = join(folder, "heads-1.0.0");
  const files = {
    LICENSE: "Do as you like.\n",
    "doc/one.rst": SENTENCE,
    "doc/deep/two.md": SENTENCE.repeat(2),
    "doc/tests/three.md": SENTENCE,
    "src/code.py": `# ${SENTENCE}`,
    "src/table.py": "0x12, 0x34,\n".repeat(9),
    "tests/data/book.txt": SENTENCE,
    ...more,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(top, path, ".."), { recursive: true });
    await writeFile(join(top, path), text);
  }
  const archive = join(folder, "heads-1.0.0.tar.gz");
  execFileSync("tar", ["-czf", archive, "-C", folder, "heads-1.0.0"]);
  const one: CorpusPackage = {
    registry: "pypi",
    package: "heads",
    version: "1.0.0",
    licence: "MIT",
    licenceFiles: ["LICENSE"],
    include: ["doc/**/*.{rst,md}", "src/*.py", "tests/data/book.txt"],
    exclude: [],
    sha256: await sha256Of(archive),
  };
  await mkdir(join(out, ".fetching"), { recursive: true });
  await rename(archive, archivePlace(one, out));
  return one;
}

const recipeOf = (...packages: CorpusPackage[]): CorpusRecipe => ({
  name: "test",
  about: "For tests.",
  exclude: ["**/tests/**"],
  mostBytes: 10_000,
  packages,
});

test("takes what is included, not excluded, and text; keeps the licence; says what there is", async () => {
  const one = await archived();
  const recipe = recipeOf(one);
  const taken = await addPackage(recipe, one, out, signal);
  expect(taken.files).toBe(4);
  expect(taken.leftOut).toEqual({ "few-letters": 1 });
  expect(proseBytes(taken)).toBe(4 * SENTENCE.length);
  expect(await readFile(join(out, "heads/doc/deep/two.md"), "utf8")).toBe(SENTENCE.repeat(2));
  expect(existsSync(join(out, "heads/doc/tests/three.md"))).toBe(false);
  expect(existsSync(join(out, "heads/tests/data/book.txt"))).toBe(true);
  expect(await readFile(join(out, "licences/heads"), "utf8")).toContain("Do as you like.");

  await writeSources(recipe, new Map([[one, taken]]), out);
  const sources = await readFile(join(out, "SOURCES.md"), "utf8");
  expect(sources).toContain(`| heads | pypi | 1.0.0 | MIT | 4 | ${taken.bytes} | 100.0% |`);
  expect(existsSync(join(out, ".fetching"))).toBe(false);
});

test("what is done is known again, until the recipe says otherwise", async () => {
  const one = await archived();
  const recipe = recipeOf(one);
  expect(await doneBefore(recipe, one, out)).toBeUndefined();
  const taken = await addPackage(recipe, one, out, signal);
  expect(await doneBefore(recipe, one, out)).toMatchObject(taken);
  const narrower = { ...one, exclude: ["src/**"] };
  expect(await doneBefore(recipeOf(narrower), narrower, out)).toBeUndefined();
});

test("a package that the recipe no longer has goes, with its licence", async () => {
  const one = await archived();
  await addPackage(recipeOf(one), one, out, signal);
  const other = { ...one, package: "other" };
  expect(await removeOthers(recipeOf(other), out)).toEqual(["heads"]);
  expect(existsSync(join(out, "heads"))).toBe(false);
  expect(existsSync(join(out, "licences/heads"))).toBe(false);
});

test("globs that name nothing, and a licence file that is not there, are errors and leave nothing", async () => {
  const one = { ...(await archived()), include: ["nowhere/**"] };
  await expect(addPackage(recipeOf(one), one, out, signal)).rejects.toThrow(/no text came of it/);
  const bare = { ...(await archived()), licenceFiles: ["COPYING"] };
  await expect(addPackage(recipeOf(bare), bare, out, signal)).rejects.toThrow(
    "heads 1.0.0 (pypi) has no licence file COPYING",
  );
  expect(existsSync(join(out, "heads"))).toBe(false);
});

test("what an earlier version left stays where the new one cannot be had, and is named as such", async () => {
  const one = await archived();
  await addPackage(recipeOf(one), one, out, signal);
  const newer = { ...one, version: "2.0.0" };
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("PATH", out); // no client is there
  await expect(addPackage(recipeOf(newer), newer, out, signal)).rejects.toMatchObject({
    code: "unsupported",
  });
  for (const path of ["heads/doc/one.rst", "licences/heads", ".records/heads"]) {
    expect(existsSync(join(out, path))).toBe(true);
  }
  expect(await doneBefore(recipeOf(newer), newer, out)).toBeUndefined();
  await writeSources(recipeOf(newer), new Map(), out);
  const sources = await readFile(join(out, "SOURCES.md"), "utf8");
  expect(sources).toContain("Left from an earlier recipe, and not counted here: heads;");
});

test("texts that are gone are fetched again, whatever the record says", async () => {
  const one = await archived();
  await addPackage(recipeOf(one), one, out, signal);
  await rm(join(out, "heads"), { recursive: true });
  expect(await doneBefore(recipeOf(one), one, out)).toBeUndefined();
});

test("a folder of a package's name goes only when the package is there in full", async () => {
  const one = { ...(await archived()), licenceFiles: ["COPYING"] };
  await mkdir(join(out, "heads"));
  await writeFile(join(out, "heads", "mine.txt"), "mine");
  await expect(addPackage(recipeOf(one), one, out, signal)).rejects.toThrow(/no licence file/);
  expect(await readFile(join(out, "heads", "mine.txt"), "utf8")).toBe("mine");
});

test("a folder is one of a corpus, or free; another is refused before anything is done", async () => {
  await checkCorpusFolder(out);
  await mkdir(out);
  await checkCorpusFolder(out);
  await mkdir(join(out, "flask"));
  await writeFile(join(out, "flask", "mine.py"), "mine");
  await expect(checkCorpusFolder(out)).rejects.toMatchObject({ code: "bad-spec" });
  const script = ["recipes/fetch-corpus.ts", "recipes/corpora/permissive.json", "--out", out];
  const { status, stderr } = spawnSync(process.execPath, script, { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toContain(`${out} holds files, and no corpus that was fetched`);
  expect(await readdir(out)).toEqual(["flask"]);
  expect(await readFile(join(out, "flask", "mine.py"), "utf8")).toBe("mine");
  await mkdir(join(out, ".records"));
  await checkCorpusFolder(out);
});

test("two files that make a text of one name are an error that says which", async () => {
  const packed = new Uint8Array(gzipSync(SENTENCE.repeat(3)));
  const one = { ...(await archived({ "doc/one.rst.gz": packed })), include: ["doc/*"] };
  await expect(addPackage(recipeOf(one), one, out, signal)).rejects.toMatchObject({
    code: "bad-spec",
    message: expect.stringContaining(
      "heads 1.0.0 (pypi): doc/one.rst and doc/one.rst.gz both make the text one.rst",
    ),
  });
  expect(existsSync(join(out, "heads"))).toBe(false);
});

test.each([
  ["doc/notes.json", `{ "text": "${SENTENCE.trim()}" } // commented`],
  ["doc/notes.md.gz", "no archive"],
])("a file that is not what its name says is named: %s", async (path, text) => {
  const one = { ...(await archived({ [path]: text })), include: ["doc/*"] };
  await expect(addPackage(recipeOf(one), one, out, signal)).rejects.toMatchObject({
    code: "bad-file",
    message: expect.stringContaining(`heads 1.0.0 (pypi): ${path} is not what its name says`),
  });
});
