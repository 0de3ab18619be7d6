/** @file The page of a development as a reader opens it: light and dark, on a phone and on a desk. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { development } from "../../src/development/across-runs.ts";
import { developmentFiles } from "../../src/report/development/files.ts";
import { SAMPLE_TIMES, sampleRecord } from "../sample-development.ts";
import { launchChromium } from "./chromium.ts";
import { openTables, overflow, saved, thinOut, violations, withFilePage } from "./file-page.ts";

const later = { ...SAMPLE_TIMES, previousToken: 20e6, induction: 26e6 };
const RESULT = development([
  sampleRecord("standard-natural-seed-1"),
  sampleRecord("standard-natural-seed-2", later, 2),
  sampleRecord("standard-natural-seed-3", SAMPLE_TIMES, 3),
]);

let browser: Browser;
let folder: string;
let url: string;
let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  files = await developmentFiles(RESULT, { version: "0.0.0", command: "lookback develop runs/x" });
  folder = await mkdtemp(join(tmpdir(), "lookback-development-page-"));
  const path = join(folder, "report.html");
  await writeFile(path, files.get("report.html") ?? "");
  url = pathToFileURL(path).href;
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

describe.each(["light", "dark"] as const)("the page, %s", (colorScheme) => {
  test.each([360, 1440])("is whole and accessible at %i pixels", async (width) => {
    const options = { colorScheme, viewport: { width, height: 900 } };
    const problems = await withFilePage(browser, url, options, async (page) => {
      const { scrolls, clipped } = await overflow(page);
      expect(scrolls, "the page scrolls sideways").toBe(0);
      expect(clipped, "texts out of their pictures").toEqual([]);
      await openTables(page);
      await thinOut(page);
      expect(await violations(page)).toEqual([]);
    });
    expect(problems).toEqual([]);
  });
});

test("the page tells values, and saves what is behind a figure", async () => {
  const options = { reducedMotion: "reduce" } as const;
  const problems = await withFilePage(browser, url, options, async (page) => {
    await page.locator("#losses-run-1 .pictures").focus();
    // Focus scrolls, and scrolling hides the tip a frame later.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("status").textContent()).toMatch(
      /^held-out loss, the start: 4\.60 \[/,
    );
    const csv = await saved(page, '#losses-run-1 [data-save="csv"]');
    expect(csv.name).toBe("lookback-development-3-runs-losses-run-1.csv");
    expect(csv.text).toBe(files.get("data/losses-run-1.csv"));
    const json = await saved(page, '#across-runs [data-save="figure"]');
    expect(JSON.parse(json.text)).toEqual(RESULT.across);
    const svg = await saved(page, '#lengths-run-2 [data-save="svg"]');
    expect(svg.text).not.toMatch(/var\(|currentColor/);
  });
  expect(problems).toEqual([]);
});

test("a picture is a file of its own, with its colours", async () => {
  const path = join(folder, "order.svg");
  await writeFile(path, files.get("figures/order-run-1.svg") ?? "");
  const problems = await withFilePage(browser, pathToFileURL(path).href, {}, async (page) => {
    const fills = await page.evaluate(() =>
      Array.from(document.querySelectorAll("rect"), (rect) => getComputedStyle(rect).fill),
    );
    expect(new Set(fills).size).toBeGreaterThan(3);
  });
  expect(problems).toEqual([]);
  expect(await readFile(path, "utf8")).toContain("light-dark");
});
