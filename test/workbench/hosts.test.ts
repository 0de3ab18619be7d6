/** @file The workbench on hosts that send no headers, as many that serve static files. */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_MODEL } from "../default-model.ts";
import { openWorkbench, PAGES, shownDifference, type Workbench, withBench } from "./bench-page.ts";
import { openInNode } from "./in-node.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

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

function onPlainHost(use: (page: Page) => Promise<void>, options: BrowserContextOptions = {}) {
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

test("with a service worker it starts once more, and has its threads", async () => {
  const problems = await onPlainHost(async (page) => {
    await expect.poll(() => isIsolated(page), { timeout: 30_000 }).toBe(true);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
    expect(await status(page).innerText()).toMatch(/WebAssembly, \d+ threads/);
    // A file of the site that is opened by itself does not take the page's place.
    await page.goto(`${url}models/${DEFAULT_MODEL}/config.json`);
    await page.context().setOffline(true);
    await page.goto(url);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
  });
  expect(problems).toEqual([]);
});
