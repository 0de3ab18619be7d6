/** @file What a reader needs to see, reach and be told: on a telephone, in forced colours, without a network. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { writeSafetensors } from "../../src/loading/safetensors.ts";
import { labelStep } from "../../workbench/src/views/label-step.ts";
import { randomModel } from "../random-model.ts";
import { dropOnto, PATIENTLY, settled, withBench } from "./bench-page.ts";
import { test } from "./bench-test.ts";
import { linkTo } from "./link-to.ts";

const NARROW = { viewport: { width: 390, height: 800 } } as const;
const WIDE = { viewport: { width: 1440, height: 900 } } as const;

const bar = (page: Page) => page.getByRole("region", { name: "Interventions" });
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement } = document;
    return activeElement?.getAttribute("aria-label") ?? activeElement?.textContent?.trim() ?? "";
  });

/** How many labels begin before the one before them ends. */
function overlaps(labels: Locator): Promise<number> {
  return labels.evaluateAll((all) => {
    const boxes = all
      .filter(({ textContent }) => textContent.trim() !== "")
      .map((label) => {
        const range = document.createRange();
        range.selectNodeContents(label);
        return range.getBoundingClientRect();
      });
    return boxes.filter((box, i) => i > 0 && box.left < (boxes[i - 1]?.right ?? 0)).length;
  });
}

/** How many tokens of the prompts cannot be read in full. */
function cutTokens(page: Page): Promise<number> {
  return page
    .locator(".strip .text")
    .evaluateAll(
      (texts) =>
        texts.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1).length,
    );
}

async function heightOf(page: Page): Promise<number> {
  return (await bar(page).boundingBox())?.height ?? Number.NaN;
}

test("labels are thinned out where there is no room", () => {
  expect(labelStep(10, 400, 40)).toBe(1);
  expect(labelStep(11, 400, 40)).toBe(2);
  expect(labelStep(5, 0, 40)).toBe(200);
});

describe("cause and effect", () => {
  test("on a narrow page the answer stays beside what changes it", async ({ bench }) => {
    const problems = await withBench(
      bench,
      async (page) => {
        await settled(page);
        const answer = page.getByTestId("bar-answer");
        expect((await answer.innerText()).replace(/\s+/g, " ")).toMatch(/^B − D \d\.\d{3}$/);
        await bar(page).getByText("zero", { exact: true }).click();
        await settled(page);
        expect((await answer.innerText()).replace(/\s+/g, " ")).toMatch(
          /^B − D \d\.\d{3} → −?\d\.\d{3}$/,
        );
        const height = await heightOf(page);
        for (const head of ["L0H0", "L0H1", "L0H2", "L0H3"]) {
          await page.getByRole("button", { name: new RegExp(`^Patch z of ${head}`) }).click();
        }
        await settled(page);
        expect(await heightOf(page)).toBe(height);
        expect(height).toBeLessThan(100);
        await expect(answer.boundingBox()).resolves.toMatchObject({ y: expect.any(Number) });
        const { y = Number.NaN } = (await answer.boundingBox()) ?? {};
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThan(100);
        const top = (name: RegExp) =>
          page
            .getByRole("region", { name })
            .first()
            .evaluate((element) => element.getBoundingClientRect().top);
        expect(await top(/^Attention of/)).toBeLessThan(await top(/^Patching$/));
      },
      NARROW,
    );
    expect(problems).toEqual([]);
  });

  test("a changed answer is read out, and focus goes on where a control is gone", async ({
    bench,
  }) => {
    const problems = await withBench(
      bench,
      async (page) => {
        await settled(page);
        const spoken = () => bar(page).locator("[aria-live=polite]").innerText();
        await expect.poll(spoken, PATIENTLY).toMatch(/^logit difference B minus D: [\d.]+$/);
        for (const head of ["L0H0", "L0H1", "L0H2"]) {
          await page.getByRole("button", { name: new RegExp(`^Patch z of ${head}`) }).click();
        }
        await settled(page);
        await expect.poll(spoken, PATIENTLY).toMatch(/, was [\d.]+$/);
        await page.getByRole("button", { name: "Remove patch z of L0H1" }).press("Enter");
        await expect.poll(() => focused(page)).toBe("Remove patch z of L0H2");
        await page.keyboard.press("Enter");
        await expect.poll(() => focused(page)).toBe("Remove patch z of L0H0");
        await page.keyboard.press("Enter");
        await expect.poll(() => focused(page)).toBe("zero");

        const pin = page.getByRole("button", { name: /^Pin L/ });
        const name = (await pin.innerText()).replace("Pin ", "");
        await pin.click();
        await page.locator("[id$=-L0H2]").click();
        await page.getByRole("application", { name: `Attention of ${name}` }).waitFor();
        await page.getByRole("application", { name: /^Attention of L0H2/ }).waitFor();
        await page.getByRole("button", { name: `Unpin ${name}` }).press("Enter");
        await expect.poll(() => focused(page)).toBe("Pin L0H2");

        await page
          .getByRole("button", { name: /^Compare .* as wrong$/ })
          .nth(1)
          .press("Enter");
        await page.getByRole("button", { name: "reset" }).press("Enter");
        await expect.poll(() => focused(page)).toMatch(/^Compare .* as right$/);
        const save = page.locator("summary[aria-label='Save Answer']");
        await save.press("Enter");
        await page.getByRole("button", { name: "CSV" }).press("Enter");
        await expect.poll(() => focused(page)).toBe("Save Answer");
        await page.getByLabel("Model", { exact: true }).selectOption("choose-hub");
        await page.getByLabel("Hub id").press("Escape");
        await expect.poll(() => focused(page)).toBe("Model");
      },
      WIDE,
    );
    expect(problems).toEqual([]);
  });
});

