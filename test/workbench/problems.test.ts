/** @file What the page says of what cannot be: once, where it is, and what was done about it. */

import { describe, expect } from "vitest";
import { openPage, settled, withBench } from "./bench-page.ts";
import { test } from "./bench-test.ts";
import { linkTo } from "./link-to.ts";

describe("what is wrong is said once, in the reader's words", () => {
  test("a pattern is shown with a caret below the place", async ({ bench }) => {
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      await page.getByLabel("Pattern", { exact: true }).check();
      await settled(page);
      await page.getByRole("textbox", { name: "corrupted", exact: true }).fill("");
      await page.getByRole("textbox", { name: "pattern", exact: true }).fill("BOS A ++ B");
      const place = page.getByRole("alert").locator("pre");
      await place.waitFor();
      expect(await place.textContent()).toBe("  BOS A ++ B\n        ^");
      const style = await place.evaluate((element) => {
        const { fontFamily, whiteSpace } = getComputedStyle(element);
        return { fontFamily, whiteSpace };
      });
      expect(style.fontFamily).toContain("monospace");
      expect(style.whiteSpace).toBe("pre");
    });
    expect(problems).toEqual([]);
  });

  test("prompts that are too long are one alert; numbers out of range are told of", async ({
    bench,
  }) => {
    const problems = await withBench(
      bench,
      async (page) => {
        const alert = page.getByRole("alert");
        await alert.first().waitFor();
        await page.locator("main[data-working=true]").waitFor({ state: "detached" });
        expect(await alert.allInnerTexts()).toEqual([
          expect.stringMatching(/^prompts of 456 tokens do not fit this model's context of 256/),
        ]);
        const length = page.getByRole("spinbutton", { name: "length" });
        await length.fill("500");
        await length.blur();
        await settled(page);
        expect(await length.inputValue()).toBe("18");
        expect(await alert.allInnerTexts()).toEqual([
          "length: 500 is too large; 18 is the most: the model reads at most 256 tokens.",
        ]);
        await length.fill("3");
        await length.blur();
        await settled(page);
        expect(await alert.count()).toBe(0);
        await page.getByText("random tokens between the first two copies").waitFor();
      },
      { hash: linkTo({ length: 85, gap: 200, batch: 2 }) },
    );
    expect(problems).toEqual([]);
  });

  test("a sweep marks the values that do not fit, and has the others", async ({ bench }) => {
    const problems = await withBench(
      bench,
      async (page) => {
        await settled(page);
        const sweep = page.getByRole("region", { name: "Sweep", exact: true }).first();
        expect(await sweep.getByRole("alert").count()).toBe(0);
        const said = await sweep.getByText(/no answer at/).innerText();
        expect(said).toMatch(/no answer at 19, 20: prompts of 258 tokens do not fit.*, or more/);
        expect(await sweep.locator("text.unfit").count()).toBe(2);
        expect(await sweep.locator("circle").count()).toBe(17);
        await sweep.getByText("2 prompts each").waitFor();
        await sweep.getByText("length, in tokens of one copy").waitFor();
        // At any width letters are as large as they are elsewhere.
        const [scale] = await sweep.locator("svg").evaluateAll((elements) =>
          elements.map((element) => {
            const svg = element as SVGSVGElement;
            return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
          }),
        );
        expect(scale).toBeCloseTo(1, 1);
      },
      {
        viewport: { width: 390, height: 800 },
        hash: linkTo({ gap: 200, batch: 2 }, { table: { over: "length", to: 20 } }),
      },
    );
    expect(problems).toEqual([]);
  });

  test("workers whose scripts do not come", async ({ bench }) => {
    const isWorker = /assets\/(worker|trainer)-/;
    const problems = await withBench(
      bench,
      async (page) => {
        const alert = page.getByRole("alert");
        await alert.getByText("The worker has stopped (its script cannot be loaded)").waitFor();
        await openPage(page, "Train");
        await page.getByRole("button", { name: "Start" }).click();
        await alert.getByText("that trains has stopped (its script cannot be loaded)").waitFor();
      },
      { before: (context) => context.route(isWorker, (route) => route.abort()) },
    );
    expect(problems.filter((problem) => !isWorker.test(problem))).toEqual([]);
  });

  test("what another prompt takes off is named, until it is brought back", async ({ bench }) => {
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      await page.getByLabel("× positions").check();
      await settled(page);
      const matrix = page.getByRole("application", { name: /heads by positions/ });
      await matrix.focus();
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("Enter");
      await settled(page);
      const length = page.getByRole("spinbutton", { name: "length" });
      await length.fill("4");
      await length.blur();
      await settled(page);
      const lost = page.getByText(/^Taken off, .*: patch z of L1H7 at 0 BOS\. Undo brings it back/);
      await lost.waitFor();
      await page.getByRole("button", { name: "Undo" }).click();
      await settled(page);
      expect(await lost.count()).toBe(0);
    });
    expect(problems).toEqual([]);
  });
});
