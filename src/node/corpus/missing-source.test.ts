import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { missingSourceText } from "./missing-source.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lookback-missing-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

it("names a command whose paths work from where the user stands", () => {
  const source = resolve("corpora/permissive");
  const within = /`npx node (recipes\/fetch-corpus\.ts) (recipes\/\S+) --out corpora\/permissive`/;
  expect(missingSourceText(source)).toMatch(within);
  const elsewhere = temporaryFolder();
  vi.spyOn(process, "cwd").mockReturnValue(elsewhere);
  const [, script = "", recipe = "", out = ""] =
    /`node (\S+) (\S+) --out (\S+)`/.exec(missingSourceText(source)) ?? [];
  for (const path of [script, recipe]) expect(existsSync(join(elsewhere, path))).toBe(true);
  expect(join(elsewhere, out)).toBe(source);
});

it("does not send users of the package to a script that it has not", () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "recipes/corpora"), { recursive: true });
  writeFileSync(join(root, "recipes/corpora/permissive.json"), "{}");
  const text = missingSourceText(join(root, "corpora/permissive"), root);
  expect(text).toContain("fetched from a checkout of the repository");
  expect(text).not.toContain("fetch-corpus");
});

it.each(["corpora/mine", "texts"])("takes %s for texts of the user's own", (source) => {
  expect(missingSourceText(source)).toContain('names its texts as "corpus.sources"');
});
