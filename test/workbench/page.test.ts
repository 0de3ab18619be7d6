/** @file The workbench as a reader has it: the built page, its own server, Chromium; numbers as in Node. */

// First, for threads.
import "../../src/node/threads.ts";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveWorkbench, type WorkbenchServer } from "../../src/cli/workbench-server.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import { readModel } from "../../src/node/read-model.ts";
import { sessionAnswer } from "../../src/session/answer.ts";
import { DEFAULT_SESSION } from "../../src/session/parse-spec.ts";
import { Session } from "../../src/session/session.ts";
import type { Intervention, SessionSpec } from "../../src/session/spec.ts";
import { launchChromium } from "../browser/chromium.ts";
import { isDark, violations } from "../browser/file-page.ts";

const folder = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let browser: Browser;
let server: WorkbenchServer;
let model: HookedTransformer;
let session: Session;

beforeAll(async () => {
  server = await serveWorkbench({ pages: folder("dist/workbench"), models: folder("models") }, 0);
  browser = await launchChromium();
  const source = await readModel("shortformer-copied");
  model = await HookedTransformer.create(source);
  session = new Session(model, null, 0);
});

afterAll(async () => {
  model?.dispose();
  await browser?.close();
  await server?.close();
});

/** Opens the page, lets `use` work with it, and returns what went wrong on the way. */
async function withWorkbench(
  options: BrowserContextOptions & { readonly hash?: string },
  use: (page: Page, context: BrowserContext) => Promise<void>,
): Promise<string[]> {
  const { hash = "", ...rest } = options;
  const context = await browser.newContext(rest);
  const problems: string[] = [];
  try {
    const page = await context.newPage();
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    context.on("request", (request) => {
      const isOwn = request.url().startsWith(server.url) || /^(blob|data):/.test(request.url());
      if (!isOwn) problems.push(`asked for ${request.url()}`);
    });
    await page.goto(`${server.url}${hash}`);
    await use(page, context);
  } finally {
    await context.close();
  }
  return problems;
}

/** The logit difference that the page shows, once it is there. */
async function difference(page: Page, isAsked: (value: number) => boolean = () => true) {
  let value = Number.NaN;
  await expect
    .poll(
      async () => {
        const text = await page.getByTestId("logit-difference").getAttribute("data-value");
        value = text === null ? Number.NaN : Number(text);
        return !Number.isNaN(value) && isAsked(value);
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  return value;
}

/** The same in Node. */
async function inNode(interventions: readonly Intervention[]): Promise<number> {
  const spec: SessionSpec = { ...DEFAULT_SESSION, interventions };
  return (await sessionAnswer(session, spec)).logitDifference.mean;
}

const PATCH: Intervention = {
  kind: "patch",
  component: "z",
  head: { layer: 0, head: 4 },
  position: null,
};

describe("the workbench", () => {
  it("opens on the bundled model with the number that Node has, from its own origin alone", async () => {
    const expected = await inNode([]);
    const problems = await withWorkbench({}, async (page) => {
      expect(await difference(page)).toBeCloseTo(expected, 4);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      await page.getByText("2 layers × 8 heads, WebAssembly").waitFor();
      await page.getByRole("heading", { name: /Attention of L1H3/ }).waitFor();
    });
    expect(problems).toEqual([]);
  });

  it("keeps a patch on and takes it back, every view with it", async () => {
    const [plain, patched] = [await inNode([]), await inNode([PATCH])];
    const problems = await withWorkbench({}, async (page) => {
      await difference(page);
      const cell = page.getByRole("button", { name: /^Patch z of L0H4: −?\d/ });
      await cell.click();
      const isChanged = (value: number) => Math.abs(value - plain) > 1e-3;
      expect(await difference(page, isChanged)).toBeCloseTo(patched, 4);
      await page.getByRole("button", { name: /^Remove .*L0H4/ }).waitFor();
      await page.getByRole("button", { name: "Undo" }).click();
      expect(await difference(page, (value) => !isChanged(value))).toBeCloseTo(plain, 4);
      await page.getByRole("button", { name: "Redo" }).click();
      expect(await difference(page, isChanged)).toBeCloseTo(patched, 4);
    });
    expect(problems).toEqual([]);
  });

  it("is whole in its link", async () => {
    let link = "";
    const patched = await inNode([PATCH]);
    const first = await withWorkbench({}, async (page) => {
      await difference(page);
      await page.getByRole("button", { name: /^Patch z of L0H4: −?\d/ }).click();
      await page.getByRole("button", { name: /^Remove .*L0H4/ }).waitFor();
      await page.getByRole("button", { name: "Share…" }).click();
      link = await page.getByRole("textbox", { name: "Link" }).inputValue();
    });
    const second = await withWorkbench({ hash: new URL(link).hash }, async (page) => {
      expect(await difference(page)).toBeCloseTo(patched, 4);
      await page.getByRole("button", { name: /^Remove .*L0H4/ }).waitFor();
    });
    expect([...first, ...second]).toEqual([]);
  });

  it("says what is wrong with a link, and opens all the same", async () => {
    const problems = await withWorkbench({ hash: "#1.broken" }, async (page) => {
      await page.getByRole("alert").first().waitFor();
      expect(await difference(page)).toBeCloseTo(await inNode([]), 4);
    });
    expect(problems).toEqual([]);
  });

  it("takes a model from files, and keeps the one it has where they are none", async () => {
    const file = async (name: string, path: string) => ({
      name,
      mimeType: "application/octet-stream",
      buffer: await readFile(folder(path)),
    });
    const problems = await withWorkbench({}, async (page) => {
      const before = await difference(page);
      const input = page.getByLabel("Model files");
      const config = await file("config.json", "models/shortformer-natural/config.json");
      const broken = { ...config, name: "model.safetensors", buffer: Buffer.from("not a model") };
      await input.setInputFiles([config, broken]);
      await page.getByText("shortformer-copied is still here").waitFor();
      expect(await difference(page)).toBe(before);
      await input.setInputFiles([
        config,
        await file("model.safetensors", "models/shortformer-natural/model.safetensors"),
        await file("tokenizer.json", "models/shortformer-natural/tokenizer.json"),
      ]);
      await difference(page, (value) => Math.abs(value - before) > 1e-6);
      expect(await page.getByText("is still here").count()).toBe(0);
    });
    expect(problems).toEqual([]);
  });

  it("opens without a network once it was there", async () => {
    const problems = await withWorkbench({}, async (page, context) => {
      const before = await difference(page);
      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.reload();
      await difference(page);
      await context.setOffline(true);
      await page.reload();
      expect(await difference(page)).toBe(before);
    });
    expect(problems.filter((problem) => !problem.includes("ERR_INTERNET_DISCONNECTED"))).toEqual(
      [],
    );
  });
});

describe.each([
  ["light", 1440],
  ["dark", 900],
  ["dark", 360],
] as const)("the page, %s, %i pixels wide", (colorScheme, width) => {
  it("is accessible, and scrolls one way only", async () => {
    const viewport = { width, height: 900 };
    const problems = await withWorkbench({ colorScheme, viewport }, async (page) => {
      await difference(page);
      expect(await isDark(page)).toBe(colorScheme === "dark");
      const sideways = () => document.documentElement.scrollWidth - innerWidth;
      expect(await page.evaluate(sideways)).toBe(0);
    });
    expect(problems).toEqual([]);
    // axe is a script of its own, which the page's policy keeps out.
    const looked = await withWorkbench({ colorScheme, viewport, bypassCSP: true }, async (page) => {
      await difference(page);
      expect(await violations(page)).toEqual([]);
    });
    expect(looked).toEqual([]);
  });
});
