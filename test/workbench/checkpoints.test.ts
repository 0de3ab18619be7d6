/** @file A training run in the workbench: served or dropped, its checkpoints are what the slider goes over. */

import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runPath } from "../../src/node/run/run-files.ts";
import {
  addressOf,
  dropOnto,
  layoutShift,
  openWorkbenchOn,
  PATIENTLY,
  settled,
  shownDifference,
  type Workbench,
  withBench,
} from "./bench-page.ts";
import { openInNode } from "./in-node.ts";
import { type SampleRun, TOKENS_PER_STEP, trainSampleRun } from "./sample-run.ts";

let run: SampleRun;
let bench: Workbench;

beforeAll(async () => {
  run = await trainSampleRun();
  bench = await openWorkbenchOn(run.folder);
});

afterAll(async () => {
  await bench.close();
  run.remove();
});

const slider = (page: Page) => page.getByRole("slider", { name: "Checkpoint", exact: true });
const status = (page: Page) => page.getByRole("status").first();

/** Waits until the views are of a checkpoint. */
async function isAt(page: Page, index: number): Promise<void> {
  const name = run.names[index] ?? "";
  await expect.poll(() => status(page).innerText(), PATIENTLY).toContain(`whales/${name}`);
  expect(await shownDifference(page)).toBeCloseTo(run.answers[index] ?? Number.NaN, 4);
}

const valueText = (page: Page) => slider(page).getAttribute("aria-valuetext");

describe("a run that is served", () => {
  test("opens on its latest checkpoint, and each place of the slider answers as in Node", async () => {
    const last = run.steps.length - 1;
    const problems = await withBench(bench, async (page) => {
      await isAt(page, last);
      expect(await valueText(page)).toBe(
        `step 24, ${(24 * TOKENS_PER_STEP).toLocaleString("en")} tokens`,
      );
      expect(await slider(page).getAttribute("max")).toBe(String(last));
      // By keyboard, to the first and one on.
      await slider(page).focus();
      await page.keyboard.press("Home");
      await isAt(page, 0);
      expect(await valueText(page)).toBe("step 0, 0 tokens");
      await page.keyboard.press("ArrowRight");
      await isAt(page, 1);
      expect(await slider(page).evaluate((element) => element === document.activeElement)).toBe(
        true,
      );
      // Many in quick succession: the last is what counts.
      await page.keyboard.press("End");
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("Home");
      await page.keyboard.press("End");
      await isAt(page, last);
    });
    expect(problems).toEqual([]);
  });

  test("keeps prompts, interventions and the head, and is named in links and command lines", async () => {
    using node = await openInNode(join(run.folder, "checkpoints", run.names[0] ?? ""));
    const expected = await node.answer({
      prompt: { kind: "repeated", length: 4, batch: 64, seed: 0, side: "query" },
      interventions: [
        { kind: "patch", component: "z", head: { layer: 0, head: 2 }, position: null },
      ],
    });
    let link = "";
    const problems = await withBench(bench, async (page) => {
      await isAt(page, run.steps.length - 1);
      await page.getByRole("spinbutton", { name: "length" }).fill("4");
      await page.getByRole("spinbutton", { name: "length" }).blur();
      await page.locator("[id$=-L0H1]").click();
      await page.getByRole("button", { name: /^Patch z of L0H2/ }).click();
      await settled(page);
      await slider(page).focus();
      await page.keyboard.press("Home");
      await expect.poll(() => status(page).innerText(), PATIENTLY).toContain(run.names[0]);
      expect(await shownDifference(page)).toBeCloseTo(expected, 4);
      expect(await page.locator("[id$=-L0H1]").getAttribute("aria-pressed")).toBe("true");
      await page.getByRole("button", { name: "Share…" }).click();
      const command = page.getByLabel("Command for the logit difference");
      expect(await command.inputValue()).toContain(
        `--model ${run.folder}/checkpoints/${run.names[0]}`,
      );
      await page.keyboard.press("Escape");
      link = await addressOf(page);
    });
    expect(problems).toEqual([]);
    const again = await withBench(
      bench,
      async (page) => {
        expect(await shownDifference(page)).toBeCloseTo(expected, 4);
        expect(await valueText(page)).toBe("step 0, 0 tokens");
      },
      { hash: new URL(link).hash },
    );
    expect(again).toEqual([]);
  });

  test("plays from the first checkpoint to the last", async () => {
    const problems = await withBench(
      bench,
      async (page) => {
        await isAt(page, run.steps.length - 1);
        await page.getByRole("button", { name: "Play" }).click();
        const seen = new Set<string>();
        const look = async () => {
          seen.add((await valueText(page)) ?? "");
          return page.getByRole("button", { name: "Play" }).count();
        };
        await expect.poll(look, { ...PATIENTLY, interval: 100 }).toBe(1);
        expect(seen.size).toBe(run.steps.length);
        await isAt(page, run.steps.length - 1);
        expect(await layoutShift(page)).toBeLessThan(0.1);
      },
      { reducedMotion: "reduce" },
    );
    expect(problems).toEqual([]);
  });
});

