/** @file Pages that are one file, under test: opened from disk, watched, and looked over. */

import { readFile } from "node:fs/promises";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** Opens a page, lets `use` work with it, and returns what went wrong on the way. */
export async function withFilePage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<string[]> {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const problems: string[] = [];
  try {
    const page = await context.newPage();
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      if (request.url() !== url && !/^(blob|data):/.test(request.url())) {
        problems.push(`asked for ${request.url()}`);
      }
    });
    await page.goto(url);
    await use(page);
  } finally {
    await context.close();
  }
  return problems;
}

/** The file that a click on a button saves, with its name. */
export async function saved(page: Page, selector: string): Promise<{ name: string; text: string }> {
  const waiting = page.waitForEvent("download");
  await page.locator(selector).first().click();
  const download = await waiting;
  return {
    name: download.suggestedFilename(),
    text: await readFile(await download.path(), "utf8"),
  };
}

/** Texts of pictures that leave their frame, and how far the page scrolls sideways. */
export function overflow(page: Page): Promise<{ scrolls: number; clipped: (string | null)[] }> {
  return page.evaluate(() => ({
    scrolls: document.documentElement.scrollWidth - innerWidth,
    clipped: Array.from(document.querySelectorAll(".pictures text"), (text) => ({
      text: text.textContent,
      box: text.getBoundingClientRect(),
      frame: text.closest(".pictures")?.getBoundingClientRect(),
    }))
      .filter(({ box, frame }) => frame && (box.left < frame.left || box.right > frame.right))
      .map(({ text }) => text),
  }));
}

/** Tables that are opened for a check; the larger are of the same make, and take their time. */
const MOST_CELLS = 100;

/** Opens what is folded, but for large tables. */
export function openTables(page: Page): Promise<void> {
  return page.evaluate((most) => {
    for (const details of document.querySelectorAll("details")) {
      details.open = details.querySelectorAll("td").length < most;
    }
  }, MOST_CELLS);
}

/**
 * Takes out what axe need not see: pictures are one image each to a reader of screens, and it is slow on
 * their thousands of parts; and tables that are folded.
 */
export function thinOut(page: Page): Promise<void> {
  return page.evaluate(() => {
    for (const svg of document.querySelectorAll("svg")) svg.replaceChildren();
    for (const table of document.querySelectorAll("details:not([open]) table")) table.remove();
  });
}

/** What axe finds wrong: the rule, and the first element that breaks it. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}

/** Whether the page is dark. */
export function isDark(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const [red = 255] = getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? [];
    return Number(red) < 128;
  });
}
