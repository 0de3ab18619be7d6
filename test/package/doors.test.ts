/** The rooms' doors are shut: what may not be imported is planted, and the linter must find it. */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const IMPORTS = "noRestrictedImports";
const GLOBALS = "noRestrictedGlobals";
const CYCLES = "noImportCycles";

/** Files that break a rule, by path; null breaks none. */
const PLANTED: Readonly<Record<string, readonly [code: string, rule: string | null]>> = {
  "src/engine/a.ts": ['export { a } from "../model/other.ts";', IMPORTS],
  "src/model/a.ts": ['export { numpy } from "@jax-js/jax";', IMPORTS],
  "src/model/b.ts": ['export { a } from "../engine/other.ts";', null],
  "src/loading/a.ts": ['export type { A } from "../engine/tensor.ts";', IMPORTS],
  "src/loading/b.ts": ['export { a } from "../engine/ndarray.ts";', null],
  "src/prompts/a.ts": ['export { sep } from "node:path";', IMPORTS],
  "src/prompts/b.ts": ['export { a } from "../measures/other.ts";', IMPORTS],
  "src/measures/a.ts": ["export const a = process.argv;", GLOBALS],
  "src/measures/b.ts": ['export { a } from "../errors.ts";', null],
  "src/interventions/a.ts": ['export { a } from "../experiments/other.ts";', IMPORTS],
  "src/circuits/a.ts": ['export { a } from "../interventions/other.ts";', IMPORTS],
  "src/experiments/a.ts": ['export const a = import("../report/other.ts");', IMPORTS],
  "src/experiments/b.ts": ['export { a } from "../interventions/other.ts";', null],
  "src/hypothesis/a.ts": ['export { a } from "../report/other.ts";', IMPORTS],
  "src/sweeps/a.ts": ['export { a } from "../hypothesis/other.ts";', IMPORTS],
  "src/session/a.ts": ['export { a } from "../sweeps/other.ts";', IMPORTS],
  "src/session/b.ts": ['export { a } from "../hypothesis/other.ts";', null],
  "src/hypothesis/b.ts": ['export { a } from "../session/other.ts";', IMPORTS],
  "src/training/a.ts": ['export { a } from "../experiments/other.ts";', IMPORTS],
  "src/training/b.ts": ['export { a } from "../prompts/other.ts";', null],
  "src/corpus/a.ts": ['export { a } from "../training/other.ts";', IMPORTS],
  "src/corpus/b.ts": ['export { a } from "../loading/other.ts";', null],
  "src/development/a.ts": ['export { a } from "../training/other.ts";', IMPORTS],
  "src/development/b.ts": ['export { a } from "../hypothesis/other.ts";', null],
  "src/benchmark/a.ts": ['export { a } from "../node/other.ts";', IMPORTS],
  "src/report/drawing/a.ts": ['export { a } from "../../cli/other.ts";', IMPORTS],
  "src/report/figures/b.ts": ['export { a } from "../../hypothesis/other.ts";', null],
  "src/report/b.ts": ['export { a } from "../session/other.ts";', null],
  "src/node/a.ts": ['export { a } from "../interventions/other.ts";', IMPORTS],
  "src/node/run/a.ts": ['export { a } from "../../development/other.ts";', IMPORTS],
  "src/node/run/b.ts": ['export { a } from "../../training/other.ts";', null],
  "src/node/run/c.ts": ['export { a } from "../other.ts";', null],
  "src/cli/commands/a.ts": ['export { a } from "../../index.ts";', IMPORTS],
  "src/cli/b.ts": ['export { a } from "../experiments/other.ts";', null],
  "src/index.ts": ['export { a } from "./node/other.ts";', IMPORTS],
  "src/model/here.ts": ['import { b } from "./there.ts";\nexport const a = b;', CYCLES],
  "src/model/there.ts": ['import { a } from "./here.ts";\nexport const b = a;', CYCLES],
};

/** The rules that the linter finds broken in a folder, by path. */
function brokenRules(folder: string): Map<string, string[]> {
  const biome = join(root, "node_modules/.bin/biome");
  const args = ["lint", "--reporter=github", "--max-diagnostics=none", "src"];
  const { stdout } = spawnSync(biome, args, { cwd: folder, encoding: "utf8" });
  const broken = new Map<string, string[]>();
  for (const [, rule = "", file = ""] of stdout.matchAll(/title=lint\/\w+\/(\w+),file=([^,]+)/g)) {
    const path = relative(folder, file).replaceAll(sep, "/");
    broken.set(path, [...(broken.get(path) ?? []), rule]);
  }
  return broken;
}

it("finds every planted import, and nothing where doors are open", () => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "lookback-doors-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of ["biome.json", "doors.jsonc", ".gitignore"]) {
    copyFileSync(join(root, file), join(folder, file));
  }
  for (const [path, [code]] of Object.entries(PLANTED)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${code}\n`);
  }
  const expected = Object.entries(PLANTED).flatMap(([path, [, rule]]) =>
    rule === null ? [] : [[path, [rule]] as const],
  );
  expect(brokenRules(folder)).toEqual(new Map(expected));
});
