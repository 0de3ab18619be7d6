/** @file A model that is trained in the page: the same losses as in Node, stopped, looked into and saved. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
// First, for threads.
import "../../src/node/threads.ts";
import { train } from "../../src/training/train.ts";
import { lessonOf } from "../../workbench/src/training/lesson.ts";
import { DEFAULT_SETTINGS } from "../../workbench/src/training/settings.ts";
import { here } from "../cli/run-here.ts";
import {
  addressOf,
  dropOnto,
  openPage,
  PATIENTLY,
  settled,
  shownDifference,
  withBench,
} from "./bench-page.ts";
import { test } from "./bench-test.ts";
import { openInNode } from "./in-node.ts";

/** A step of these takes a few milliseconds. */
const SMALL = { heads: 2, d_model: 16, context: 32, vocabulary: 300, steps: 40, seed: 5 } as const;

const TEXT = Array.from(
  { length: 400 },
  (_, i) => `The ${(i * 7 + i * i) % 83} whales of ${i % 19} swam past the ${i % 11} ships.`,
).join(" ");

const textField = (page: Page) => page.getByRole("textbox", { name: "Text", exact: true });
const standing = (page: Page) => page.locator("main").getByRole("status");

/** Opens the page, with a text and settings. */
async function fillIn(page: Page, text: string, settings: Record<string, number>): Promise<void> {
  await openPage(page, "Train");
  await expect.poll(() => textField(page).inputValue(), PATIENTLY).toContain("Call me Ishmael");
  await textField(page).fill(text);
  for (const [field, value] of Object.entries(settings)) {
    const input = page.getByRole("spinbutton", { name: field, exact: true });
    await input.fill(String(value));
    await input.blur();
  }
}

/** The training losses that the chart draws, in full, once training has ended. */
async function shownLosses(page: Page): Promise<number[]> {
  const losses = await page.getByTestId("curves").getAttribute("data-losses");
  return JSON.parse(losses ?? "[]");
}

/** What a button saves. */
async function saved(page: Page, button: string): Promise<{ name: string; bytes: Uint8Array }> {
  const waiting = page.waitForEvent("download");
  const dialog = page.getByRole("dialog");
  const around = (await dialog.count()) > 0 ? dialog : page.locator("main");
  await around.getByRole("button", { name: button }).click();
  const download = await waiting;
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

async function unpackInto(folder: string, archive: Uint8Array): Promise<void> {
  for (const [name, bytes] of Object.entries(unzipSync(archive))) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
}

const asksBeforeUnload = (page: Page) =>
  page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));