test("in forced colours bars, ramps and choices are still seen", async ({ bench }) => {
  const problems = await withBench(
    bench,
    async (page) => {
      await settled(page);
      const seen = await page.evaluate(() => {
        const style = (selector: string) => {
          const element = document.querySelector(selector);
          if (element === null) throw new Error(`no ${selector}`);
          return getComputedStyle(element);
        };
        const probe = document.createElement("i");
        document.body.append(probe);
        const system = (name: string) => {
          probe.style.cssText = `forced-color-adjust: none; color: ${name}`;
          return getComputedStyle(probe).color;
        };
        return {
          paper: system("Canvas"),
          highlight: system("Highlight"),
          bar: style(".track .bar").backgroundColor,
          interval: style(".track .interval").backgroundColor,
          ramp: style(".ramp").backgroundImage,
          chosen: style("input[type=radio]:checked + span").backgroundColor,
          other: style("input[type=radio]:not(:checked) + span").backgroundColor,
          cells: new Set(
            Array.from(
              document.querySelectorAll("button[aria-label^='Patch z of']"),
              (cell) => getComputedStyle(cell).backgroundColor,
            ),
          ).size,
        };
      });
      expect(seen.bar).not.toBe(seen.paper);
      expect(seen.interval).not.toBe(seen.paper);
      expect(seen.ramp).toContain("gradient");
      expect(seen.chosen).toBe(seen.highlight);
      expect(seen.other).not.toBe(seen.highlight);
      expect(seen.cells).toBeGreaterThan(4);
    },
    { ...WIDE, forcedColors: "active" },
  );
  expect(problems).toEqual([]);
});

