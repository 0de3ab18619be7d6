/** @file The workbench's story: figures that are computed where they stand, saved, and opened in the bench. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { DEFAULT_MODEL } from "../../src/loading/default-model.ts";
import { root } from "../cli/run-cli.ts";
import { CIRCUIT } from "../default-model.ts";
import { dropOnto, settled, shownDifference, withBench } from "./bench-page.ts";
import { test } from "./bench-test.ts";

describe("the story", () => {
  test("computes its figures where they stand, and opens them in the bench", async ({
    bench,
    node,
  }) => {
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      await page.getByRole("link", { name: "Story" }).click();
      const section = page.getByRole("region", { name: /^1\./ });
      const row = section.getByRole("row", { name: /^logit difference/ });
      await expect.poll(() => row.innerText(), { timeout: 30_000 }).not.toContain("…");
      const prompt = { kind: "repeated", length: 3, batch: 256, seed: 120, side: "query" } as const;
      const expected = await node.answer({ prompt });
      expect(await row.innerText()).toContain(`${expected.toFixed(3)}`);
      expect(await row.innerText()).toContain("2.647"); // published
      await section.getByRole("button", { name: /^Open in the bench/ }).click();
      expect(Math.abs((await shownDifference(page)) - expected)).toBeLessThan(1e-4);

      await page.getByRole("button", { name: "Undo" }).click();
      for (const number of [2, 3, 4, 5, 6, 7]) {
        const other = page.getByRole("region", { name: new RegExp(`^${number}\\.`) });
        await other.scrollIntoViewIfNeeded();
      }
      await page.locator("section[aria-busy=true]").first().waitFor({ state: "detached" });
      expect(await page.getByRole("alert").count()).toBe(0);
      await page.getByRole("textbox", { name: "Pattern" }).fill("BOS A B A ? B A");
      await page.keyboard.press("Enter");
      await settled(page);
      expect(await page.getByRole("textbox", { name: "pattern" }).inputValue()).toBe(
        "BOS A B A ? B A",
      );
    });
    expect(problems).toEqual([]);
  });

  test("tells how the model came to be, by the log of its training, and of others that there is none", async ({
    bench,
  }) => {
    const log = await readFile(join(root, `recipes/runs/${DEFAULT_MODEL}/log.jsonl`), "utf8");
    const looks = log.split("\n").filter((line) => line.startsWith('{"kind":"look"'));
    const last = JSON.parse(looks.at(-1) ?? "");
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      await page.getByRole("link", { name: "Story" }).click();
      const section = page.getByRole("region", { name: /^7\./ });
      await section.scrollIntoViewIfNeeded();
      await section.getByText(`first previous token head, ${CIRCUIT.previousToken} (`).waitFor();
      const lengths = page.getByRole("region", { name: "The answer by length while it learned" });
      await lengths.getByText("Table").click();
      const row = lengths.getByRole("row").last();
      const five = last.lengths.find(({ length }: { length: number }) => length === 5);
      expect(await row.innerText()).toContain("length 5");
      expect(await row.innerText()).toContain(five.bothWays.mean.toFixed(3));

      await dropOnto(page, join(root, "test/fixtures/golden/standard-ln"));
      await section.getByText("Of the training of standard-ln no log is kept here").waitFor();
    });
    expect(problems).toEqual([]);
  });

  test("has figures that can be saved, with the published numbers in them", async ({ bench }) => {
    const problems = await withBench(bench, async (page) => {
      await settled(page);
      await page.getByRole("link", { name: "Story" }).click();
      const titles = [
        ["What the model answers", "published"],
        ["Where the induction head looks", "published, L1H6 of attn-only-2l"],
        ["Layer 0 by position alone", "panel"],
        ["The answer by length", "published"],
        ["The answer that comes back by head", "L1H6 published"],
        ["What the model answers in an order that never occurred", "published"],
        ["The best head of each role while it learned", "previous token"],
        ["The answer by length while it learned", "length 5"],
      ] as const;
      for (const [title, word] of titles) {
        const figure = page.getByRole("region", { name: title, exact: true });
        await figure.scrollIntoViewIfNeeded();
        for (const format of ["SVG", "CSV"]) {
          await figure.getByText("Save", { exact: true }).click();
          const waiting = page.waitForEvent("download");
          await figure.getByRole("button", { name: format }).click();
          const download = await waiting;
          const name = `${title.replaceAll(" ", "-")}.${format.toLowerCase()}`;
          expect(download.suggestedFilename()).toBe(name);
          const text = await readFile(await download.path(), "utf8");
          expect(text).not.toMatch(/NaN|undefined/);
          if (format === "CSV") expect(text).toContain(word);
        }
      }
    });
    expect(problems).toEqual([]);
  });
});