describe("training in the page", () => {
  test("takes the steps that the library takes in Node, and the model opens in the bench", async ({
    bench,
    folder,
  }) => {
    const lesson = lessonOf(TEXT, { ...DEFAULT_SETTINGS, ...SMALL, copies: false });
    const expected: number[] = [];
    await train(lesson.recipe, lesson.config, lesson.text, {
      onStep: ({ loss }) => {
        expected.push(loss);
      },
    });
    const problems = await withBench(bench, async (page) => {
      await fillIn(page, TEXT, SMALL);
      await page.getByRole("checkbox", { name: "copied spans" }).uncheck();
      await page.getByRole("button", { name: "Start" }).click();
      await expect
        .poll(() => standing(page).innerText(), PATIENTLY)
        .toMatch(/^done: step 40 of 40/);
      const losses = await shownLosses(page);
      expect(losses).toHaveLength(SMALL.steps);
      for (const [step, loss] of losses.entries()) {
        expect(Math.abs(loss - (expected[step] ?? Number.NaN)), `step ${step + 1}`).toBeLessThan(
          1e-3,
        );
      }
      expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
      expect(await page.getByTestId("curves").innerText()).toContain("bigram fit, held out");
      expect(await page.getByText("copies begin").count()).toBe(0); // there are none

      // Saved, it lies where the commands say, and answers as it does in the page.
      const model = await saved(page, "Save model");
      expect(model.name).toBe("trained-1-step-00000040.zip");
      const path = "trained-1/checkpoints/step-00000040";
      await unpackInto(join(folder, "model"), model.bytes);
      using node = await openInNode(join(folder, "model", path));
      const run = await saved(page, "Save run");
      expect(run.name).toBe("trained-1.zip");
      const archive = join(folder, run.name);
      await writeFile(archive, run.bytes);
      await unpackInto(join(folder, "run"), run.bytes);
      const { stdout } = await here(["develop", "trained-1"], { cwd: join(folder, "run") });
      expect(stdout).toContain("13 looks from the start to");

      await page.getByRole("button", { name: "Look into it" }).click();
      const status = page.getByRole("status").first();
      await expect
        .poll(() => status.innerText(), PATIENTLY)
        .toMatch(/^trained-1\/step-00000040: 2 layers × 2 heads/);
      const last = await shownDifference(page);
      expect(last).toBeCloseTo(await node.answer(), 3);
      // The slider goes over what was kept on the way.
      const slider = page.getByRole("slider", { name: "Checkpoint", exact: true });
      await slider.focus();
      await page.keyboard.press("Home");
      await expect.poll(() => status.innerText(), PATIENTLY).toContain("step-00000000");
      expect(await shownDifference(page)).not.toBeCloseTo(last, 3);
      expect(await page.getByText("held-out loss").count()).toBe(1);
      await page.getByRole("button", { name: "Share…" }).click();
      const command = await page.getByLabel("Command for the logit difference").inputValue();
      expect(command).toContain("--model ./trained-1/checkpoints/step-00000000");
      await page.keyboard.press("Escape");

      // The story tells of it by its own log.
      await openPage(page, "Story");
      const section = page.getByRole("region", { name: /^7\./ });
      await section.scrollIntoViewIfNeeded();
      await section.getByText("lookback develop ./trained-1").waitFor();
      await page
        .getByRole("region", { name: "The best head of each role while it learned" })
        .waitFor();

      // Dropped onto another page, the archive is the same run.
      await page.goto("about:blank");
      await page.goto(bench.server.url);
      await settled(page);
      await dropOnto(page, archive);
      await expect
        .poll(() => status.innerText(), PATIENTLY)
        .toMatch(/^trained-1\/step-00000040: 2 layers × 2 heads/);
      expect(await shownDifference(page)).toBeCloseTo(last, 3);
      await openPage(page, "Story");
      await section.scrollIntoViewIfNeeded();
      await page
        .getByRole("region", { name: "The best head of each role while it learned" })
        .waitFor();
    });
    expect(problems).toEqual([]);
  });

  test("stops where it is told to, and keeps what there is", async ({ bench }) => {
    const problems = await withBench(bench, async (page) => {
      await fillIn(page, TEXT, { ...SMALL, steps: 5000 });
      await page.getByRole("button", { name: "Start" }).click();
      await expect
        .poll(() => standing(page).innerText(), PATIENTLY)
        .toMatch(/^step ([6-9]|\d{2,}) of 5000/);
      // The rest of the page goes on meanwhile.
      await openPage(page, "Bench");
      await settled(page);
      await page.getByRole("link", { name: /^Train under way, \d+%$/ }).waitFor();
      // Who leaves is asked, since what is trained is nowhere else.
      expect(await asksBeforeUnload(page)).toBe(true);
      await openPage(page, "Train");
      await page.getByRole("button", { name: "Stop" }).click();
      await expect
        .poll(() => standing(page).innerText(), PATIENTLY)
        .toMatch(/^stopped: step \d+ of 5000/);
      expect(await asksBeforeUnload(page)).toBe(false);
      expect(await page.getByText("copies begin").count()).toBe(2);
      const steps = (await shownLosses(page)).length;
      expect(steps).toBeLessThan(5000);
      await page.getByRole("button", { name: "Look into it" }).click();
      const name = `trained-1/step-${String(steps).padStart(8, "0")}`;
      await expect
        .poll(() => page.getByRole("status").first().innerText(), PATIENTLY)
        .toContain(name);
      await settled(page);
      // And once more, by keyboard, before the first step.
      await openPage(page, "Train");
      await page.getByRole("button", { name: "Start" }).press("Enter");
      await page.keyboard.press("Enter"); // the same button stops it
      await page.getByRole("button", { name: "Start" }).waitFor();
      expect(await standing(page).innerText()).toBe("stopped before the first step");
      // And in the fit of bigrams, whose steps are none of training.
      await page.getByRole("button", { name: "Start" }).click();
      await page.getByText(/^fitting bigrams, [1-9]/).waitFor();
      await page.getByRole("button", { name: "Stop" }).click();
      expect(await standing(page).innerText()).toBe("stopped before the first step");
      // The first run is still there to be saved: it is the one that is looked at.
      await page.getByRole("button", { name: "Share…" }).click();
      const model = await saved(page, "Save model");
      expect(model.name).toBe(`${name.replace("/", "-")}.zip`);
      const run = await saved(page, "Save run");
      expect(run.name).toBe("trained-1.zip");
      const log = new TextDecoder().decode(unzipSync(run.bytes)["trained-1/log.jsonl"]);
      expect(log.match(/"kind":"step"/g)).toHaveLength(steps);
    });
    expect(problems).toEqual([]);
  });

  test("says what is wrong with a text, and learns from a file that is dropped", async ({
    bench,
    folder,
  }) => {
    const path = join(folder, "mine.txt");
    await writeFile(path, TEXT);
    const problems = await withBench(bench, async (page) => {
      await fillIn(page, "Too little.", SMALL);
      const start = page.getByRole("button", { name: "Start" });
      const alert = page.getByRole("alert");
      await start.click();
      await expect
        .poll(() => alert.innerText(), PATIENTLY)
        .toMatch(/^This is too little text: 11 char/);
      await textField(page).fill("  ");
      await start.click();
      await expect.poll(() => alert.innerText(), PATIENTLY).toContain("There is no text yet");
      await textField(page).fill("0123 4567 ".repeat(500));
      await start.click();
      await expect
        .poll(() => alert.innerText(), PATIENTLY)
        .toContain("Hardly any of this is letters");
      await dropOnto(page, path);
      await expect.poll(() => textField(page).inputValue(), PATIENTLY).toBe(TEXT);
      await start.click();
      await expect.poll(() => standing(page).innerText(), PATIENTLY).toMatch(/^done/);
      expect(await alert.count()).toBe(0);
    });
    expect(problems).toEqual([]);
  });

  test("what is trained after another visit is looked into, though its name stands in the address", async ({
    bench,
  }) => {
    const problems = await withBench(bench, async (page) => {
      const lookIntoOne = async () => {
        await fillIn(page, TEXT, SMALL);
        await page.getByRole("button", { name: "Start" }).click();
        await expect.poll(() => standing(page).innerText(), PATIENTLY).toMatch(/^done/);
        await page.getByRole("button", { name: "Look into it" }).click();
        const status = page.getByRole("status").first();
        await expect.poll(() => status.innerText(), PATIENTLY).toContain("trained-1/step-00000040");
        await settled(page);
      };
      await lookIntoOne();
      await addressOf(page);
      await page.reload();
      const alert = page.getByRole("alert");
      await alert.getByText("of the run trained-1, which no link holds").waitFor();
      await lookIntoOne();
      expect(await alert.count()).toBe(0);
    });
    expect(problems).toEqual([]);
  });
});
