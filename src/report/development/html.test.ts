import { describe, expect, test } from "vitest";
import { SAMPLE_TIMES, sampleRecord } from "../../../test/sample-development.ts";
import { development } from "../../development/across-runs.ts";
import { developmentFiles } from "./files.ts";
import { renderDevelopment } from "./html.ts";
import { renderDevelopmentText } from "./terminal.ts";
import { timelineRows } from "./timeline.ts";

/** The page without its script, which has words of its own. */
const withoutScript = (page: string) => page.slice(0, page.lastIndexOf("<script>"));

const PROVENANCE = { version: "0.0.0", command: "lookback develop runs/x" };

describe("the page of one run", () => {
  const result = development([sampleRecord("x & y")]);

  test("tells what came when, with a table, data and pictures for every figure", async () => {
    const files = await developmentFiles(result, PROVENANCE);
    const page = files.get("report.html") ?? "";
    expect(page).toContain("How x &amp; y came to be");
    expect(page).toContain(
      "What came to stay, in this order: first previous token head, L0H0 (8.2 M tokens)",
    );
    expect(page).not.toContain("refresh");
    expect(/NaN|Infinity|undefined/.exec(withoutScript(page))).toBeNull();
    const figures = page.match(/<figure id="([\w-]+)"/g) ?? [];
    expect(figures).toHaveLength(6);
    expect(page.match(/<details>/g)).toHaveLength(6);
    for (const kind of ["data", "figures"]) {
      const names = [...files.keys()].filter((name) => name.startsWith(kind));
      expect(names).toHaveLength(kind === "data" ? 12 : 6);
    }
    for (const [name, text] of files) {
      if (name.endsWith(".svg")) expect(/NaN|undefined/.exec(text)).toBeNull();
      if (name.endsWith(".csv")) expect(text).toMatch(/^[^\r\n]+\r\n/);
    }
  });

  test("is the same again", async () => {
    const once = await renderDevelopment(result, PROVENANCE);
    expect(await renderDevelopment(result, PROVENANCE)).toBe(once);
  });

  test("loads itself again while the run goes on", async () => {
    const page = await renderDevelopment(result, { ...PROVENANCE, refresh: 20 });
    expect(page).toContain('<meta http-equiv="refresh" content="20">');
    expect(page).toContain("still in training");
  });

  test("sorts its timeline, what did not last behind the rest", () => {
    const [run] = result.runs;
    if (run === undefined) throw new Error("there is one");
    const rows = timelineRows(run);
    expect(rows.map(({ name }) => name)).toEqual([
      "L0H0 previous token",
      "L0H1 look-back",
      "length 2",
      "L0H2 broad look-back",
      "L1H1 induction",
      "length 3",
      "L1H2 induction",
      "length 4",
      "length 5",
      "L0H1 broad look-back",
    ]);
    expect(rows.at(-1)?.appeared).toBeNull();
  });
});

describe("little to tell", () => {
  const record = sampleRecord();
  const look = record.looks[3];
  if (look === undefined) throw new Error("there are more");

  test("a single look without text, from files without a recipe", async () => {
    const result = development([
      {
        ...record,
        about: { ...record.about, recipe: null },
        counts: "checkpoint numbers",
        looks: [{ ...look, heldOut: null, step: null, lengths: [] }],
        losses: [],
      },
    ]);
    const page = await renderDevelopment(result, PROVENANCE);
    expect(/NaN|Infinity|undefined/.exec(withoutScript(page))).toBeNull();
    expect(page).toContain("No head comes to a role and keeps it");
    const text = renderDevelopmentText(result);
    expect(text).toContain("1 look at checkpoint 655 k");
    expect(text).toContain("no head comes to a role and keeps it");
  });
});

describe("the page of several runs", () => {
  const later = { ...SAMPLE_TIMES, previousToken: 20e6 };
  const result = development([sampleRecord("a"), sampleRecord("b", later, 2)]);

  test("begins with what they have in common", async () => {
    const page = await renderDevelopment(result, PROVENANCE);
    expect(page).toContain("How 2 models came to be");
    expect(page.match(/<figure id="([\w-]+)"/g)).toHaveLength(2 + 2 * 6);
    expect(page).toContain("Figure 14");
    expect(/NaN|Infinity|undefined/.exec(withoutScript(page))).toBeNull();
  });

  test("is told in a terminal of any width", () => {
    const text = renderDevelopmentText(result, { width: 80 });
    expect(text).toMatch(/across 2 runs, geometric means\n/);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(90);
  });
});
