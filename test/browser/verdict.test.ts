/** @file The verdict as a reader opens it: a file in Chromium, light and dark, on a phone and on a desk. */

// First, for threads.
import "../../src/node/threads.ts";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { acrossModels } from "../../src/hypothesis/across-models.ts";
import type { VerdictResult } from "../../src/hypothesis/verdict.ts";
import { renderAcrossModels } from "../../src/report/across-models/html.ts";
import { renderReport } from "../../src/report/html.ts";
import { verdictCsvFiles } from "../../src/report/verdict/csv.ts";
import { renderVerdict } from "../../src/report/verdict/html.ts";
import { sampleResult } from "../sample-result.ts";
import { plantedVerdict, randomVerdict } from "../sample-verdict.ts";
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

const NARROW = { width: 380, height: 740 };
const WIDE = { width: 1200, height: 900 };
const PROVENANCE = { command: "lookback verdict", version: "0.0.0" };

type PageName = "planted" | "random" | "report" | "models";

let browser: Browser;
let folder: string;
let planted: VerdictResult;

beforeAll(async () => {
  planted = await plantedVerdict();
  folder = await mkdtemp(join(tmpdir(), "lookback-verdict-page-"));
  const random = await randomVerdict("a <model>");
  const across = acrossModels([planted, random]);
  const pages: Record<PageName, string> = {
    planted: await renderVerdict(planted, PROVENANCE),
    random: await renderVerdict(random, PROVENANCE),
    models: await renderAcrossModels(across, { ...PROVENANCE, pages: ["a.html", "b.html"] }),
    report: await renderReport(await sampleResult(), PROVENANCE, planted),
  };
  for (const [name, text] of Object.entries(pages)) await writeFile(pathOf(name), text);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

function pathOf(name: string): string {
  return join(folder, `${name}.html`);
}

/** Opens a page, lets `use` work with it, and returns what went wrong on the way. */
function withPage(
  name: PageName,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<string[]> {
  return withFilePage(browser, pathToFileURL(pathOf(name)).href, options, use);
}

describe.each(["light", "dark"] as const)("the verdict, %s", (colorScheme) => {
  test.each([
    ["planted", NARROW],
    ["planted", WIDE],
    ["random", NARROW],
    ["models", NARROW],
    ["models", WIDE],
  ] as const)("of %s is whole and accessible at %o", async (name, viewport) => {
    const problems = await withPage(name, { colorScheme, viewport }, async (page) => {
      expect(await isDark(page)).toBe(colorScheme === "dark");
      await openTables(page);
      expect(await overflow(page)).toEqual({ scrolls: 0, clipped: [] });
      await thinOut(page);
      expect(await violations(page)).toEqual([]);
    });
    expect(problems).toEqual([]);
  });
});

describe("the verdict's script", () => {
  test("changes the theme and changes it back", async () => {
    const problems = await withPage("planted", { colorScheme: "light" }, async (page) => {
      const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await paper();
      await page.getByRole("button", { name: "Dark theme" }).click();
      expect(await paper()).not.toBe(light);
      await page.getByRole("button", { name: "Light theme" }).click();
      expect(await paper()).toBe(light);
    });
    expect(problems).toEqual([]);
  });

  test("saves tables, parts, claims, the whole verdict and pictures", async () => {
    const problems = await withPage("planted", { viewport: WIDE }, async (page) => {
      const csv = await saved(page, '#figure-v4 [data-save="csv"]');
      expect(csv.name).toBe("lookback-verdict-planted-bag-recency-by-length.csv");
      expect(csv.text).toBe(verdictCsvFiles(planted).get("recency-by-length"));

      const part = JSON.parse((await saved(page, '#figure-v4 [data-save="part"]')).text);
      expect(part.spec).toEqual(planted.parts.recency.spec);
      expect(part.parts.recency.rows).toHaveLength(planted.parts.recency.rows.length);

      const claims = JSON.parse((await saved(page, '#figure-v1 [data-save="claims"]')).text);
      expect(claims.claims.map(({ verdict }: { verdict: string }) => verdict)).toEqual(
        planted.claims.map(({ verdict }) => verdict),
      );
      const whole = JSON.parse((await saved(page, '[data-save="verdict"]')).text);
      expect(Object.keys(whole)).toEqual(Object.keys(planted));

      const pictures = await page.locator("#figure-v1 .pictures svg").count();
      const { text } = await saved(page, '#figure-v1 [data-save="svg"]');
      expect(text).not.toMatch(/var\(|currentColor|class=/);
      expect(text.match(/<svg/g)).toHaveLength(pictures + 1);
      // The predicted side is a tint, behind what was measured.
      expect(text).toContain('fill-opacity="0.13"');
    });
    expect(problems).toEqual([]);
  });

  test("tells measurements to the arrow keys", async () => {
    const options = { viewport: WIDE, reducedMotion: "reduce" } as const;
    const problems = await withPage("planted", options, async (page) => {
      const [first] = planted.claims;
      await page.locator("#figure-v1 .pictures").focus();
      // Scrolling hides the tip, and says so a frame later.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => setTimeout(done))),
      );
      await page.keyboard.press("ArrowRight");
      const tip = await page.getByRole("status").textContent();
      expect(tip).toContain(first?.measurement[0]?.quantity);
      expect(tip).toContain("predicted above");
    });
    expect(problems).toEqual([]);
  });
});

test("the report with a verdict is one page: nothing clipped, both parts save", async () => {
  const problems = await withPage("report", { viewport: NARROW }, async (page) => {
    expect(await overflow(page)).toEqual({ scrolls: 0, clipped: [] });
    const ofVerdict = await saved(page, '#figure-v9 [data-save="part"]');
    expect(Object.keys(JSON.parse(ofVerdict.text).parts)).toEqual(["effects"]);
    const ofPost = await saved(page, '#figure-5 [data-save="json"]');
    expect(Object.keys(JSON.parse(ofPost.text).experiments)).toEqual(["figure5"]);
  });
  expect(problems).toEqual([]);
});

test("the verdict is complete without its script", async () => {
  const problems = await withPage("planted", { javaScriptEnabled: false }, async (page) => {
    expect(await page.locator("figure svg").count()).toBeGreaterThan(50);
    expect(await page.getByRole("button").count(), "no button that would do nothing").toBe(0);
  });
  expect(problems).toEqual([]);
});
