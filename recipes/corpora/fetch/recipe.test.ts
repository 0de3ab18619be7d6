import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fingerprintOf, folderOf, readCorpusRecipe } from "./recipe.ts";

const PERMISSIVE = join(import.meta.dirname, "..", "permissive.json");

const ONE = {
  registry: "npm",
  package: "@types/node",
  version: "1.2.3",
  licence: "MIT",
  licenceFiles: ["LICENSE"],
  include: ["**/*.md"],
  sha256: "0".repeat(64),
};

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "corpus-recipe-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(...packages: object[]) {
  const path = join(folder, "recipe.json");
  const recipe = { name: "n", about: "a", exclude: [], mostBytes: 1000, packages };
  await writeFile(path, JSON.stringify(recipe));
  return await readCorpusRecipe(path);
}

test("the recipe of the bundled models is one", async () => {
  const { packages } = await readCorpusRecipe(PERMISSIVE);
  expect(packages.length).toBeGreaterThan(50);
});

test("a licence that is not accepted is refused, and so is half an accepted one", async () => {
  await expect(read({ ...ONE, licence: "GPL-3.0-only" })).rejects.toThrow(
    /packages\.0\.licence: not a licence that a corpus may have/,
  );
  await expect(read({ ...ONE, licence: "MIT AND CC-BY-SA-4.0" })).rejects.toThrow(/licence/);
  expect((await read({ ...ONE, licence: "MIT OR Apache-2.0" })).packages).toHaveLength(1);
});

test("two packages cannot lie in one folder", async () => {
  await expect(read(ONE, { ...ONE, package: "types-node" })).rejects.toThrow(
    /names the package types-node twice/,
  );
});

test("a name cannot lead out of the folder", async () => {
  await expect(read({ ...ONE, package: "../elsewhere" })).rejects.toThrow(/packages\.0\.package/);
  await expect(read({ ...ONE, package: ".." })).rejects.toThrow(/packages\.0\.package/);
});

test("the fingerprint follows all that decides on the texts, and nothing else", async () => {
  const one = await read(ONE);
  const [first] = one.packages;
  if (first === undefined) throw new Error("no package");
  expect(folderOf(first)).toBe("types-node");
  const before = fingerprintOf(one, first);
  expect(fingerprintOf({ ...one, about: "other words" }, first)).toBe(before);
  expect(fingerprintOf({ ...one, mostBytes: 2000 }, first)).not.toBe(before);
  expect(fingerprintOf(one, { ...first, exclude: ["x"] })).not.toBe(before);
});
