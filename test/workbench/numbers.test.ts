/** @file Numbers on the built page: how sure they are, of which question they are, and what is saved of them. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { parseHead } from "../../src/model/heads.ts";
import { DEFAULT_SESSION } from "../../src/session/parse-spec.ts";
import { effectAt, patchEffects } from "../../src/session/patch-effects.ts";
import { sessionPatchMatrix } from "../../src/session/patch-matrix.ts";
import { shownEstimate } from "../../workbench/src/drawing/figure.ts";
import { linkOf } from "../../workbench/src/state/link.ts";
import { INITIAL_STATE } from "../../workbench/src/state/state.ts";
import { hasGap, plusMinus } from "../../workbench/src/views/patch-words.ts";
import { CIRCUIT } from "../default-model.ts";
import { dropOnto, PATIENTLY, settled, withBench } from "./bench-page.ts";
import { test } from "./bench-test.ts";
import { openInNode } from "./in-node.ts";
import { linkTo } from "./link-to.ts";

/** A small model that knows nothing: its weights are random. */
const UNTRAINED = fileURLToPath(new URL("../fixtures/golden/standard-ln", import.meta.url));
const PATCHES = { component: "z", by: "head", direction: "noise" } as const;

const view = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

/** What a figure is saved as. */
async function saved(page: Page, figure: Locator, format: "SVG" | "CSV"): Promise<string> {
  await figure.getByText("Save", { exact: true }).click();
  const waiting = page.waitForEvent("download");
  await figure.getByRole("button", { name: format }).click();
  return readFile(await (await waiting).path(), "utf8");
}

test("patches have intervals, and stand below what they are shares of", async ({ bench, node }) => {
  const matrix = await sessionPatchMatrix(node.session, DEFAULT_SESSION, PATCHES);
  const { layer, head } = parseHead(CIRCUIT.previousToken, node.session.model);
  const effect = effectAt(patchEffects(matrix), layer * 8 + head);
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    const figure = view(page, "Patching");
    const cell = figure.getByRole("button", { name: `Patch z of ${CIRCUIT.previousToken}` });
    const words = `${shownEstimate(effect)}, n = 64`;
    expect(await cell.getAttribute("title")).toBe(`${CIRCUIT.previousToken}: ${words}`);
    const text = await figure.innerText();
    expect(text).toContain(
      `clean ${plusMinus(matrix.clean)}, corrupted ${plusMinus(matrix.corrupted)}`,
    );
    // A cell that may be nothing is hatched, one that is surely something is not.
    const hatched = figure.locator("td button[style*=repeating-linear-gradient]");
    expect(await hatched.count()).toBeGreaterThan(0);
    expect(await cell.getAttribute("style")).not.toContain("gradient");

    const csv = await saved(page, figure, "CSV");
    const [first, ...rows] = csv.trim().split("\r\n");
    expect(first).toMatch(/^layer,head,.*,95% low,95% high,n$/);
    const row = rows.find((line) => line.startsWith(`layer ${layer},head ${head},`))?.split(",");
    expect(Number(row?.[2])).toBeCloseTo(effect.mean, 4);
    expect(Number(row?.[3])).toBeCloseTo(effect.ci95[0], 4);
    expect(row?.[5]).toBe("64");
    const svg = await saved(page, figure, "SVG");
    expect(svg).toContain("hatched");
    expect(svg).toContain("n = 64");
  });
  expect(problems).toEqual([]);
});

test("there are no shares where clean and corrupted do not differ", async ({ bench }) => {
  using node = await openInNode(UNTRAINED);
  const matrix = await sessionPatchMatrix(node.session, DEFAULT_SESSION, PATCHES);
  expect(hasGap(matrix)).toBe(false); // or this test is of nothing
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    await dropOnto(page, UNTRAINED);
    const figure = view(page, "Patching");
    await figure.getByText("do not clearly differ").waitFor();
    await settled(page);
    expect(await figure.getByText("Save", { exact: true }).count()).toBe(0);
    const cells = await figure.locator("td button").allInnerTexts();
    expect(cells.map((text) => text.trim())).toEqual(new Array(8).fill(""));
  });
  expect(problems).toEqual([]);
});

