/** @file The built workbench at work: each view, the same numbers as in Node, and the way back. */

import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { activationPatch } from "../../src/interventions/patch.ts";
import { parseHead } from "../../src/model/heads.ts";
import { repeatedPair } from "../../src/prompts/repeated.ts";
import type { SessionSpec } from "../../src/session/spec.ts";
import { CIRCUIT } from "../default-model.ts";
import { PATIENTLY, settled, shownDifference, withBench } from "./bench-page.ts";
import { test } from "./bench-test.ts";

/** Where the middle of a cell of the first matrix is. */
async function cellAt(page: Page, query: number, key: number, of = 10) {
  const box = await page.locator("[aria-label^='Attention of'] canvas").first().boundingBox();
  if (box === null) throw new Error("no matrix");
  return {
    x: box.x + ((key + 0.5) / of) * box.width,
    y: box.y + ((query + 0.5) / of) * box.height,
  };
}

const readout = (page: Page) => page.locator(".readout").first();

describe("the page", () => {
  test("opens with threads, on something true", async ({ bench, node }) => {
    const problems = await withBench(bench, async (page) => {
      expect(await shownDifference(page)).toBeCloseTo(await node.answer({}), 4);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      expect(await page.getByRole("status").first().innerText()).toMatch(
        /2 layers × 8 heads, WebA/,
      );
      // Roles are there, and the head that does most induction is the one that is looked at.
      await expect
        .poll(() => page.locator(`[id$=-${CIRCUIT.previousToken}]`).innerText(), PATIENTLY)
        .toContain("prev");
      const chosen = page.locator("button[id*='-L'][aria-pressed=true]");
      expect(await chosen.innerText()).toContain("ind");
    });
    expect(problems).toEqual([]);
  });

  test("shows the weights that Node has, on hover, and locks a cell", async ({ bench, node }) => {
    const previousToken = parseHead(CIRCUIT.previousToken, node.session.model);
    const problems = await withBench(
      bench,
      async (page) => {
        await settled(page);
        await page.locator(`[id$=-${CIRCUIT.previousToken}]`).click();
        const { x, y } = await cellAt(page, 8, 7);
        await page.mouse.move(x, y);
        const prompts = repeatedPair({ length: 3, batch: 64, seed: 0, d_vocab: 4096, bos: 0 });
        const { activations } = await node.session.model.run(prompts.clean.tokens, {
          names: ["blocks.0.attn.hook_pattern"],
        });
        const { data } = activations.get("blocks.0.attn.hook_pattern");
        let mean = 0;
        for (let row = 0; row < 64; row++)
          mean += (data[((row * 8 + previousToken.head) * 10 + 8) * 10 + 7] ?? 0) / 64;
        const read = () => readout(page).innerText();
        await expect.poll(read, PATIENTLY).toContain(`${CIRCUIT.previousToken} ${mean.toFixed(3)}`);
        await expect.poll(read, PATIENTLY).toMatch(/from X 8\s+to A 7/);

        await page.mouse.click(x, y);
        await page.mouse.move(5, 5);
        await expect.poll(read, PATIENTLY).toContain("locked");
        // Another head's weight at the same cell.
        await page.locator(`[id$=-${CIRCUIT.lookBack}]`).click();
        await expect
          .poll(read, PATIENTLY)
          .toMatch(new RegExp(`from X 8\\s+to A 7\\s+${CIRCUIT.lookBack}`));
        await page.keyboard.press("Escape");
        await expect.poll(read, PATIENTLY).toContain("Point at a cell");
      },
      { viewport: { width: 1440, height: 1000 } },
    );
    expect(problems).toEqual([]);
  });

  test("patches a head, and answers what activationPatch says; undo and redo", async ({
    bench,
    node,
  }) => {
    const previousToken = parseHead(CIRCUIT.previousToken, node.session.model);
    const pair = repeatedPair({ length: 3, batch: 64, seed: 0, d_vocab: 4096, bos: 0 });
    const { values } = await activationPatch(node.session.model, {
      clean: pair.clean.tokens,
      corrupted: pair.corrupted.tokens,
      answers: pair.clean.answers,
      read: pair.clean.read,
      component: "z",
      by: "head",
      direction: "noise",
    });
    const expected = (values as number[][])[0]?.[previousToken.head] ?? Number.NaN;
    const problems = await withBench(bench, async (page) => {
      const before = await shownDifference(page);
      await page
        .getByRole("button", { name: new RegExp(`^Patch z of ${CIRCUIT.previousToken}`) })
        .click();
      const patched = await shownDifference(page);
      expect(Math.abs(patched - expected)).toBeLessThan(1e-4);
      expect(Math.abs(patched - before)).toBeGreaterThan(0.5);
      await page
        .getByRole("button", { name: `Remove patch z of ${CIRCUIT.previousToken}` })
        .waitFor();

      await page.getByRole("button", { name: "Undo" }).click();
      expect(await shownDifference(page)).toBe(before);
      expect(await page.getByRole("button", { name: /^Remove/ }).count()).toBe(0);
      await page.keyboard.press("Control+Shift+Z");
      expect(await shownDifference(page)).toBe(patched);
      await page.keyboard.press("Control+Z");
      expect(await shownDifference(page)).toBe(before);
    });
    expect(problems).toEqual([]);
  });

  test("adds patches and ablations up as Node does, in both directions", async ({
    bench,
    node,
  }) => {
    const previousToken = parseHead(CIRCUIT.previousToken, node.session.model);
    const induction = parseHead(CIRCUIT.induction, node.session.model);
    const interventions: SessionSpec["interventions"] = [
      { kind: "patch", component: "z", head: previousToken, position: null },
      { kind: "ablate", by: "mean", head: induction, position: null },
    ];
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      await page
        .getByRole("button", { name: new RegExp(`^Patch z of ${CIRCUIT.previousToken}`) })
        .click();
      await page.locator(`[id$=-${CIRCUIT.induction}]`).click();
      await page
        .getByRole("group", { name: `Change ${CIRCUIT.induction}` })
        .getByText("mean")
        .click();
      const both = await shownDifference(page);
      expect(Math.abs(both - (await node.answer({ interventions })))).toBeLessThan(1e-4);
      await page.getByRole("radio", { name: "corrupted", exact: true }).check();
      const other = await shownDifference(page);
      const expected = await node.answer({ interventions, runs: "corrupted" });
      expect(Math.abs(other - expected)).toBeLessThan(1e-4);
      await page.getByRole("button", { name: "Clear" }).click();
      const alone = await shownDifference(page);
      expect(Math.abs(alone - (await node.answer({ runs: "corrupted" })))).toBeLessThan(1e-4);
    });
    expect(problems).toEqual([]);
  });

  test("attributes the answer so that the parts sum to it", async ({ bench }) => {
    const problems = await withBench(bench, async (page) => {
      const total = await shownDifference(page);
      const figure = page.getByRole("region", { name: "Who wrote it" });
      await figure.getByText("Table").click();
      const cells = await figure.locator("tbody tr td:nth-child(2)").allInnerTexts();
      const numbers = cells.map((text) => Number(text.replace("−", "-")));
      const parts = numbers.slice(0, -1).reduce((sum, part) => sum + part, 0);
      expect(numbers.at(-1)).toBeCloseTo(total, 3);
      expect(Math.abs(parts - total)).toBeLessThan(numbers.length * 0.0005 + 1e-4);
    });
    expect(problems).toEqual([]);
  });

  test("patches by position, from the keyboard", async ({ bench, node }) => {
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      await page.getByLabel("× positions").check();
      await settled(page);
      const matrix = page.getByRole("application", { name: /heads by positions/ });
      await matrix.focus();
      await page.keyboard.press("ArrowUp");
      // The last row's first cell; up to L0H4, right to position 8.
      for (let i = 0; i < 11; i++) await page.keyboard.press("ArrowUp");
      for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      const name = await page.getByRole("button", { name: /^Remove/ }).getAttribute("aria-label");
      expect(name).toBe("Remove patch z of L0H4 at 8 X");
      const expected = await node.answer({
        interventions: [
          { kind: "patch", component: "z", head: { layer: 0, head: 4 }, position: 8 },
        ],
      });
      expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);
    });
    expect(problems).toEqual([]);
  });

  test("reads text, and says what is wrong with a pattern", async ({ bench, node }) => {
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      await page.getByLabel("Text", { exact: true }).check();
      await page.getByRole("textbox", { name: "text", exact: true }).fill("<b>the</b> the");
      await settled(page);
      const strip = await page.getByRole("region", { name: "Tokens" }).innerText();
      expect(strip).toContain("BOS");
      expect(await page.locator("b", { hasText: /^the$/ }).count()).toBe(0);
      const expected = await node.answer({
        prompt: { kind: "text", text: "<b>the</b> the", corrupted: null },
      });
      expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);

      await page.getByLabel("Pattern", { exact: true }).check();
      await page.getByRole("textbox", { name: "pattern", exact: true }).fill("BOS A X*");
      const alert = page.getByRole("alert").first();
      await alert.waitFor();
      expect(await alert.innerText()).toMatch(/pattern/i);
      await page.getByRole("textbox", { name: "pattern", exact: true }).fill("BOS A B A ? B A");
      await page.getByRole("textbox", { name: "corrupted", exact: true }).fill("");
      await settled(page);
      expect(await page.getByRole("alert").count()).toBe(0);
    });
    expect(problems).toEqual([]);
  });

  test("fills a table row by row with the numbers of Node", async ({ bench, node }) => {
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      const figure = page.getByRole("region", { name: "Sweep", exact: true }).first();
      await figure.getByLabel("length", { exact: true }).check();
      await settled(page);
      await figure.locator("summary", { hasText: "Table" }).click();
      const second = await figure.locator("tbody tr").nth(1).innerText();
      const value = Number(second.split("\t")[2]?.replace("−", "-"));
      expect(value).toBeCloseTo(await node.answer({}), 3);
      expect(await figure.locator("tbody tr").count()).toBe(7);
    });
    expect(problems).toEqual([]);
  });
});
