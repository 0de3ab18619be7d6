/** @file The page of a sweep as a reader opens it: light and dark, on a phone and on a desk. */

// First, for threads.
import "../../src/node/threads.ts";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HookedTransformer } from "../../src/model/model.ts";
import { type SweepFiles, sweepFiles } from "../../src/report/sweep/files.ts";
import { sweep } from "../../src/sweeps/sweep.ts";
import { parseSweepSpec } from "../../src/sweeps/sweep-spec.ts";
import { randomModel } from "../random-model.ts";
import { launchChromium } from "./chromium.ts";
import { violations, withFilePage } from "./file-page.ts";

const SPEC = parseSweepSpec({
  length: [2, 3, 4],
  gap: [0, 1, 2, 3, 4, 5],
  filler: ["random", "repeat", "bos"],
  order: ["first-second", "second-first"],
  vocabulary: [null, { ids: [1, 2, 3, 4, 5, 6, 7, 8] }],
  seed: [1, 2],
  batch: 2,
  bos: 0,
});

let browser: Browser;
let folder: string;
let url: string;
let files: SweepFiles;

beforeAll(async () => {
  using model = await HookedTransformer.create(randomModel({ n_ctx: 64, d_vocab: 31 }));
  files = await sweepFiles(await sweep(model, SPEC), { version: "0.0.0" });
  folder = await mkdtemp(join(tmpdir(), "lookback-sweep-page-"));
  const path = join(folder, "sweep.html");
  await writeFile(path, files.html);
  url = pathToFileURL(path).href;
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

/** Opens the page, lets `use` work with it, and returns what went wrong on the way. */
function withPage(
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<string[]> {
  return withFilePage(browser, url, options, use);
}

describe.each(["light", "dark"] as const)("the page, %s", (colorScheme) => {
  test.each([360, 1440])("is whole and accessible at %i pixels", async (width) => {
    const viewport = { width, height: 900 };
    const problems = await withPage({ colorScheme, viewport }, async (page) => {
      const { scrolls, clipped } = await page.evaluate(() => ({
        scrolls: document.documentElement.scrollWidth - innerWidth,
        clipped: Array.from(document.querySelectorAll(".pictures text"), (text) => ({
          text: text.textContent,
          box: text.getBoundingClientRect(),
          frame: text.closest("svg")?.getBoundingClientRect(),
        }))
          .filter(
            ({ box, frame }) =>
              frame &&
              (box.left < frame.left - 1 ||
                box.right > frame.right + 1 ||
                box.bottom > frame.bottom + 1),
          )
          .map(({ text }) => text),
      }));
      expect(scrolls, "the page scrolls sideways").toBe(0);
      expect(clipped, "texts out of their pictures").toEqual([]);
      await page.evaluate(() => {
        for (const svg of document.querySelectorAll("svg")) svg.replaceChildren();
        for (const row of document.querySelectorAll("tbody tr:nth-child(n+5)")) row.remove();
        for (const details of document.querySelectorAll("details")) details.open = true;
      });
      expect(await violations(page)).toEqual([]);
    });
    expect(problems).toEqual([]);
  });
});

test("the page tells values, saves its numbers, and its pictures with their colours", async () => {
  const problems = await withPage({ reducedMotion: "reduce" }, async (page) => {
    const pictures = page.locator("#figure-1 .pictures");
    await pictures.focus();
    // Focus scrolls, and scrolling hides the tip a frame later.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("status").textContent()).toMatch(
      /^Logit difference B − D, gap 0, .*n = 4$/,
    );
    const saved = async (selector: string) => {
      const waiting = page.waitForEvent("download");
      await page.locator(selector).click();
      const download = await waiting;
      return [download.suggestedFilename(), await readFile(await download.path(), "utf8")] as const;
    };
    expect(await saved('[data-save="csv"]')).toEqual([
      "lookback-sweep-random-sweep.csv",
      files.csv,
    ]);
    const [name, svg] = await saved('#figure-2 [data-save="svg"]');
    expect(name).toBe("lookback-sweep-random-figure-2.svg");
    expect(svg).not.toMatch(/var\(|currentColor/);
  });
  expect(problems).toEqual([]);
});