test("what is of an earlier question says so, and is not picked from", async ({ bench }) => {
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    const figure = view(page, "Patching");
    expect(await page.getByText("from before", { exact: true }).count()).toBe(0);
    await page.getByRole("radio", { name: "Position only" }).check();
    await figure.getByText("no token is seen").waitFor();
    await page.getByRole("radio", { name: "corrupted", exact: true }).check();
    await settled(page);
    // What is shown went the other way.
    expect(await figure.innerText()).toContain("corrupted into clean");
    await figure.getByText("from before", { exact: true }).waitFor();
    const cell = figure.getByRole("button", { name: /^Patch z of L0H4/ });
    expect(await cell.getAttribute("aria-disabled")).toBe("true");
    await cell.click({ force: true });
    expect(await page.getByRole("button", { name: /^Remove/ }).count()).toBe(0);
    await page.getByRole("radio", { name: "Total" }).check();
    await figure.getByText("clean into corrupted").waitFor();
    expect(await figure.getByText("from before", { exact: true }).count()).toBe(0);

    await page.getByLabel("Pattern", { exact: true }).check();
    await settled(page);
    await page.getByRole("textbox", { name: "pattern", exact: true }).fill("BOS A X*");
    await page.getByRole("alert").first().waitFor();
    await settled(page);
    for (const name of ["Patching", "Answer", "Who wrote it", "Heads"]) {
      await view(page, name).getByText("from before", { exact: true }).waitFor();
    }
    expect(await page.getByRole("alert").first().innerText()).toContain("from before");
    await expect
      .poll(
        () =>
          page
            .locator(".old")
            .first()
            .evaluate((el) => getComputedStyle(el).opacity),
        PATIENTLY,
      )
      .toBe("0.5");
  });
  expect(problems).toEqual([]);
});

test("the answer is saved with its headline, and says what it is of", async ({ bench, node }) => {
  const head = parseHead(CIRCUIT.previousToken, node.session.model);
  const patched = { kind: "patch", component: "z", head, position: null } as const;
  const session = { ...INITIAL_STATE.session, interventions: [patched] };
  const now = await node.answer({ interventions: [patched] });
  const before = await node.answer();
  const problems = await withBench(
    bench,
    async (page) => {
      await settled(page);
      const figure = view(page, "Answer");
      const csv = await saved(page, figure, "CSV");
      const numberAt = (label: string) =>
        Number(
          csv
            .split("\r\n")
            .find((line) => line.startsWith(`${label},`))
            ?.split(",")[2],
        );
      expect(numberAt("B − D")).toBeCloseTo(now, 4);
      expect(numberAt("B − D before")).toBeCloseTo(before, 4);
      expect(numberAt("B − D changed by")).toBeCloseTo(now - before, 4);
      const svg = await saved(page, figure, "SVG");
      expect(svg).toContain(`logit difference B − D: ${now.toFixed(3).replace("-", "−")} (`);
      expect(svg).toContain(`interventions: patch z of ${CIRCUIT.previousToken}`);
      // Bars end where their numbers do: none is as long as the track unless it is all of the scale.
      const widths = await figure
        .locator(".bar")
        .evaluateAll((bars) => bars.map((bar) => (bar as HTMLElement).style.width));
      expect(widths.every((width) => Number.parseFloat(width) <= 100)).toBe(true);
      const parts = view(page, "Who wrote it");
      expect(await parts.locator(".interval").count()).toBe(await parts.locator(".bar").count());
      // Below zero bars go to the left of it.
      const ends = await parts.locator(".bar").evaluateAll((bars) =>
        bars.map((bar) => {
          const { left, width } = (bar as HTMLElement).style;
          const [from, size] = [left, width].map(Number.parseFloat) as [number, number];
          return bar.classList.contains("negative") ? from + size : from;
        }),
      );
      for (const end of ends) expect(end).toBeCloseTo(50, 3);
      expect(await parts.locator(".bar.negative").count()).toBeGreaterThan(0);
    },
    { hash: `#${linkOf({ ...INITIAL_STATE, session })}` },
  );
  expect(problems).toEqual([]);
});

test("of one prompt too, patches and the sweep are of all, and say so", async ({ bench }) => {
  const look = { prompt: 5, table: { over: "length", to: 3 } };
  const problems = await withBench(
    bench,
    async (page) => {
      await settled(page);
      const sweep = view(page, "Sweep");
      expect(await sweep.locator("figcaption li").innerText()).toBe("B − D");
      const svg = await saved(page, sweep, "SVG");
      expect(svg).toMatch(/; repeated sequences, query corrupted, .*n = 64</);
      const one = /\b5, n = /; // prompt 5, wherever the line is wrapped
      expect(svg).not.toMatch(one);
      expect(await saved(page, view(page, "Patching"), "SVG")).not.toMatch(one);
      expect(await saved(page, view(page, "Answer"), "SVG")).toMatch(one);
    },
    { hash: linkTo({}, look) },
  );
  expect(problems).toEqual([]);
});

test("what no command gives is said beside those that there are", async ({ bench }) => {
  const problems = await withBench(bench, async (page) => {
    await settled(page);
    await page.getByRole("button", { name: "Share…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("less 1: the page counts from the run without a patch").waitFor();
    await dialog.getByText("No command gives attention as shown here").waitFor();
    await page.keyboard.press("Escape");
    for (const label of [CIRCUIT.previousToken, CIRCUIT.lookBack]) {
      await page.getByRole("button", { name: new RegExp(`^Patch z of ${label}`) }).click();
    }
    await settled(page);
    await page.getByRole("button", { name: "Share…" }).click();
    await dialog.getByText("attention, the logit difference, and the patches").waitFor();
  });
  expect(problems).toEqual([]);
});
