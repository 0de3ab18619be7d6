import { beforeAll, describe, expect, test } from "vitest";
import { plantedVerdict, randomVerdict } from "../../../test/sample-verdict.ts";
import { type AcrossModels, acrossModels } from "../../hypothesis/across-models.ts";
import { acrossModelsFiles } from "./files.ts";
import { renderAcrossModels } from "./html.ts";
import { renderAcrossModelsText } from "./terminal.ts";

const PAGES = ["planted/report.html", "random/report.html"];
const PROVENANCE = { command: "lookback verdict --model a b", version: "9.8.7", pages: PAGES };

let result: AcrossModels;
let page: string;

beforeAll(async () => {
  const random = await randomVerdict(`</script><script>alert("x")</script>`);
  result = acrossModels([await plantedVerdict(), random]);
  page = await renderAcrossModels(result, PROVENANCE);
}, 60_000);

const matches = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), ([, found]) => found ?? "");

const bodyOf = (text: string): string =>
  text.slice(text.indexOf("<body>"), text.indexOf('<script type="application/json"'));

describe("the page of several verdicts", () => {
  test("gives the same bytes for the same result, also from its JSON", async () => {
    const again = await renderAcrossModels(JSON.parse(JSON.stringify(result)), PROVENANCE);
    expect(again === page).toBe(true);
  });

  test("has every id once, and links to nothing that is not there", () => {
    const body = bodyOf(page);
    const ids = matches(body, / id="([^"]+)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of matches(body, /href="#([^"]+)"/g)) expect(ids).toContain(id);
    for (const path of matches(body, /href="([^"#]+)[^"]*"/g)) expect(PAGES).toContain(path);
    expect(matches(body, /(<script)/g)).toEqual([]);
  });

  test("has each claim with its outcome in each model, and the means over models in its data", () => {
    for (const { id, verdicts } of result.claims) {
      const start = page.indexOf(`<li id="claim-${id}"`);
      const item = page.slice(start, page.indexOf("</dl>", start));
      const told = matches(item, /class="badge [a-z]+">([^<]+)</g);
      expect(told.map((text) => text.split(": ").at(-1))).toEqual(verdicts);
      expect(item).toContain(`planted/report.html#claim-${id}`);
    }
  });

  test("links to no pages where there are none", async () => {
    const alone = await renderAcrossModels(result, { ...PROVENANCE, pages: null });
    expect(alone).not.toContain("report.html");
  });

  test("has its numbers as tables: each quantity in each model, and over models", async () => {
    const files = await acrossModelsFiles(result, PROVENANCE);
    expect([...files.keys()]).toEqual([
      "report.html",
      "data/lengths.csv",
      "data/claims.csv",
      "data/means.csv",
    ]);
    const rows = (name: string) => (files.get(name) ?? "").trimEnd().split("\r\n").slice(1);
    const quantities = result.claims.map(({ measurement }) => measurement);
    const measured = quantities.flat().flatMap(({ models }) => models.filter(Boolean));
    const empty = quantities.flatMap((own) =>
      result.models.filter((_, i) => own.every(({ models }) => models[i] === null)),
    );
    expect(rows("data/claims.csv")).toHaveLength(measured.length + empty.length);
    const means = quantities.flat().filter(({ mean }) => mean !== null);
    expect(rows("data/means.csv")).toHaveLength(means.length);
    const lengths = result.models.flatMap((model) => model.lengths);
    expect(rows("data/lengths.csv")).toHaveLength(lengths.length);
  });
});

describe("several verdicts on a terminal", () => {
  const lines = (width: number) => renderAcrossModelsText(result, { width }).split("\n");

  test("has a column of signs for each model", () => {
    const all = lines(140);
    expect(all.some((line) => /^a {2}.*previous-token L0H1/.test(line))).toBe(true);
    const roles = all.find((line) => line.startsWith("There is a previous-token head"));
    expect(roles).toMatch(/✓ {2}✗$/);
  });

  test("keeps to the width, and tells of what did not hold in every model", () => {
    const all = lines(80).slice(0, -1);
    // The name of one of them is a word that is longer.
    for (const line of all)
      if (!line.includes("script")) expect(line.length).toBeLessThanOrEqual(80);
    expect(all.join(" ")).toMatch(/held in 1, cannot be told in 1:/);
    expect(all.join(" ")).toMatch(/18 claims: \d+ held in all 2 models/);
  });
});