describe("reading and reaching", () => {
  test("controls are as large as a finger needs, tokens are whole, the row that is read is marked", async ({
    bench,
  }) => {
    const problems = await withBench(
      bench,
      async (page) => {
        await settled(page);
        const small = await page.evaluate(() =>
          [
            ...document.querySelectorAll(
              "button, summary, select, input:not([type=radio], [hidden])",
            ),
          ]
            .filter((element) => element.checkVisibility())
            .map((element) => (element.matches(".check input") ? element.parentElement : element))
            .flatMap((element) => {
              const { width, height } = (element as Element).getBoundingClientRect();
              return Math.min(width, height) < 23.9
                ? [`${element?.outerHTML.slice(0, 120)}: ${width} × ${height}`]
                : [];
            }),
        );
        expect(small).toEqual([]);
        expect(await cutTokens(page)).toBe(0);
        await page
          .getByText("Tokens of prompt 0; the views below show the mean of all 64")
          .waitFor();
        await page.getByText("answer here").waitFor();
        const [band, row] = await page.evaluate(() => {
          const middle = (element: Element | null) => {
            const { top = 0, height = 0 } = element?.getBoundingClientRect() ?? {};
            return top + height / 2;
          };
          return [
            middle(document.querySelector(".band")),
            middle(document.querySelector(".queries .read")),
          ];
        });
        expect(Math.abs((band ?? 0) - (row ?? 99))).toBeLessThan(3);
      },
      WIDE,
    );
    expect(problems).toEqual([]);
  });

  test("figures and labels stand where they fit, and nowhere else", async ({ bench, folder }) => {
    const { config, weights } = randomModel({
      n_heads: 16,
      d_model: 32,
      n_ctx: 128,
      bos_token_id: 0,
    });
    const paths = [join(folder, "config.json"), join(folder, "model.safetensors")] as const;
    await writeFile(paths[0], JSON.stringify({ ...config, attn_only: true }));
    await writeFile(paths[1], writeSafetensors(weights));
    const cells = (page: Page) => page.getByRole("button", { name: /^Patch z of L0/ });
    const problems = await withBench(
      bench,
      async (page) => {
        await settled(page);
        await expect
          .poll(() =>
            cells(page).evaluateAll((all) =>
              all.every(({ textContent }) => /\d/.test(textContent)),
            ),
          )
          .toBe(true);
        await page.getByLabel("× positions").check();
        await settled(page);
        expect(await cutTokens(page)).toBe(0);
        expect(await overlaps(page.locator(".positions .columns span"))).toBe(0);
        expect(await overlaps(page.locator(".keys span").filter({ hasText: /./ }))).toBe(0);
        await page.getByLabel("heads", { exact: true }).check();
        await dropOnto(page, ...paths);
        await expect.poll(() => cells(page).count(), PATIENTLY).toBe(16);
        await settled(page);
        const last = cells(page).last();
        expect((await last.innerText()).trim()).toBe("");
        expect(await last.getAttribute("title")).toMatch(/^L0H15: \S+, one prompt, no interval$/);
      },
      // Of one prompt there are effects whether or not more of them would have a clear gap.
      { ...WIDE, hash: linkTo({ length: 20, batch: 1 }) },
    );
    expect(problems).toEqual([]);
  });

  test("labels of a sweep are whole", async ({ bench }) => {
    const problems = await withBench(
      bench,
      async (page) => {
        await settled(page);
        const sweep = page.getByRole("region", { name: "Sweep", exact: true }).first();
        const cut = await sweep.locator("svg").evaluate((svg) => {
          const { left, right } = svg.getBoundingClientRect();
          return Array.from(svg.querySelectorAll("text"))
            .filter((text) => {
              const box = text.getBoundingClientRect();
              return box.left < left || box.right > right;
            })
            .map(({ textContent }) => textContent);
        });
        expect(cut).toEqual([]);
      },
      { ...NARROW, hash: linkTo({ batch: 8 }, { table: { over: "order", to: 8 } }) },
    );
    expect(problems).toEqual([]);
  });

  test("letters are as large as the reader has set them", async ({ bench }) => {
    const problems = await withBench(bench, async (page) => {
      const session = await page.context().newCDPSession(page);
      await session.send("Page.setFontSizes", { fontSizes: { standard: 24 } });
      await page.reload();
      const size = await page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
      expect(size).toBe("24px");
    });
    expect(problems).toEqual([]);
  });
});
