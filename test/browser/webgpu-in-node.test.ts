/**
 * @file The device `webgpu` in Node: the package `webgpu` with the software driver that comes with
 * Chromium. Small shapes; the numbers are those of WebAssembly.
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { finished, startCli, temporaryFolder } from "../cli/run-cli.ts";

/** Debian's and Ubuntu's, for any other system say where it is. */
const DRIVER = process.env.VK_ICD_FILENAMES ?? "/usr/lib/chromium/vk_swiftshader_icd.json";

interface PatchJson {
  readonly clean: number;
  readonly values: readonly (readonly number[])[];
}

async function patch(device: string, env: NodeJS.ProcessEnv): Promise<PatchJson> {
  const out = join(temporaryFolder(), "patch.json");
  const asked = ["patch", "--length", "2", "--batch", "4", "--component", "z", "--by", "head"];
  const child = startCli([...asked, "--device", device, "--json", "--out", out], { env });
  const { code, stderr } = await finished(child);
  expect(stderr).not.toContain("lookback:");
  expect(code).toBe(0);
  return JSON.parse(await readFile(out, "utf8"));
}

test("the graphics card gives what WebAssembly gives", async () => {
  expect(existsSync(DRIVER), `a Vulkan driver at ${DRIVER}`).toBe(true);
  const gpu = await patch("webgpu", { VK_ICD_FILENAMES: DRIVER });
  const wasm = await patch("wasm", {});
  expect(gpu.clean).toBeCloseTo(wasm.clean, 3);
  for (const [layer, heads] of wasm.values.entries()) {
    for (const [head, value] of heads.entries()) {
      expect(Math.abs((gpu.values[layer]?.[head] ?? Number.NaN) - value)).toBeLessThan(1e-3);
    }
  }
});

test("without a driver the command says that there is no adapter", async () => {
  const child = startCli(["patch", "--length", "2", "--batch", "2", "--device", "webgpu"], {
    env: { VK_ICD_FILENAMES: "/nowhere.json" },
  });
  const { code, stderr } = await finished(child);
  expect(code).toBe(1);
  expect(stderr).toContain('there is no WebGPU adapter here; use the device "wasm"');
});
