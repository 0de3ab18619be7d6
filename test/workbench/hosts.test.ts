/** @file The workbench on hosts that send no headers, as many that serve static files, and without a network. */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_MODEL } from "../default-model.ts";
import {
  openWorkbench,
  PAGES,
  PATIENTLY,
  settled,
  shownDifference,
  type Workbench,
  withBench,
} from "./bench-page.ts";
import { openInNode } from "./in-node.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

/** What another program on the same host answers, wherever it is asked under `/bench/other/`. */
let other = "";

let bench: Workbench;
let server: Server;
let url: string;
let expected: number;

/** Serves the built page in a folder of the host, with types and no other headers. */
function startPlainHost(): Promise<Server> {
  const host = createServer(async (request, response) => {
    const [pathname = ""] = (request.url ?? "").split("?");
    if (pathname === "/favicon.ico") {
      response.writeHead(204).end(); // browsers ask for one beside files that are opened by themselves
      return;
    }
    if (pathname.startsWith("/bench/other/")) {
      response.writeHead(200, { "content-type": "text/plain" }).end(other);
      return;
    }
    const path = pathname.replace(/^\/bench\//, "") || "index.html";
    try {
      const bytes = await readFile(`${PAGES}/${path}`);
      response.writeHead(200, {
        "content-type": TYPES[extname(path)] ?? "application/octet-stream",
      });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => host.listen(0, "127.0.0.1", () => resolve(host)));
}

beforeAll(async () => {
  bench = await openWorkbench();
  server = await startPlainHost();
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bench/`;
  using node = await openInNode(DEFAULT_MODEL);
  expected = await node.answer();
});

afterAll(async () => {
  await bench.close();
  server.closeAllConnections();
  server.close();
});

function onPlainHost(
  use: (page: Page) => Promise<void>,
  options: Parameters<typeof withBench>[2] = {},
) {
  return withBench(bench, use, { url, ...options });
}

const status = (page: Page) => page.getByRole("status").first();
const isIsolated = (page: Page) => page.evaluate(() => crossOriginIsolated).catch(() => false);

test("without a service worker the page runs on one thread, and says so", async () => {
  const problems = await onPlainHost(
    async (page) => {
      expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
      expect(await isIsolated(page)).toBe(false);
      expect(await status(page).innerText()).toContain("WebAssembly, one thread");
    },
    { serviceWorkers: "block" },
  );
  expect(problems).toEqual([]);
});

/** With the service worker, which has made the page start once more. */
async function isKept(page: Page): Promise<void> {
  await expect.poll(() => isIsolated(page), { timeout: 30_000 }).toBe(true);
  await settled(page);
}

test("with a service worker it starts once more, and has its threads, also offline", async () => {
  const problems = await onPlainHost(async (page) => {
    await isKept(page);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
    expect(await status(page).innerText()).toMatch(/WebAssembly, \d+ threads/);
    // A file of the site that is opened by itself does not take the page's place.
    await page.goto(`${url}models/${DEFAULT_MODEL}/config.json`);
    await page.context().setOffline(true);
    await page.goto(url);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
    expect(await isIsolated(page)).toBe(true);
  });
  expect(problems).toEqual([]);
});

test("offline the page says so, and which models there are", async () => {
  const failed = (problem: string) => /Failed to load resource|ERR_/.test(problem);
  const problems = await onPlainHost(async (page) => {
    await isKept(page);
    await page.context().setOffline(true);
    await page.reload();
    await settled(page);
    const models = page.getByLabel("Model", { exact: true });
    const kept = await models.inputValue();
    await models.selectOption("standard-2l-seed2");
    const said = () => page.getByRole("alert").innerText();
    await expect
      .poll(said, PATIENTLY)
      .toContain("standard-2l-seed2 cannot be fetched: this page is offline");
    expect(await said()).toContain(`Kept here, and there without a network: ${kept}.`);
    await page.getByRole("button", { name: "Dismiss" }).press("Enter");
    await expect.poll(() => models.evaluate((el) => el === document.activeElement)).toBe(true);
  });
  expect(problems.filter((problem) => !failed(problem))).toEqual([]);
});

test("the service worker answers for the site alone, and keeps scripts of the version before", async () => {
  const text = (page: Page, path: string) =>
    page.evaluate(async (at) => (await fetch(at)).text(), path);
  const problems = await onPlainHost(
    async (page) => {
      // As a page of the versions before has left it.
      await page.evaluate(async () => {
        for (const version of ["oldest", "older"]) {
          const cache = await caches.open(`lookback-${version}`);
          await cache.put("/bench/assets/trainer-old.js", new Response(version));
          await cache.put("/bench/models/gone/config.json", new Response("{}"));
        }
      });
      await page.goto(url);
      await isKept(page);
      expect(await text(page, "assets/trainer-old.js")).toBe("older");
      const left = await page.evaluate(async () => ({
        names: await caches.keys(),
        isModelThere: (await caches.match("/bench/models/gone/config.json")) !== undefined,
      }));
      expect(left).toEqual({
        names: ["lookback-older", expect.stringMatching(/^lookback-[0-9a-f]{16}$/)],
        isModelThere: false,
      });
      for (other of ["one", "two"]) expect(await text(page, "other/page?x")).toBe(other);
    },
    { url: `${url}other/start`, allowed: /\/bench\// },
  );
  expect(problems).toEqual([]);
});

test("the server of this machine's own has no need of it", async () => {
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    const workers = () =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
    await page.waitForTimeout(500);
    expect(await workers()).toBe(0);
    expect(await isIsolated(page)).toBe(true);
  });
  expect(problems).toEqual([]);
});
