/** @file The workbench for everyone: axe, no sideways scrolling, and everything by keyboard. */

import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { layoutShift, openPage, settled, shownDifference, withBench } from "./bench-page.ts";
import { test } from "./bench-test.ts";

/** All pages one after the other, training included, each in both colour schemes. */
const MINUTES = 4 * 60_000;

const WHALES = Array.from(
  { length: 400 },
  (_, i) => `The ${(i * i) % 83} whales of ${i % 19} swam past the ${i % 11} ships.`,
).join(" ");

/** What axe finds in light and in dark, in short. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found: string[] = [];
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    const ofScheme = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const { violations } = await axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} (${nodes.length})`);
    });
    found.push(...ofScheme.map((violation) => `${colorScheme}: ${violation}`));
  }
  return found;
}

const sidewaysScroll = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** Everything on: interventions, a pinned head, patches by position, a table, opened tables. */
async function showAll(page: Page): Promise<void> {
  await settled(page);
  await page.getByRole("button", { name: /^Patch z of L0H4/ }).click();
  await page.locator("[id$=-L0H5]").click({ modifiers: ["Shift"] });
  await page.getByLabel("× positions").check();
  const table = page.getByRole("region", { name: "Sweep", exact: true }).first();
  await table.getByRole("radio", { name: "order" }).check();
  await settled(page);
  const tables = await page.locator("summary", { hasText: "Table of" }).all();
  expect(tables.length).toBeGreaterThan(4);
  for (const summary of tables) await summary.click();
}

/** A few steps of training, and the slider over what it kept. */
async function trainAndLook(page: Page): Promise<void> {
  await openPage(page, "Train");
  const steps = page.getByRole("spinbutton", { name: "steps" });
  await steps.fill("12");
  await steps.blur();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("textbox", { name: "Text", exact: true }).fill(WHALES);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText(/^done: step 12/).waitFor();
  await page.getByText("Table of looks").click();
  expect(await sidewaysScroll(page), "training scrolls sideways").toBe(0);
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Look into it" }).click();
  await page.getByRole("slider", { name: "Checkpoint" }).waitFor();
  // The curve of the loss fills its own range, so that is named.
  await page.getByText(/^loss, \d+\.\d+ to \d+\.\d+$/).waitFor();
  await settled(page);
  expect(await sidewaysScroll(page), "the slider scrolls sideways").toBe(0);
  expect(await violations(page)).toEqual([]);
}

test.for([
  [360, 740],
  [900, 1000],
  [1440, 900],
] as const)(
  "%i pixels wide, it is whole and accessible",
  { timeout: MINUTES },
  async ([width, height], { bench }) => {
    const problems = await withBench(
      bench,
      async (page) => {
        await settled(page);
        expect(await sidewaysScroll(page), "scrolls sideways at first").toBe(0);
        expect(await violations(page)).toEqual([]);
        await showAll(page);
        expect(await sidewaysScroll(page), "scrolls sideways with everything on").toBe(0);
        expect(await violations(page)).toEqual([]);
        await page.getByRole("button", { name: "Share…" }).click();
        await page.getByLabel("Command for the prompts").waitFor();
        expect(await violations(page)).toEqual([]);
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Keys" }).click();
        await page.getByRole("dialog", { name: "Keys" }).waitFor();
        expect(await violations(page)).toEqual([]);
        await page.keyboard.press("Escape");
        await openPage(page, "Story");
        await page.getByRole("region", { name: /^1\./ }).getByText("logit difference").waitFor();
        await page.getByRole("region", { name: /^1\./ }).getByText("Save", { exact: true }).click();
        const development = page.getByRole("region", { name: /^7\./ });
        await development.scrollIntoViewIfNeeded();
        await development.getByText("Table").first().click();
        expect(await sidewaysScroll(page), "the story scrolls sideways").toBe(0);
        expect(await violations(page)).toEqual([]);
        await trainAndLook(page);
      },
      { viewport: { width, height } },
    );
    expect(problems).toEqual([]);
  },
);

test("stays where it is while results come in", async ({ bench }) => {
  const problems = await withBench(
    bench,
    async (page) => {
      await settled(page);
      const shift = await layoutShift(page);
      expect(shift).toBeLessThan(0.1); // what counts as good
    },
    { viewport: { width: 1440, height: 900 } },
  );
  expect(problems).toEqual([]);
});

test("is worked by keyboard alone", async ({ bench }) => {
  const problems = await withBench(bench, async (page) => {
    const before = await shownDifference(page);
    const focused = () =>
      page.evaluate(() => {
        const { activeElement } = document;
        return (
          activeElement?.getAttribute("aria-label") ?? activeElement?.textContent?.trim() ?? ""
        );
      });
    const tabTo = async (name: RegExp) => {
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press("Tab");
        if (name.test(await focused())) return;
      }
      throw new Error(`Tab never came to ${name}`);
    };
    await tabTo(/^zero$/);
    await page.keyboard.press("Enter");
    const ablated = await shownDifference(page);
    expect(ablated).not.toBe(before);
    await tabTo(/^L1H\d/);
    const chosen = await focused();
    await page.keyboard.press("ArrowUp");
    expect(await focused()).not.toBe(chosen);
    expect(await focused()).toMatch(/^L0H/);
    await tabTo(/^Attention of L0H.*matrix|^Attention of L0H/);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    const readout = page.locator(".readout").first();
    expect(await readout.innerText()).toContain("from");
    await page.keyboard.press("Escape");
    expect(await readout.innerText()).not.toContain("locked");
    // Back through all of it.
    for (let i = 0; i < 4; i++) await page.keyboard.press("Control+Z");
    expect(await shownDifference(page)).toBe(before);
  });
  expect(problems).toEqual([]);
});

test("lists its keys where ? is pressed outside of text, and Escape closes no more than the list", async ({
  bench,
}) => {
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    await page.locator("[id$=-L0H4]").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    const matrix = page.getByRole("application", { name: /^Attention of L0H4/ });
    await matrix.focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Keys" });
    await page.keyboard.press("?");
    await dialog.waitFor();
    await dialog.getByText("Shift+Enter").waitFor();
    await page.keyboard.press("Control+Z"); // under the list all stays as it is
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await page.locator(".readout.locked, .readout b").count()).toBeGreaterThan(0);
    // What the list says of heads holds.
    await page.locator("[id$=-L0H4]").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Shift+Enter");
    await page.getByRole("button", { name: "Unpin L0H5" }).waitFor();

    await page.getByLabel("Pattern", { exact: true }).check();
    const field = page.getByRole("textbox", { name: "pattern", exact: true });
    await field.press("End");
    await field.press("?");
    expect(await dialog.count()).toBe(0);
  });
  expect(problems).toEqual([]);
});