test("playing ends at a checkpoint that does not come", async () => {
  const folder = join(run.folder, "..", "broken", "whales");
  cpSync(run.folder, folder, { recursive: true });
  rmSync(join(folder, "checkpoints", run.names[1] ?? "", "model.safetensors"));
  const broken = await openWorkbenchOn(folder);
  try {
    const problems = await withBench(broken, async (page) => {
      await isAt(page, run.steps.length - 1);
      await page.getByRole("button", { name: "Play" }).click();
      await page.getByRole("alert").getByText("(HTTP 404)").waitFor();
      await page.getByRole("button", { name: "Play" }).waitFor();
      await isAt(page, 0);
    });
    expect(problems.filter((problem) => !problem.includes("404"))).toEqual([]);
  } finally {
    await broken.close();
  }
});

/** Puts a checkpoint of the run that is done into one that is under way. */
const finish = (folder: string, name: string | undefined) =>
  cpSync(join(run.folder, "checkpoints", name ?? ""), join(folder, "checkpoints", name ?? ""), {
    recursive: true,
  });

test("a run that is being trained gets its new checkpoints while it is looked at", async () => {
  const folder = join(run.folder, "..", "under-way", "whales");
  const last = run.names.length - 1;
  finish(folder, run.names[0]);
  cpSync(runPath(run.folder, "log"), runPath(folder, "log"));
  writeFileSync(runPath(folder, "lock"), String(process.pid)); // a process that trains it
  const growing = await openWorkbenchOn(folder);
  try {
    const problems = await withBench(growing, async (page) => {
      const box = page.getByRole("checkbox", { name: "Follow the training" });
      await isAt(page, 0);
      expect(await slider(page).getAttribute("max")).toBe("0");
      finish(folder, run.names[1]);
      rmSync(join(folder, "checkpoints", run.names[0] ?? ""), { recursive: true }); // thinned out
      await expect.poll(() => slider(page).getAttribute("max"), PATIENTLY).toBe("1");
      await isAt(page, 0); // as long as it is looked at
      await box.check();
      finish(folder, run.names[last]);
      await isAt(page, last);
      await expect.poll(() => slider(page).getAttribute("max"), PATIENTLY).toBe("1");
      rmSync(runPath(folder, "lock"));
      await expect.poll(() => box.count(), PATIENTLY).toBe(0);
    });
    expect(problems).toEqual([]);
  } finally {
    await growing.close();
  }
});

describe("a run that is dropped", () => {
  /** The page without the server's run. */
  const plain = () => new URL(".", bench.server.url).href;

  test("is opened without a server, and a link to it asks for it", async () => {
    const problems = await withBench(
      bench,
      async (page) => {
        await settled(page);
        expect(await slider(page).count()).toBe(0);
        await dropOnto(page, run.folder);
        await isAt(page, run.steps.length - 1);
        await slider(page).focus();
        await page.keyboard.press("Home");
        await isAt(page, 0);
        expect(await valueText(page)).toBe("step 0, 0 tokens");
        await page.getByRole("button", { name: "Share…" }).click();
        const command = page.getByLabel("Command for the logit difference");
        expect(await command.inputValue()).toContain(
          `--model ./whales/checkpoints/${run.names[0]}`,
        );
        const link = await page.getByRole("dialog").getByLabel("Link").inputValue();
        await page.goto("about:blank");
        await page.goto(link);
        expect(await page.getByRole("alert").innerText()).toContain("of the run whales");
        await dropOnto(page, run.folder);
        await isAt(page, 0);
        expect(await page.getByRole("alert").count()).toBe(0);
      },
      { url: plain() },
    );
    expect(problems).toEqual([]);
  });

  test("may be any folder of model folders, in the order of the numbers in their names", async () => {
    const folder = join(run.folder, "..", "models");
    for (const [i, name] of run.names.entries()) {
      cpSync(join(run.folder, "checkpoints", name), join(folder, `at-${run.steps[i]}`), {
        recursive: true,
      });
    }
    const problems = await withBench(
      bench,
      async (page) => {
        await settled(page);
        await dropOnto(page, folder);
        await expect
          .poll(() => status(page).innerText(), PATIENTLY)
          .toContain(`models/at-${run.steps.at(-1)}`);
        await slider(page).focus();
        await page.keyboard.press("Home");
        await expect.poll(() => status(page).innerText(), PATIENTLY).toContain("models/at-0:");
        expect(await shownDifference(page)).toBeCloseTo(run.answers[0] ?? Number.NaN, 4);
      },
      { url: plain() },
    );
    expect(problems).toEqual([]);
  });
});
