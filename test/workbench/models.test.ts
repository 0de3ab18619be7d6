/** @file Models of the workbench: from this site, from files, in place of each other, and offline. */

// First, for threads.
import "../../src/node/threads.ts";
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HookedTransformer } from "../../src/model/model.ts";
import { readModelFolder } from "../../src/node/index.ts";
import { sessionAnswer } from "../../src/session/answer.ts";
import { DEFAULT_SESSION } from "../../src/session/parse-spec.ts";
import { Session } from "../../src/session/session.ts";
import {
  MODELS,
  openWorkbench,
  settled,
  shownDifference,
  type Workbench,
  withBench,
} from "./bench-page.ts";

let bench: Workbench;

beforeAll(async () => {
  bench = await openWorkbench("--enable-unsafe-webgpu");
});

afterAll(() => bench.close());

async function inNode(name: string): Promise<number> {
  const loaded = await readModelFolder(`${MODELS}/${name}`);
  using model = await HookedTransformer.create(loaded);
  const session = new Session(model, loaded.tokenizer, 0);
  return (await sessionAnswer(session, DEFAULT_SESSION)).logitDifference.mean;
}

/** Files for a drop or a file field. */
async function filesOf(name: string, change: (config: Record<string, unknown>) => object) {
  const file = (path: string) => readFile(`${MODELS}/${name}/${path}`);
  const config = JSON.parse((await file("config.json")).toString());
  return [
    {
      name: "config.json",
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify(change(config))),
    },
    { name: "model.safetensors", mimeType: "", buffer: await file("model.safetensors") },
  ];
}

/** Drops files onto the page, as a hand would. */
async function drop(page: Page, files: Awaited<ReturnType<typeof filesOf>>): Promise<void> {
  const transfer = await page.evaluateHandle(
    (list) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of list) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
      }
      return transfer;
    },
    files.map(({ name, buffer }) => ({ name, base64: buffer.toString("base64") })),
  );
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
}

describe("a model", () => {
  test("takes another's place, and undo brings the other back", async () => {
    const expected = await inNode("standard-copied");
    const problems = await withBench(bench, async (page) => {
      const before = await shownDifference(page);
      await page.getByLabel("Model", { exact: true }).selectOption("standard-copied");
      expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
      await page.getByRole("button", { name: "Undo" }).click();
      expect(await shownDifference(page)).toBe(before);
    });
    expect(problems).toEqual([]);
  });

  test("can be dropped onto the page", async () => {
    const files = await filesOf("standard-natural", (config) => config);
    const expected = await inNode("standard-natural");
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      await drop(page, files);
      const status = page.getByRole("status").first();
      await expect.poll(() => status.innerText()).toMatch(/^model: 2 layers/);
      expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
      // Without tokenizer.json, tokens have numbers and text is refused with a reason.
      await page.getByLabel("Text", { exact: true }).check();
      await page.getByRole("alert").first().waitFor();
      expect(await page.getByRole("alert").first().innerText()).toContain("tokenizer");
    });
    expect(problems).toEqual([]);
  });

  test("that is broken is refused with the reason, and the one before stays", async () => {
    const files = await filesOf("standard-natural", (config) => ({ ...config, n_heads: 7 }));
    const problems = await withBench(bench, async (page) => {
      const before = await shownDifference(page);
      await drop(page, files);
      const alert = page.getByRole("alert").first();
      await alert.waitFor();
      expect(await alert.innerText()).toMatch(/shortformer-copied is still here/);
      await page.getByRole("button", { name: /^Patch z of L0H4/ }).click();
      expect(await shownDifference(page)).not.toBe(before);

      await drop(page, files.slice(1));
      await expect.poll(() => alert.innerText()).toContain("no config.json");
    });
    expect(problems).toEqual([]);
  });

  test("runs on WebGPU where it is asked for, with the same answer", async () => {
    const problems = await withBench(bench, async (page) => {
      const onWasm = await shownDifference(page);
      await page.getByLabel("Where to compute").selectOption("webgpu");
      const status = page.getByRole("status").first();
      await expect.poll(() => status.innerText(), { timeout: 30_000 }).toContain("WebGPU");
      expect(Math.abs((await shownDifference(page)) - onWasm)).toBeLessThan(1e-4);
    });
    expect(problems).toEqual([]);
  });
});

test("work that takes long can be stopped, and the latest wish wins", async () => {
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    const table = page.getByRole("region", { name: "Table", exact: true }).first();
    await page.getByLabel("batch", { exact: true }).fill("4000");
    await page.keyboard.press("Enter");
    await table.getByRole("radio", { name: "length" }).check();
    await table.getByRole("button", { name: /^Stop/ }).click({ timeout: 20_000 });
    await settled(page);
    // Many wishes in quick succession: the last is the one that is shown.
    const batch = page.getByLabel("batch", { exact: true });
    for (const value of ["512", "256", "16"]) {
      await batch.fill(value);
      await page.keyboard.press("Enter");
    }
    await settled(page);
    const note = page.getByRole("region", { name: "Answer" }).getByText(/n = \d+/);
    expect(await note.innerText()).toContain("n = 16");
  });
  expect(problems).toEqual([]);
});

test("the page opens offline after the first visit", async () => {
  const context = await bench.browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(bench.server.url);
    const online = await shownDifference(page);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      while (navigator.serviceWorker.controller === null) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    await context.setOffline(true);
    await page.reload();
    expect(await shownDifference(page)).toBe(online);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  } finally {
    await context.close();
  }
});
