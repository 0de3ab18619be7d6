/** @file The built workbench in Chromium, and what a reader does there. */

import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import {
  serveWorkbench,
  type WorkbenchServer,
  type WorkbenchSite,
} from "../../src/cli/workbench-server.ts";
import { launchChromium } from "../browser/chromium.ts";

const ROOT = new URL("../../", import.meta.url);

export const MODELS = fileURLToPath(new URL("models", ROOT));

/** The built page. */
export const PAGES = fileURLToPath(new URL("dist/workbench", ROOT));

/** For what comes when it comes: machines are of all kinds, and busy with other things. */
export const PATIENTLY = { timeout: 60_000 } as const;

/** The browser and the site, for the tests of a file. */
export interface Workbench {
  readonly server: WorkbenchServer;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Serves the built page and starts the browser. */
export async function openWorkbench(...flags: readonly string[]): Promise<Workbench> {
  return open({ pages: PAGES, models: MODELS }, flags);
}

/** The same with a training run. */
export async function openWorkbenchOn(run: string): Promise<Workbench> {
  return open({ pages: PAGES, models: MODELS, run }, []);
}

async function open(site: WorkbenchSite, flags: readonly string[]): Promise<Workbench> {
  const server = await serveWorkbench(site, 0);
  const browser = await launchChromium(...flags);
  return {
    server,
    browser,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** What Playwright says where a test has no service worker. */
const BLOCKED = "Service Worker registration blocked by Playwright";

/** How the page is opened, beside what Playwright asks. */
interface Opening extends BrowserContextOptions {
  /** The part of the address behind the page's, with `#`. */
  readonly hash?: string;
  /** Where the page is, if not on the server of the workbench. */
  readonly url?: string;
  /** Requests to other origins that are no problem. */
  readonly allowed?: RegExp;
  /** Called before the page is opened. */
  readonly before?: (context: BrowserContext) => Promise<unknown>;
}

/** Opens the page, lets `use` work with it, and returns what went wrong on the way. */
export async function withBench(
  { browser, server }: Workbench,
  use: (page: Page) => Promise<void>,
  { hash = "", url = server.url, allowed, before, ...options }: Opening = {},
): Promise<string[]> {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const problems: string[] = [];
  const site = new URL(".", url).href;
  try {
    await before?.(context);
    context.setDefaultTimeout(PATIENTLY.timeout);
    const page = await context.newPage();
    page.on("console", (message) => {
      const isProblem = message.type() === "error" || message.type() === "warning";
      // A file that is opened by itself has none, and the browser asks the host for it when it likes.
      const isIcon = message.location().url.endsWith("/favicon.ico");
      if (isProblem && !isIcon && message.text() !== BLOCKED) {
        problems.push(`${message.text()} ${message.location().url}`);
      }
    });
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      const asked = request.url();
      if (asked.startsWith(site) || /^(blob|data|about):/.test(asked)) return;
      if (!allowed?.test(asked)) problems.push(`asked ${asked}`);
    });
    await page.goto(`${url}${hash}`);
    await use(page);
  } finally {
    await context.close();
  }
  return problems;
}

/** Goes to a page of the workbench by its link in the header. */
export function openPage(page: Page, name: "Bench" | "Story" | "Train"): Promise<void> {
  return page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
}

/** Waits until everything that was asked for is there. */
export async function settled(page: Page): Promise<void> {
  await page.locator("[data-testid=logit-difference][data-value]").waitFor();
  // An action is followed up in the same turn, so what it asks for is marked busy by the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  await page.locator("main[data-working=true]").waitFor({ state: "detached" });
}

/** The logit difference that is shown, in full. */
export async function shownDifference(page: Page): Promise<number> {
  await settled(page);
  const value = await page.locator("[data-testid=logit-difference]").getAttribute("data-value");
  return Number(value);
}

/** The state that the address holds, once it has been written there. */
export async function addressOf(page: Page): Promise<string> {
  await page.waitForTimeout(400);
  return page.url();
}

/** Drops files and folders of this machine onto the page, as a hand would. */
export async function dropOnto(page: Page, ...paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
  }
}

/** How much of the page has moved that nobody moved: below 0.1 counts as good. */
export function layoutShift(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            const { value, hadRecentInput } = entry as PerformanceEntry & {
              readonly value: number;
              readonly hadRecentInput: boolean;
            };
            if (!hadRecentInput) sum += value;
          }
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(sum), 200);
      }),
  );
}
