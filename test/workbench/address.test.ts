/** @file What a reader takes along from the workbench: links, command lines, states and figures. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { linkOf } from "../../workbench/src/state/link.ts";
import { INITIAL_STATE } from "../../workbench/src/state/state.ts";
import { DEFAULT_MODEL } from "../default-model.ts";
import { addressOf, dropOnto, settled, shownDifference, withBench } from "./bench-page.ts";
import { test } from "./bench-test.ts";

describe("the address", () => {
  test("holds the whole state: another reader sees the same", async ({ bench }) => {
    let link = "";
    let seen = 0;
    await withBench(bench, async (page) => {
      await settled(page);
      await page.getByRole("button", { name: /^Patch z of L0H4/ }).click();
      await page.locator("[id$=-L0H5]").click({ modifiers: ["Shift"] });
      await page.getByLabel("seed").fill("7");
      await page.keyboard.press("Enter");
      seen = await shownDifference(page);
      link = await addressOf(page);
    });
    const problems = await withBench(
      bench,
      async (page) => {
        expect(await shownDifference(page)).toBe(seen);
        expect(await page.getByLabel("seed").inputValue()).toBe("7");
        await page.getByRole("button", { name: "Unpin L0H5" }).waitFor();
        expect(await addressOf(page)).toBe(link);
      },
      { hash: new URL(link).hash },
    );
    expect(problems).toEqual([]);
  });

  test("that cannot be read is said to be so, and the page works", async ({ bench, node }) => {
    const problems = await withBench(
      bench,
      async (page) => {
        expect(await page.getByRole("alert").innerText()).toContain("damaged");
        expect(await shownDifference(page)).toBeCloseTo(await node.answer({}), 4);
      },
      { hash: "#1.nonsense" },
    );
    expect(problems).toEqual([]);
  });

  test("of a head or model that there is not leaves the page usable", async ({ bench, node }) => {
    const hash = `#${linkOf({
      ...INITIAL_STATE,
      session: {
        ...INITIAL_STATE.session,
        interventions: [
          { kind: "ablate", by: "zero", head: { layer: 5, head: 5 }, position: null },
        ],
      },
    })}`;
    const problems = await withBench(
      bench,
      async (page) => {
        await page.getByRole("alert").first().waitFor();
        expect(await page.getByRole("alert").first().innerText()).toContain("L5H5");
        await page.getByRole("button", { name: /^Remove zero L5H5/ }).click();
        expect(await shownDifference(page)).toBeCloseTo(await node.answer({}), 4);
      },
      { hash },
    );
    expect(problems).toEqual([]);
  });

  test("comes with command lines and the state as JSON", async ({ bench, folder }) => {
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      await page.getByRole("button", { name: "Share…" }).click();
      const command = page.getByLabel("Command for the patches");
      expect(await command.inputValue()).toBe(
        `lookback patch --length 3 --batch 64 --seed 0 --component z --by head --direction noise --model ${DEFAULT_MODEL} --json`,
      );
      const json = await page.getByLabel("State as JSON").inputValue();
      expect(JSON.parse(json)).toEqual(INITIAL_STATE);
      const waiting = page.waitForEvent("download");
      await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
      const saved = join(folder, "workbench.json");
      await (await waiting).saveAs(saved);
      await page.keyboard.press("Escape");
      expect(await page.getByRole("dialog").count()).toBe(0);
      // The saved file brings it back, checked as a link is.
      await page.getByLabel("seed").fill("7");
      await page.keyboard.press("Enter");
      await settled(page);
      await dropOnto(page, saved);
      await expect.poll(() => page.getByLabel("seed").inputValue()).toBe("0");
      await writeFile(saved, json.replace('"bench"', '"kitchen"'));
      await dropOnto(page, saved);
      const alert = page.getByRole("alert").first();
      await alert.waitFor();
      expect(await alert.innerText()).toMatch(
        /workbench\.json is no state of the workbench.*"page"/,
      );
    });
    expect(problems).toEqual([]);
  });
});

test("every figure can be saved as SVG, PNG, CSV and JSON", async ({ bench }) => {
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    const figure = page.getByRole("region", { name: "Patching" });
    for (const format of ["SVG", "PNG", "CSV", "JSON"]) {
      await figure.getByText("Save", { exact: true }).click();
      const waiting = page.waitForEvent("download");
      await figure.getByRole("button", { name: format }).click();
      expect((await waiting).suggestedFilename()).toBe(`Patching-z.${format.toLowerCase()}`);
    }
  });
  expect(problems).toEqual([]);
});
