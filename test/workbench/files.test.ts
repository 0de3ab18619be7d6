/** @file Models that are dropped onto the workbench: loose files, checkpoints and folders, good and broken. */

import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { DEFAULT_MODEL } from "../default-model.ts";
import { dropOnto, MODELS, PATIENTLY, settled, shownDifference, withBench } from "./bench-page.ts";
import { test } from "./bench-test.ts";
import { openInNode } from "./in-node.ts";

/** A small model as TransformerLens saves it, a pickled checkpoint. */
const CHECKPOINT = fileURLToPath(new URL("../fixtures/golden/standard-ln/", import.meta.url));

/** A folder of a model with some of its files, and its config changed. */
async function folderOf(
  into: string,
  from: string,
  files: readonly string[],
  change: object = {},
): Promise<string> {
  await mkdir(into);
  const config = JSON.parse(await readFile(join(from, "config.json"), "utf8"));
  await writeFile(join(into, "config.json"), JSON.stringify({ ...config, ...change }));
  for (const file of files) await cp(join(from, file), join(into, file));
  return into;
}

const status = (page: Page) => page.getByRole("status").first();

test("a model's files can be dropped onto the page, without a tokenizer", async ({
  bench,
  folder,
}) => {
  const from = await folderOf(join(folder, "loose"), `${MODELS}/standard-2l-seed2`, [
    "model.safetensors",
  ]);
  using node = await openInNode("standard-2l-seed2");
  const expected = await node.answer();
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    await dropOnto(page, join(from, "config.json"), join(from, "model.safetensors"));
    await expect.poll(() => status(page).innerText(), PATIENTLY).toMatch(/^model: 2 layers/);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
    // Without tokenizer.json, tokens have numbers and text is refused with a reason, once.
    await page.getByLabel("Text", { exact: true }).check();
    await page.getByRole("alert").first().waitFor();
    await settled(page);
    expect(await page.getByRole("alert").allInnerTexts()).toEqual([
      expect.stringContaining("tokenizer"),
    ]);
  });
  expect(problems).toEqual([]);
});

test("a checkpoint is read as in Node, and told from the model before by its heads", async ({
  bench,
  folder,
}) => {
  const from = await folderOf(join(folder, "checkpoint"), CHECKPOINT, ["model_final.pth"]);
  using node = await openInNode(from);
  const expected = await node.answer();
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    await page.getByRole("button", { name: /^Patch z of L1H7/ }).click(); // this one has four heads
    await dropOnto(page, join(from, "model_final.pth"), join(from, "config.json"));
    await expect
      .poll(() => status(page).innerText(), PATIENTLY)
      .toMatch(/^model_final: 2 layers × 4 heads/);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
    expect(await page.getByRole("button", { name: /^Patch z of/ }).count()).toBe(8);
    expect(await page.getByRole("alert").count()).toBe(0);
    // Back to the model before, with what was done to it; and again to the files, which are still known.
    const option = page.getByLabel("Model", { exact: true });
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Remove patch z of L1H7" }).waitFor();
    expect(await option.inputValue()).toBe(DEFAULT_MODEL);
    await settled(page);
    await page.getByRole("button", { name: "Redo" }).click();
    await expect.poll(() => status(page).innerText(), PATIENTLY).toMatch(/^model_final/);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
  });
  expect(problems).toEqual([]);
});

test("a folder is a model by its own name, what else is in it left alone", async ({
  bench,
  folder,
}) => {
  const files = ["model.safetensors", "tokenizer.json"];
  const from = await folderOf(join(folder, "my-model"), `${MODELS}/standard-2l-seed2`, files);
  await mkdir(join(from, "runs"));
  await writeFile(join(from, "runs", "config.json"), "{}");
  await writeFile(join(from, "notes.txt"), "no model");
  using node = await openInNode("standard-2l-seed2");
  const expected = await node.answer();
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    await dropOnto(page, from);
    await page.locator("[id$=-L0H1]").click(); // whoever goes on meanwhile does not lose it
    await expect.poll(() => status(page).innerText(), PATIENTLY).toMatch(/^my-model: 2 layers/);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
    expect(await page.getByRole("region", { name: "Tokens" }).innerText()).not.toContain("#");
    // The link does not hold the files, and says so to whom it is given.
    await page.getByRole("button", { name: "Share…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("drops them too").waitFor();
    expect(await dialog.getByLabel("Command for the prompts").inputValue()).toContain(
      "--model ./my-model",
    );
    const link = await dialog.getByLabel("Link").inputValue();
    const alert = page.getByRole("alert");
    await page.goto("about:blank");
    await page.goto(link);
    expect(await alert.innerText()).toContain("my-model, a model from files");
    await dropOnto(page, from);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
    expect(await alert.count()).toBe(0);

    // Where there is another model meanwhile, what the link is about comes with the files.
    const { hash } = new URL(link);
    await page.goto("about:blank");
    await page.goto(bench.server.url);
    await settled(page);
    await page.getByRole("spinbutton", { name: "length" }).fill("4");
    await page.getByRole("spinbutton", { name: "length" }).blur();
    await settled(page);
    await page.evaluate((to) => location.assign(to), hash);
    await alert.getByText("my-model, a model from files").waitFor();
    expect(await page.getByRole("spinbutton", { name: "length" }).inputValue()).toBe("4");
    await dropOnto(page, from);
    await expect.poll(() => status(page).innerText(), PATIENTLY).toMatch(/^my-model: 2 layers/);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
    expect(await page.getByRole("spinbutton", { name: "length" }).inputValue()).toBe("3");
  });
  expect(problems).toEqual([]);
});

test("what is broken is refused with the reason, and the model before stays", async ({
  bench,
  folder,
}) => {
  const weights = ["model.safetensors"];
  const broken = await folderOf(join(folder, "broken"), `${MODELS}/standard-2l-seed2`, weights, {
    n_heads: 7,
  });
  const problems = await withBench(bench, async (page) => {
    const before = await shownDifference(page);
    const alert = page.getByRole("alert").first();
    await dropOnto(page, broken);
    await alert.waitFor();
    expect(await alert.innerText()).toContain(`${DEFAULT_MODEL} is still here`);
    await page.getByRole("button", { name: /^Patch z of L0H4/ }).click();
    expect(await shownDifference(page)).not.toBe(before);

    await dropOnto(page, join(broken, "model.safetensors"));
    await expect.poll(() => alert.innerText(), PATIENTLY).toContain("no config.json");
    const state = join(folder, "state.json");
    await writeFile(state, "{");
    await dropOnto(page, state);
    await expect.poll(() => alert.innerText(), PATIENTLY).toContain("no state of the workbench");
    // What was wrong with one drop is not said of the next.
    await writeFile(state, "{}");
    await dropOnto(page, state);
    await alert.waitFor({ state: "detached" });
    expect(await shownDifference(page)).toBe(before);
    // Text that is dragged is none of the page's business.
    await page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.setData("text/plain", "hello");
      const event = new DragEvent("dragover", { dataTransfer: transfer, cancelable: true });
      if (!dispatchEvent(event)) throw new Error("the page takes text");
    });
  });
  expect(problems).toEqual([]);
});
