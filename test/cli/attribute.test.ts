/** `lookback attribute`: what gradients say of heads beside what patching does. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, root, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

const MODEL = ["--model", join(root, "test/fixtures/golden/standard-ln")];
const DRAWN = ["attribute", ...MODEL, "--length", "3", "--batch", "6", "--seed", "5", "--bos", "0"];

interface Head {
  readonly label: string;
  readonly exact: { readonly mean: number; readonly ci95: readonly number[]; readonly n: number };
}

describe("attribute", () => {
  it("has the exact effects that patch has", async () => {
    const cwd = temporaryFolder();
    const patched = await here(["patch", ...DRAWN.slice(1), "--json"], { cwd });
    const drawn = await cli([...DRAWN, "--json"], { cwd });
    expect({ code: drawn.code, stderr: drawn.stderr }).toEqual({ code: 0, stderr: "" });
    const { heads, agreement, steps, prompts } = JSON.parse(drawn.stdout);
    expect(steps).toBe(8);
    expect(prompts).toMatchObject({ length: 3, batch: 6, seed: 5, read: 8 });
    const exact: number[] = JSON.parse(patched.stdout).normalised.flat();
    expect(heads.map(({ exact }: Head) => exact.mean)).toEqual(exact);
    expect(heads.map(({ exact }: Head) => exact.n)).toEqual(exact.map(() => 6));
    expect(heads.map(({ label }: Head) => label)).toContain(agreement.attribution.largest.head);
  });

  it("writes the result and the picture, and says how they agree", async () => {
    const cwd = temporaryFolder();
    const files = ["--out", "a.json", "--svg", "a.svg"];
    const { code, stdout, stderr } = await here([...DRAWN, "--steps", "3", ...files], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^L1H1 .*\[.*\]/m);
    expect(stdout).toMatch(/^integrated, 3 steps +[−\d.]+ +[−\d.]+/m);
    expect(readdirSync(cwd).sort()).toEqual(["a.json", "a.svg"]);
    expect(JSON.parse(readFileSync(join(cwd, "a.json"), "utf8"))).toMatchObject({ steps: 3 });
    expect(readFileSync(join(cwd, "a.svg"), "utf8")).toContain("L1H0, integrated gradients:");
  });

  it("takes prompts from files", async () => {
    const cwd = temporaryFolder();
    const write = (name: string, rows: number[][]) =>
      writeFileSync(join(cwd, name), JSON.stringify(rows));
    write("c.json", [[0, 3, 4, 5], [0, 6, 7, 8]]); // biome-ignore format: rows
    write("k.json", [[0, 9, 4, 5], [0, 2, 7, 8]]); // biome-ignore format: rows
    write("a.json", [[4, 7], [1, 2]]); // biome-ignore format: rows
    const files = ["--clean", "c.json", "--corrupted", "k.json", "--answers", "a.json"];
    const { code, stdout } = await here(["attribute", ...MODEL, ...files, "--json"], { cwd });
    expect(code).toBe(0);
    const { heads, prompts } = JSON.parse(stdout);
    expect(prompts).toMatchObject({ clean: "c.json", read: 3 });
    expect(heads[0].exact.n).toBe(2);
  });

  it.each([
    ["prompts", ["attribute", ...MODEL]],
    ["steps", [...DRAWN, "--steps", "0"]],
    ["--svg", [...DRAWN, "--svg", "/nowhere/at/all.svg"]],
  ])("says with exit code 2 what is wrong with %s", async (_, args) => {
    const { code, stdout, stderr } = await here(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/--length|--steps|--svg/);
    expect(stderr).not.toContain("--out");
  });
});
