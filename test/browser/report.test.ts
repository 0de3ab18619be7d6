/** @file The report as a reader opens it: a file in Chromium, light and dark, on a phone and on a desk. */

// First, for threads.
import "../../src/node/threads.ts";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReproduceResult } from "../../src/experiments/reproduce.ts";
import { csvFiles } from "../../src/report/csv/csv.ts";
import { renderReport } from "../../src/report/html.ts";
import { sampleResult } from "../sample-result.ts";
import { launchChromium } from "./chromium.ts";
import {
  isDark,
  openTables,
  overflow,
  saved,
  thinOut,
  violations,
  withFilePage,
} from "./file-page.ts";

const NARROW = { width: 360, height: 740 };
const WIDE = { width: 1440, height: 900 };

let browser: Browser;
let folder: string;
let url: string;
let result: ReproduceResult;

beforeAll(async () => {
  result = await sampleResult("a <model>");
  folder = await mkdtemp(join(tmpdir(), "lookback-report-page-"));
  const path = join(folder, "report.html");
  await writeFile(path, await renderReport(result, { command: "lookback", version: "0.0.0" }));
  url = pathToFileURL(path).href;
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

/** Opens the report, lets `use` work with it, and returns what went wrong on the way. */
function withReport(
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<string[]> {
  return withFilePage(browser, url, options, use);
}

describe.each(["light", "dark"] as const)("the report, %s", (colorScheme) => {
  test.each([NARROW, WIDE])("is whole and accessible at $width pixels", async (viewport) => {
    const problems = await withReport({ colorScheme, viewport }, async (page) => {
      expect(await isDark(page)).toBe(colorScheme === "dark");

      await openTables(page);
      expect(await overflow(page)).toEqual({ scrolls: 0, clipped: [] });
      await thinOut(page);
      expect(await violations(page)).toEqual([]);
    });
    expect(problems).toEqual([]);
  });
});

describe("the report's script", () => {
  test("changes the theme and changes it back", async () => {
    const problems = await withReport({ colorScheme: "light" }, async (page) => {
      const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await paper();
      await page.getByRole("button", { name: "Dark theme" }).click();
      expect(await paper()).not.toBe(light);
      await page.getByRole("button", { name: "Light theme" }).click();
      expect(await paper()).toBe(light);
    });
    expect(problems).toEqual([]);
  });

  test("tells values to the pointer and to the arrow keys", async () => {
    const problems = await withReport({ viewport: WIDE, reducedMotion: "reduce" }, async (page) => {
      const tip = page.getByRole("status");
      const titles = () => page.locator("#figure-1 title").count();
      const before = await titles();
      const cell = page.locator("#figure-1 svg path.s48").first();
      await cell.scrollIntoViewIfNeeded();
      // Scrolling hides the tip, and says so a frame later.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => setTimeout(done))),
      );
      await cell.hover();
      expect(await tip.textContent()).toBe("L1H0, BOS (0) to BOS (0): 1.000");

      await page.mouse.move(0, 0);
      expect(await tip.textContent()).toBe("");
      await page.locator("#figure-2 .pictures").focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      expect(await tip.textContent()).toMatch(/^A \(position 1\): /);
      await page.keyboard.press("ArrowLeft");
      expect(await tip.textContent()).toMatch(/^BOS \(position 0\): /);
      await page.keyboard.press("Escape");
      expect(await tip.textContent()).toBe("");
      expect(await titles(), "a title is only lent to the tip").toBe(before);
    });
    expect(problems).toEqual([]);
  });

  test("saves the numbers", async () => {
    const problems = await withReport({}, async (page) => {
      const files = csvFiles(result);
      const csv = await saved(page, '#figure-5 [data-save="csv"]');
      expect(csv.name).toBe("lookback-a-model--figure-5.csv");
      expect(csv.text).toBe(files.get("figure-5"));
      const comparisons = await saved(page, '[data-save="comparisons"]');
      expect(comparisons.text).toBe(files.get("comparisons"));

      const json = await saved(page, '#figure-5 [data-save="json"]');
      expect(JSON.parse(json.text)).toMatchObject({
        spec: result.spec.figure5,
        model: { hash: result.model.hash },
        experiments: { figure5: { heads: result.experiments.figure5?.heads } },
      });
      const whole = await saved(page, '[data-save="result"]');
      expect(Object.keys(JSON.parse(whole.text).experiments)).toEqual(
        Object.keys(result.experiments),
      );
    });
    expect(problems).toEqual([]);
  });

  test("saves a picture that needs no page around it", async () => {
    const problems = await withReport({ colorScheme: "dark" }, async (page) => {
      const pictures = await page.locator("#figure-1 .pictures svg").count();
      const { name, text } = await saved(page, '#figure-1 [data-save="svg"]');
      expect(name).toBe("lookback-a-model--figure-1.svg");
      expect(text).not.toMatch(/var\(|currentColor|class=/);
      const [parsed, fills] = await page.evaluate((svg) => {
        const picture = new DOMParser().parseFromString(svg, "image/svg+xml");
        const marks = [...picture.querySelectorAll("path:has(> title)")];
        return [
          {
            root: picture.documentElement.localName,
            inner: picture.querySelectorAll("svg svg").length,
          },
          [...new Set(marks.map((mark) => mark.getAttribute("fill")))],
        ] as const;
      }, text);
      expect(parsed).toEqual({ root: "svg", inner: pictures });
      expect(fills.length).toBeGreaterThan(1);
      expect(fills.every((fill) => /^rgb\(\d+, \d+, \d+\)$/.test(fill ?? ""))).toBe(true);
      const [first] = fills;
      expect(first, "in the colours of light paper").toBe("rgb(10, 45, 94)");
    });
    expect(problems).toEqual([]);
  });
});

test("the report is complete without its script", async () => {
  const problems = await withReport({ javaScriptEnabled: false }, async (page) => {
    expect(await page.locator("figure svg").count()).toBeGreaterThan(50);
    expect(await page.getByRole("button").count(), "no button that would do nothing").toBe(0);
    await page.locator("#figure-2 summary").click();
    expect(await page.locator("#figure-2 table tbody tr").count()).toBe(9);
  });
  expect(problems).toEqual([]);
});
