/** @file Models of the workbench in place of each other, and on either device. */

import { describe, expect } from "vitest";
import { CIRCUIT } from "../default-model.ts";
import { PATIENTLY, settled, shownDifference, withBench } from "./bench-page.ts";
import { test } from "./bench-test.ts";
import { openInNode } from "./in-node.ts";

test.override("flags", ["--enable-unsafe-webgpu"]);

describe("a model", () => {
  test("takes another's place, and undo brings the other back", async ({ bench }) => {
    using node = await openInNode("standard-2l-seed2");
    const expected = await node.answer();
    const problems = await withBench(bench, async (page) => {
      const before = await shownDifference(page);
      await page.getByLabel("Model", { exact: true }).selectOption("standard-2l-seed2");
      expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
      await page.getByRole("button", { name: "Undo" }).click();
      expect(await shownDifference(page)).toBe(before);
    });
    expect(problems).toEqual([]);
  });

  test("runs on WebGPU where it is asked for, with the same answer", async ({ bench }) => {
    const problems = await withBench(bench, async (page) => {
      const onWasm = await shownDifference(page);
      await page.getByLabel("Where to compute").selectOption("webgpu");
      const status = page.getByRole("status").first();
      await expect.poll(() => status.innerText(), PATIENTLY).toContain("WebGPU");
      expect(Math.abs((await shownDifference(page)) - onWasm)).toBeLessThan(1e-4);
    });
    expect(problems).toEqual([]);
  });
});

test("work that takes long can be stopped, and the latest wish wins", async ({ bench }) => {
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    const table = page.getByRole("region", { name: "Sweep", exact: true }).first();
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

test("while a long table grows, what is asked has its turn at once", async ({ bench }) => {
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    const table = page.getByRole("region", { name: "Sweep", exact: true }).first();
    await page.getByLabel("batch", { exact: true }).fill("10000");
    await page.keyboard.press("Enter");
    await table.getByRole("radio", { name: "length" }).check();
    const stop = table.getByRole("button", { name: /^Stop/ });
    await stop.waitFor();
    await page.getByRole("radio", { name: "one prompt" }).check(); // the table is of all of them
    const note = page.getByRole("region", { name: "Answer" }).getByText(/n = 1$/);
    await note.waitFor({ timeout: 20_000 });
    expect(await stop.count()).toBe(1);
    await stop.press("Enter");
    // The button is gone, and the focus beside it.
    const over = table.getByRole("radio", { name: "length" });
    await expect.poll(() => over.evaluate((el) => el === document.activeElement)).toBe(true);
    await settled(page);
  });
  expect(problems).toEqual([]);
});

test("roles that only many prompts show come in when all is quiet, also after another model", async ({
  bench,
}) => {
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    const lookBack = page.locator(`[id$=-${CIRCUIT.deepLookBack}]`);
    const roles = () => lookBack.getAttribute("title");
    const sure = "look-back, does not mind order";
    expect(["look-back", sure]).toContain(await roles());
    await expect.poll(roles, { timeout: 60_000 }).toBe(sure);
    await page.getByLabel("Model", { exact: true }).selectOption("standard-2l-seed2");
    await settled(page);
    await page.getByRole("button", { name: "Undo" }).click(); // the other's are of no use any more
    await settled(page);
    await expect.poll(roles, { timeout: 60_000 }).toBe(sure);
  });
  expect(problems).toEqual([]);
});
