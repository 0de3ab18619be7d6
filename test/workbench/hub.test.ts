/** @file Models from the hub in the workbench, with a server on this machine in the hub's place. */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { DEFAULT_MODEL } from "../default-model.ts";
import {
  openWorkbench,
  PATIENTLY,
  settled,
  shownDifference,
  type Workbench,
  withBench,
} from "./bench-page.ts";
import { openInNode } from "./in-node.ts";

const MODEL = fileURLToPath(new URL("../fixtures/golden/standard-ln/", import.meta.url));
const HUB = /^https:\/\/([\w-]+\.)?(huggingface\.co|hf\.co)\//;

/** What the hub has, and how it behaves just now. */
interface Hub {
  files: Record<string, Buffer>;
  /** Large files wait for this. */
  until: Promise<void>;
  isAway: boolean;
  readonly asked: string[];
}

let bench: Workbench;
let server: Server;
let address: string;
const hub: Hub = { files: {}, until: Promise.resolve(), isAway: false, asked: [] };

/** The hub as a page sees it: a list of files, and files that large ones are redirected to. */
function startHub(): Promise<Server> {
  const cors = { "access-control-allow-origin": "*" };
  const started = createServer(async (request, response) => {
    const url = request.url ?? "";
    hub.asked.push(url);
    if (url === "/api/models/owner/model") {
      const siblings = Object.keys(hub.files).map((rfilename) => ({ rfilename }));
      response.writeHead(200, { ...cors, "content-type": "application/json" });
      response.end(JSON.stringify({ id: "owner/model", siblings }));
      return;
    }
    const [, path = ""] = /^\/owner\/model\/resolve\/main\/(.*)$/.exec(url) ?? [];
    const bytes = hub.files[decodeURIComponent(path)];
    if (bytes === undefined) {
      response.writeHead(url.startsWith("/api/") ? 401 : 404, cors).end();
      return;
    }
    response.writeHead(200, { ...cors, "content-length": bytes.length });
    if (path.endsWith(".pth")) await hub.until;
    response.end(bytes);
  });
  return new Promise((resolve) => started.listen(0, "127.0.0.1", () => resolve(started)));
}

beforeAll(async () => {
  bench = await openWorkbench();
  server = await startHub();
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await bench.close();
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  hub.until = Promise.resolve();
  hub.isAway = false;
  hub.asked.length = 0;
  hub.files = {
    "README.md": Buffer.from("# A model\n"),
    "config.json": await readFile(`${MODEL}config.json`),
    "checkpoints/step #1.pth": Buffer.from("not this one"),
    "Attn_2L_final.pth": await readFile(`${MODEL}model_final.pth`),
  };
});

/** Opens the page with the hub of this file in the place of the real one. */
function withHub(use: (page: Page) => Promise<void>): Promise<string[]> {
  return withBench(
    bench,
    async (page) => {
      await settled(page);
      await use(page);
    },
    {
      // The service worker's own requests could not be led elsewhere.
      serviceWorkers: "block",
      allowed: HUB,
      before: (context) => context.route(HUB, toHub),
    },
  );
}

async function toHub(route: Route): Promise<void> {
  if (hub.isAway) return route.abort("connectionrefused");
  const { pathname } = new URL(route.request().url());
  const response = await route.fetch({ url: address + pathname }).catch(() => null);
  if (response === null) return; // the page did not wait for it
  await route.fulfill({ response }).catch(() => {});
}

async function askFor(page: Page, id: string): Promise<void> {
  await page.getByLabel("Model", { exact: true }).selectOption("choose-hub");
  await page.getByLabel("Hub id").fill(id);
  await page.keyboard.press("Enter");
}

const status = (page: Page) => page.getByRole("status").first();

