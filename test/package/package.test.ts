/**
 * What a user gets: the package as `npm pack` makes it, installed into an empty folder. Needs
 * `npm run build` before.
 */

import { type ExecFileSyncOptions, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_MODEL } from "../default-model.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

let folder: string;

/** The environment without what the npm that runs these tests has put there for its own scripts. */
const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_")),
);
env.PATH = [dirname(process.execPath), env.PATH].join(delimiter);

function run(command: string, args: readonly string[], options: ExecFileSyncOptions = {}): string {
  return execFileSync(command, args, {
    cwd: folder,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  }).toString();
}

/** Runs a module in the folder and returns what it prints. */
function runModule(source: string): string {
  writeFileSync(join(folder, "consumer.mjs"), source);
  return run(process.execPath, ["consumer.mjs"]);
}

/** Everything outside of the package that a module of it imports, directly or through others. */
function importsOf(entry: string): string[] {
  const seen = new Set<string>();
  const outside = new Set<string>();
  const follow = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const code = readFileSync(file, "utf8");
    for (const [, name = ""] of code.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      if (!name.startsWith(".")) outside.add(name);
      else if (name.endsWith(".js")) follow(join(dirname(file), name));
    }
  };
  follow(entry);
  return [...outside];
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lookback-package-"));
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const tarball = `./lookback-${version}.tgz`;
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the installed package", () => {
  it("holds code, types and models, and neither sources nor tests", () => {
    const files = readdirSync(join(folder, "node_modules/lookback"), { recursive: true }).map(
      String,
    );
    for (const file of ["dist/index.js", "dist/index.d.ts", "dist/node/index.d.ts", "LICENSE"]) {
      expect(files).toContain(file);
    }
    expect(files).toContain(`models/${DEFAULT_MODEL}/model.safetensors`);
    expect(files.filter((file) => /^(src|test|bench|scripts)\b|\.test\./.test(file))).toEqual([]);
  });

  it("brings no tools of its own making", () => {
    const { dependencies } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"))
      .packages["node_modules/lookback"];
    const installed = readdirSync(join(folder, "node_modules"));
    expect(Object.keys(dependencies)).toContain("@jax-js/jax");
    expect(installed).not.toContain("vitest");
    expect(installed).not.toContain("typescript");
  });

  it("has a binary that runs", () => {
    expect(run("npx", ["--no-install", "lookback", "--version"]).trim()).toBe(version);
    const result = JSON.parse(
      run("npx", ["--no-install", "lookback", "patch", "--length", "2", "--batch", "8", "--json"]),
    );
    expect(result.model).toBe(DEFAULT_MODEL);
    expect(result.values).toHaveLength(2);
  });

  it("tells an old Node what it needs instead of breaking", () => {
    const asOld = `Object.defineProperty(process.versions, "node", { value: "20.20.2" })`;
    const args = ["--import", `data:text/javascript,${encodeURIComponent(asOld)}`];
    const started = () =>
      run(process.execPath, [...args, "node_modules/lookback/dist/cli/main.js", "models"]);
    expect(started).toThrow(
      expect.objectContaining({
        status: 1,
        stdout: "",
        stderr: expect.stringMatching(/^lookback: this is Node.js 20.20.2, .* 22 or newer.*\n$/),
      }),
    );
  });

  it("can be imported: the library, and its other entries beside it", () => {
    const printed = runModule(`
      import { HookedTransformer, LookbackError, tokenBatch } from "lookback";
      import { readModel } from "lookback/node";
      import { renderResult } from "lookback/report";
      const model = await HookedTransformer.create(await readModel("${DEFAULT_MODEL}"));
      const { logits } = await model.run(tokenBatch([[0, 17, 4]]));
      const wrong = await readModel("no-such-model").catch((error) => error);
      const checks = [wrong instanceof LookbackError, wrong.code, typeof renderResult];
      console.log(JSON.stringify([logits.shape, ...checks]));
      model.dispose();
    `);
    expect(JSON.parse(printed)).toEqual([[1, 1, 4096], true, "unknown-model", "function"]);
  });

  it("runs the example of the README as it stands there", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
    expect(example).toContain("HookedTransformer");
    writeFileSync(join(folder, "example.ts"), example ?? "");
    const printed = run(process.execPath, ["example.ts"]);
    expect(printed).toContain("[ 64, 8, 13, 13 ]");
    expect(printed).toContain("[ 64, 1, 2 ]");
  });

  it("has threads in Node, and none of Node where a page's bundler asks", () => {
    const inNode = `import "lookback"; console.log(typeof Worker);`;
    expect(runModule(inNode).trim()).toBe("function");
    const installed = join(folder, "node_modules/lookback");
    const { exports } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    const entry = join(installed, exports["."].default);
    expect(importsOf(entry)).toContain("@jax-js/jax");
    expect(importsOf(entry).filter((name) => name.startsWith("node:"))).toEqual([]);
  });

  it.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("has types for module %s, resolution %s", (module, moduleResolution) => {
    writeFileSync(
      join(folder, "consumer.ts"),
      `
      import { type Estimate, HookedTransformer, type HookName, tokenBatch } from "lookback";
      import { readModel } from "lookback/node";
      import type { Provenance } from "lookback/report";
      export const provenance: Provenance = { command: "lookback reproduce", version: "0" };
      const model: HookedTransformer = await HookedTransformer.create(await readModel("x"));
      const name: HookName = "blocks.0.attn.hook_z";
      const { activations } = await model.run(tokenBatch([[0]]), { names: [name] });
      const shape: readonly number[] = activations.get(name).shape;
      // @ts-expect-error a batch of prompts is no text
      await model.run("text");
      export const estimates: Estimate[] = [];
      export { shape };
      `,
    );
    const compilerOptions = {
      module,
      moduleResolution,
      target: "es2024",
      lib: ["es2024", "dom", "esnext.disposable", "esnext.float16"],
      types: [],
      strict: true,
      noEmit: true,
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["consumer.ts"] }),
    );
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", "."], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
  });
});