test("a model of the hub answers as in Node, and is what the link and the commands name", async () => {
  using node = await openInNode(MODEL);
  const expected = await node.answer();
  const problems = await withHub(async (page) => {
    await askFor(page, " owner/model ");
    await expect
      .poll(() => status(page).innerText(), PATIENTLY)
      .toMatch(/^owner\/model: 2 layers × 4 heads/);
    expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
    expect(hub.asked).not.toContain("/owner/model/resolve/main/checkpoints/step%20%231.pth");
    await page.getByRole("button", { name: "Share…" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByLabel("Command for the logit difference").inputValue()).toContain(
      "--model owner/model",
    );
    const state = JSON.parse(await dialog.getByLabel("State as JSON").inputValue());
    expect(state.model).toEqual({ kind: "hub", id: "owner/model" });
  });
  expect(problems).toEqual([]);
});

test("what does not come is said, the state stays with the model that is there, and may try again", async () => {
  const failed = (problem: string) => /Failed to load resource|ERR_/.test(problem);
  const problems = await withHub(async (page) => {
    await page.getByRole("button", { name: /^Patch z of L0H4/ }).click();
    const before = await shownDifference(page);
    const alert = page.getByRole("alert").first();

    await askFor(page, "owner/nothing");
    await expect.poll(() => alert.innerText(), PATIENTLY).toContain('no model "owner/nothing"');
    await askFor(page, "no id");
    await expect.poll(() => alert.innerText(), PATIENTLY).toContain('"no id" is');
    delete hub.files["Attn_2L_final.pth"];
    delete hub.files["checkpoints/step #1.pth"];
    await askFor(page, "owner/model");
    await expect.poll(() => alert.innerText(), PATIENTLY).toContain("no weights");
    hub.isAway = true;
    await page.getByRole("button", { name: "Try again" }).click();
    await expect
      .poll(() => alert.innerText(), PATIENTLY)
      .toContain("huggingface.co does not answer");

    // As if nothing had been asked for: the same model, the same patch, the same answer.
    expect(await page.getByLabel("Model", { exact: true }).inputValue()).toBe(DEFAULT_MODEL);
    expect(await page.getByRole("button", { name: "Remove patch z of L0H4" }).count()).toBe(1);
    expect(await shownDifference(page)).toBe(before);

    hub.isAway = false;
    hub.files["Attn_2L_final.pth"] = await readFile(`${MODEL}model_final.pth`);
    await page.getByRole("button", { name: "Try again" }).press("Enter");
    const model = page.getByLabel("Model", { exact: true });
    await expect.poll(() => model.evaluate((el) => el === document.activeElement)).toBe(true);
    await expect.poll(() => status(page).innerText(), PATIENTLY).toMatch(/^owner\/model: 2 layers/);
    expect(await page.getByRole("alert").count()).toBe(0);
  });
  expect(problems.filter((problem) => !failed(problem))).toEqual([]);
});

test("while a model is on its way the one that is there can be worked with, or the other left", async () => {
  const problems = await withHub(async (page) => {
    const before = await shownDifference(page);
    const { promise, resolve: arrive } = Promise.withResolvers<void>();
    hub.until = promise;
    await askFor(page, "owner/model");
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    const shown = page.locator("[data-testid=logit-difference]");
    await page.getByRole("button", { name: /^Patch z of L0H4/ }).click();
    await expect.poll(() => shown.getAttribute("data-value"), PATIENTLY).not.toBe(String(before));
    // What is shown is still of the model that is there, and says so.
    const answer = page.getByRole("region", { name: "Answer", exact: true });
    await answer.getByText("from before", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).press("Enter");
    const model = page.getByLabel("Model", { exact: true });
    await expect.poll(() => model.evaluate((el) => el === document.activeElement)).toBe(true);
    arrive(); // too late
    await settled(page);
    expect(await page.getByText("from before", { exact: true }).count()).toBe(0);
    expect(await page.getByLabel("Model", { exact: true }).inputValue()).toBe(DEFAULT_MODEL);
    expect(await status(page).innerText()).toMatch(new RegExp(`^${DEFAULT_MODEL}`));
    expect(await page.getByRole("alert").count()).toBe(0);
  });
  expect(problems).toEqual([]);
});
